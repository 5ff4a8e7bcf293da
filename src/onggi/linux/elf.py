"""Whether a program runs by itself, without an interpreter or libraries of the system that it was made for (elf(5))."""

from __future__ import annotations

import struct

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_INTERPRETER = 3  # PT_INTERP


def is_static(path: str) -> bool:
    """A 64-bit little-endian program that names no dynamic linker."""
    with open(path, "rb") as file:
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size or head[:6] != b"\x7fELF\x02\x01":
            return False
        offset, size, count = (_HEADER.unpack(head)[index] for index in (5, 9, 10))
        file.seek(offset)
        table = file.read(size * count)
    return all(int.from_bytes(table[at : at + 4], "little") != _INTERPRETER for at in range(0, size * count, size))
