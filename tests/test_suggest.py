from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.suggest import _slips, did_you_mean, nearest

KEYWORDS = ("FROM", "RUN", "COPY", "WORKDIR", "ENTRYPOINT", "ENV", "CMD")


@pytest.mark.parametrize(
    ("word", "option"),
    [
        ("FORM", "FROM"),
        ("form", "FROM"),
        ("CPOY", "COPY"),
        ("WORKDIRR", "WORKDIR"),
        ("ENTRYPONT", "ENTRYPOINT"),
        ("RU", "RUN"),
        ("ENTRYPIONTS", "ENTRYPOINT"),
        ("ＦＲＯＭ", "FROM"),
        ("R\u200bUN", "RUN"),
        ("HELLO", None),
        ("COMMAND", None),
        ("EN", "ENV"),
        ("ENTER", None),
        ("X", None),
        ("", None),
    ],
)
def test_nearest(word: str, option: str | None) -> None:
    assert nearest(word, KEYWORDS) == option


@pytest.mark.parametrize(
    ("word", "options", "option"),
    [
        ("nginx", ("engine", "base"), None),
        ("b", ("a", "c"), None),
        ("--x", ("--rm", "--tty"), None),
        ("--privilegd", ("--privileged", "--tty"), "--privileged"),
        ("CAP_FOO", ("CAP_BPF", "CAP_CHOWN"), None),
        ("NET_AMDIN", ("CAP_NET_ADMIN", "CAP_CHOWN"), "CAP_NET_ADMIN"),
        ("SIGFOO", ("SIGIO", "SIGINT", "SIGTERM"), None),
        ("SIGTREM", ("SIGIO", "SIGINT", "SIGTERM"), "SIGTERM"),
        ("alone", ("alone",), "alone"),
        ("note.md", ("notes.md",), "notes.md"),
        ("ap-one.txt", ("app-one.txt", "app-one.md"), "app-one.txt"),
        ("imagse", ("image", "images"), "images"),  # of what is as near, the one as long
        ("x", (), None),
    ],
)
def test_only_what_is_near(word: str, options: tuple[str, ...], option: str | None) -> None:
    assert nearest(word, options) == option


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_slips_are_the_same_both_ways(one: str, other: str) -> None:
    slips = _slips(one, other, 7)
    assert slips == _slips(other, one, 7)
    for most in range(7):
        assert _slips(one, other, most) == min(slips, most + 1)
    assert (slips == 0) == (one == other)
    assert abs(len(one) - len(other)) <= slips <= max(len(one), len(other))


def test_many_options_are_looked_at_by_their_edge_only() -> None:
    options = [f"{number:05d}-component.tsx" for number in range(20_000)]
    assert nearest("12345-componet.tsx", options) == "12345-component.tsx"
    assert nearest("x" * 5000, options) is None


def test_did_you_mean() -> None:
    assert did_you_mean("FORM", KEYWORDS) == "; did you mean FROM?"
    assert did_you_mean("QUUX", KEYWORDS) == ""
