"""Truth in Go's words."""

from __future__ import annotations

import pytest

from onggi.boolean import parse_bool


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("T", True), ("1", True), ("FALSE", False), ("f", False), ("0", False)]
)
def test_words_of_truth(text: str, value: bool) -> None:
    assert parse_bool(text) is value


@pytest.mark.parametrize("text", ["", "yes", "tRUE", "2"])
def test_other_words(text: str) -> None:
    assert parse_bool(text) is None
