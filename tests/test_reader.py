"""Bytes that come piece by piece."""

from __future__ import annotations

import io
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.reader import Reader


def give(pieces: list[bytes], end: Exception | None = None) -> Generator[bytes, None, None]:
    yield from pieces
    if end is not None:
        raise end


@given(st.lists(st.binary(max_size=20)), st.integers(1, 30))
def test_what_is_read_is_what_came(pieces: list[bytes], size: int) -> None:
    with io.BufferedReader(Reader(give(pieces)), size) as file:
        found = b"".join(iter(lambda: file.read(size), b""))
    assert found == b"".join(pieces)


def test_what_goes_wrong_is_heard_by_who_reads() -> None:
    with io.BufferedReader(Reader(give([b"ab"], KeyError("x")))) as file:
        assert file.read(2) == b"ab"
        with pytest.raises(KeyError):
            file.read(1)


def test_nothing_is_asked_for_after_the_end() -> None:
    ends: list[str] = []

    def pieces() -> Generator[bytes, None, None]:
        try:
            yield b"ab"
            ends.append("too late")
        finally:
            ends.append("closed")

    with Reader(pieces()) as file:
        assert file.read(1) == b"a"
    assert ends == ["closed"]
