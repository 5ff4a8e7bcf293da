from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.suggest import did_you_mean, edits, nearest

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
        ("HELLO", None),
        ("X", None),
        ("", None),
    ],
)
def test_nearest(word: str, option: str | None) -> None:
    assert nearest(word, KEYWORDS) == option


def test_did_you_mean() -> None:
    assert did_you_mean("FORM", KEYWORDS) == "; did you mean FROM?"
    assert did_you_mean("QUUX", KEYWORDS) == ""


@given(st.text(alphabet="abc", max_size=6), st.text(alphabet="abc", max_size=6))
def test_edits_is_a_distance(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one)
    assert (edits(one, other) == 0) == (one == other)
    assert edits(one, other) <= max(len(one), len(other))
