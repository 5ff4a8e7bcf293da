from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.canned import PLACE, answer

from onggi.registry.pages import next_page


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", ""),
        ("</x>; rel=next", "/x"),
        ("</x>;rel=next", "/x"),
        ('</x> ; REL = "NEXT"', "/x"),
        ('</x>; rel="last next"', "/x"),
        ('</x>; title="a, b; c"; rel="next"', "/x"),
        ('</p>; rel="prev", </x>; rel="next"', "/x"),
        ('</x,y>; rel="next"', "/x,y"),
        ('</x>; hreflang; rel="next"', "/x"),
        ('</p>; rel="previous", </q>', ""),
        ('</x>; rel="nextfoo"', ""),
        ('</x>; rel="prev"; title="next"', ""),
        ("/x; rel=next", ""),
        ("</x; rel=next", ""),
    ],
)
def test_links(header: str, target: str) -> None:
    found = next_page(PLACE, answer(200, url="https://reg.example/", link=header), "the tags")
    assert found == (f"https://reg.example{target}" if target else "")


PARAMETER = st.tuples(
    st.from_regex(r"\A[a-z]{1,8}\Z").filter(lambda name: name != "rel"),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters='"\\;'), max_size=8),
)


@given(
    st.lists(st.tuples(st.from_regex(r"\A[a-z/?=&,;]{1,8}\Z"), st.lists(PARAMETER, max_size=3)), max_size=3),
    st.integers(0, 3),
)
def test_the_next_page_is_found_among_other_links(links: list[tuple[str, list[tuple[str, str]]]], at: int) -> None:
    written = [
        f"<{url}>" + "".join(f'; {name}="{value}"' for name, value in parameters) + '; rel="prev"'
        for url, parameters in links
    ]
    written.insert(at, '</on>; rel="next"')
    told = answer(200, url="https://reg.example/", link=", ".join(written))
    assert next_page(PLACE, told, "the tags") == "https://reg.example/on"
