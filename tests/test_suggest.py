from __future__ import annotations

import pytest

from onggi.suggest import did_you_mean, nearest

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
