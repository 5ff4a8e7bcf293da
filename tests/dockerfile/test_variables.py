from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.variables import Variables

NAMES = st.sampled_from("abcd")
STEPS = st.lists(st.tuples(st.integers(0, 20), NAMES, st.text("xyz", max_size=2)), max_size=20)


@given(below=st.dictionaries(NAMES, st.text(max_size=2)), steps=STEPS)
def test_each_one_is_as_a_dictionary_of_its_own(below: dict[str, str], steps: list[tuple[int, str, str]]) -> None:
    """Whichever of the earlier ones is followed."""
    found = [Variables(below)]
    expected = [below]
    for at, name, value in steps:
        found.append(found[at % len(found)].set(name, value))
        expected.append({**expected[at % len(expected)], name: value})
    for variables, dictionary in zip(found, expected, strict=True):
        assert dict(variables) == dictionary
        assert list(variables) == list(dictionary)
        assert len(variables) == len(dictionary)
        assert "z" not in variables
