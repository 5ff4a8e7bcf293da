from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from onggi.dockerfile.source import Span
from onggi.lsp.positions import Positions

TEXT = "a\n가 😀 b\r\nc"


@pytest.mark.parametrize(
    "encoding, characters",
    [("utf-8", (0, 3, 4, 8, 9)), ("utf-16", (0, 1, 2, 4, 5)), ("utf-32", (0, 1, 2, 3, 4))],
)
def test_units_are_those_of_the_encoding(encoding: str, characters: tuple[int, ...]) -> None:
    positions = Positions(TEXT, encoding)
    for column, character in enumerate(characters, 1):
        assert positions.range(Span(2, column, 2, column)).start == Position(1, character)
        assert positions.place(Position(1, character)) == (2, column)


def test_what_is_outside_is_at_the_end() -> None:
    positions = Positions(TEXT, "utf-16")
    assert positions.place(Position(1, 99)) == (2, 6)
    assert positions.place(Position(99, 0)) == (3, 2)
    assert positions.range(Span(4, 1, 4, 1)).start == Position(2, 1)
    assert positions.place(Position(1, 3)) == (2, 3), "in the middle of a character"


def test_a_byte_order_mark_is_no_column() -> None:
    positions = Positions("\ufeffab\ncd", "utf-16")
    assert positions.range(Span(1, 1, 2, 2)).start == Position(0, 1)
    assert positions.place(Position(0, 1)) == (1, 1)
    assert positions.place(Position(0, 0)) == (1, 1)


@given(st.text(alphabet="a가😀é\u0301\r", max_size=8), st.data(), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_there_and_back(text: str, data: st.DataObject, encoding: str) -> None:
    text = text.rstrip("\r")
    column = data.draw(st.integers(1, len(text) + 1))
    positions = Positions(text, encoding)
    assert positions.place(positions.range(Span(1, column, 1, column)).start) == (1, column)
