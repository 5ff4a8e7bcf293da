"""Environment, labels and build arguments, by Docker's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.cli import keyvalues
from onggi.errors import Invalid

ENVIRON = {"HOME": "/root", "EMPTY": ""}


def parse(text: str) -> list[str]:
    return keyvalues.parse_file(text.encode(), "vars", ENVIRON)


def test_a_file_of_variables() -> None:
    text = "\ufeff# a comment\n\n  A=1\nB=two words  \nC='quoted'\nD=a=b\nE=\r\nHOME\nNOWHERE\nEMPTY\n\t# more\n"
    assert parse(text) == ["A=1", "B=two words  ", "C='quoted'", "D=a=b", "E=", "HOME=/root", "EMPTY="]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\n=2\n", "vars:2: no variable name before ="),
        ("A B=1\n", "vars:1: variable 'A B' contains whitespace"),
        ("A =1\n", "vars:1: variable 'A ' contains whitespace"),
    ],
)
def test_a_wrong_line_is_named(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        parse(text)


def test_a_line_that_is_not_text() -> None:
    with pytest.raises(Invalid, match="vars:2: this line is not UTF-8"):
        keyvalues.parse_file(b"A=1\nB=\xff\n", "vars", {})


@given(st.binary())
def test_any_file_is_read_or_refused(raw: bytes) -> None:
    try:
        pairs = keyvalues.parse_file(raw, "vars", {})
    except Invalid:
        return
    assert all("=" in pair and not pair.startswith("=") for pair in pairs)


def test_environment() -> None:
    assert keyvalues.environment(["A=1", "HOME", "GONE", "B="], ENVIRON) == ["A=1", "HOME=/root", "GONE", "B="]
    with pytest.raises(Invalid, match="invalid environment variable: =x"):
        keyvalues.environment(["=x"], ENVIRON)


def test_labels() -> None:
    assert keyvalues.labels(["a=1", "b", "a=2", "c=x=y"]) == {"a": "2", "b": "", "c": "x=y"}
    with pytest.raises(Invalid, match="invalid label"):
        keyvalues.labels(["=1"])


def test_build_arguments() -> None:
    assert keyvalues.build_arguments(["A=1", "HOME", "GONE"], ENVIRON) == {"A": "1", "HOME": "/root"}
    with pytest.raises(Invalid, match="invalid build argument"):
        keyvalues.build_arguments(["=1"], ENVIRON)
