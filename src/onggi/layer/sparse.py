"""GNU's four ways to write a file with holes (GNU tar manual, "Storing Sparse Files").

What is malformed raises ValueError; the reader adds the entry's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

Take = Callable[[int], bytes]

_BLOCK = 512
_MAX_SEGMENTS = 1 << 20
_MAX_DIGITS = 20


class Map(msgspec.Struct, frozen=True):
    """Where a sparse file's data belong: (offset, length) in order. `size` is the length of the file."""

    size: int
    segments: tuple[tuple[int, int], ...]

    def data_size(self) -> int:
        return sum(length for _, length in self.segments)


def old_gnu(header: bytes, take: Take) -> Map:
    """Type S: four segments in the header, 21 in each extension block that follows it."""
    numbers = _fields(header[386:482])
    size = _octal(header[483:495])
    is_extended = header[482] != 0
    while is_extended:
        block = take(_BLOCK)
        numbers += _fields(block[:504])
        is_extended = block[504] != 0
        _limit(len(numbers) // 2)
    return _map(size, numbers)


def pax(records: Iterable[tuple[bytes, bytes]], take: Take) -> Map | None:
    """PAX forms 0.0 (repeated keys), 0.1 (a list) and 1.0 (a list before the data); None if the file is not sparse."""
    named: dict[bytes, bytes] = {}
    numbers: list[int] = []
    for key, value in records:
        if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            numbers.append(_decimal(value))
        elif key.startswith(b"GNU.sparse."):
            named[key[11:]] = value
    if named.get(b"major") == b"1":
        return _map(_decimal(named.get(b"realsize", b"")), _read_list(take))
    if b"map" in named:
        numbers = [_decimal(text) for text in named[b"map"].split(b",")] if named[b"map"] else []
    elif b"numblocks" not in named:
        return None
    return _map(_decimal(named.get(b"size", named.get(b"realsize", b""))), numbers)


def _read_list(take: Take) -> list[int]:
    """Numbers on lines of their own: how many segments, then two for each; filled up to a whole block."""
    text = b""
    lines: list[bytes] = []
    wanted = 1
    while len(lines) < wanted:
        text += take(_BLOCK)
        *complete, text = text.split(b"\n")
        if not complete and len(text) > _MAX_DIGITS:
            raise ValueError("a sparse file's list of segments is not a list of numbers")
        lines += complete
        if lines:
            count = _decimal(lines[0])
            _limit(count)
            wanted = 1 + 2 * count
    return [_decimal(line) for line in lines[1:wanted]]


def _map(size: int, numbers: Sequence[int]) -> Map:
    segments = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    end = 0
    for offset, length in segments:
        if offset < end or offset + length > size:
            raise ValueError(f"a sparse file's segment at {offset} overlaps another or passes the file's end")
        end = offset + length
    if len(numbers) % 2:
        raise ValueError("a sparse file's list of segments has an offset without a length")
    return Map(size, segments)


def _fields(area: bytes) -> list[int]:
    """Pairs of twelve-byte fields, up to the first empty pair."""
    numbers = []
    for at in range(0, len(area) - 23, 24):
        if not area[at]:
            break
        numbers += [_octal(area[at : at + 12]), _octal(area[at + 12 : at + 24])]
    return numbers


def _octal(field: bytes) -> int:
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits.isdigit() or digits.strip(b"01234567"):
        raise ValueError("a sparse file's header has a field that is not a number")
    return int(digits, 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > _MAX_DIGITS:
        raise ValueError("a sparse file's list of segments is not a list of numbers")
    return int(text)


def _limit(count: int) -> None:
    if count > _MAX_SEGMENTS:
        raise ValueError(f"a sparse file of more than {_MAX_SEGMENTS} segments")
