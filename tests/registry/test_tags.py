from __future__ import annotations

import pytest
from tests.registry.canned import BASE, PLACE, Canned, answer

from onggi.errors import Corrupt, Invalid, NotFound
from onggi.registry.flow import Answer
from onggi.registry.tags import tags

LIST = f"{BASE}/tags/list"


def page(*names: str, link: str = "") -> Answer:
    return answer(200, {"name": "team/app", "tags": list(names)}, link=link)


def test_one_page() -> None:
    canned = Canned(page("b", "a"))
    assert canned.run(tags(PLACE)) == ("b", "a")
    assert canned.lines == [f"GET {LIST}"]


@pytest.mark.parametrize("body", [{"name": "x", "tags": None}, {"name": "x", "tags": []}, {"name": "x"}])
def test_none(body: object) -> None:
    assert Canned(answer(200, body)).run(tags(PLACE)) == ()


def test_pages_are_followed_and_each_tag_is_told_once() -> None:
    canned = Canned(
        page("a", "b", link=f'<{LIST}?n=2&last=b>; rel="next"'),
        page("b", "c", link='<?last=c>; rel="next"'),
        page("d", link='<https://REG.example/last>; rel="next"'),
        page(),
    )
    assert canned.run(tags(PLACE)) == ("a", "b", "c", "d")
    assert [each.target for each in canned.asked] == [
        LIST,
        f"https://reg.example{LIST}?n=2&last=b",
        f"https://reg.example{LIST}?last=c",
        "https://REG.example/last",
    ]


def test_pages_in_a_circle() -> None:
    link = f'<{LIST}?n=1>; rel="next"'
    with pytest.raises(Corrupt, match=r"the list of tags of reg\.example/team/app has no end: .* the same page again"):
        Canned(page("a", link=link), page("a", link=link)).run(tags(PLACE))


def test_pages_without_end() -> None:
    pages = [page(f"t{number}", link=f'<{LIST}?n={number}>; rel="next"') for number in range(1000)]
    with pytest.raises(Corrupt, match="there are more than 1000 pages"):
        Canned(*pages).run(tags(PLACE))


@pytest.mark.parametrize("url", ["https://evil.example/v2/", "//evil.example/", "https://reg.example@evil.example/"])
def test_pages_of_another_host(url: str) -> None:
    with pytest.raises(Corrupt, match="goes on at another host: https://"):
        Canned(page("a", link=f'<{url}>; rel="next"')).run(tags(PLACE))


def test_a_link_that_is_no_url() -> None:
    with pytest.raises(Invalid, match="is no URL"):
        Canned(page("a", link='<http://[::1>; rel="next"')).run(tags(PLACE))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"tags": [1]}', b'{"tags": "a"}', b'{"tags": ["\xff"]}', b'{"x": ' + b"[" * 100_000],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_list(body: bytes) -> None:
    with pytest.raises(Corrupt, match=r"the list of tags of .* came as something else: "):
        Canned(answer(200, body)).run(tags(PLACE))


@pytest.mark.parametrize("name", ["../../evil", "", "a b", "-a", "x" * 129])
def test_what_is_no_tag(name: str) -> None:
    with pytest.raises(Corrupt, match="which is no tag"):
        Canned(page("good", name)).run(tags(PLACE))


def test_no_repository() -> None:
    with pytest.raises(NotFound, match=r"the list of tags of reg\.example/team/app is not there"):
        Canned(answer(404)).run(tags(PLACE))
