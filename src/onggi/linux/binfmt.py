"""Which programs of other machines this kernel can run, by interpreters that are registered with it (binfmt_misc).

An entry names an interpreter for the files that begin with some bytes (Documentation/admin-guide/binfmt-misc.rst). It
is looked for here with the beginning of a program of the architecture in question.
"""

from __future__ import annotations

import struct
from pathlib import Path

import msgspec

FOLDER = Path("/proc/sys/fs/binfmt_misc")

# OCI architecture → class (32 or 64 bits), byte order, e_machine (elf.h).
_MACHINES = {
    "386": (32, "<", 3),
    "amd64": (64, "<", 62),
    "arm": (32, "<", 40),
    "arm64": (64, "<", 183),
    "loong64": (64, "<", 258),
    "mips64": (64, ">", 8),
    "mips64le": (64, "<", 8),
    "ppc64le": (64, "<", 21),
    "riscv64": (64, "<", 243),
    "s390x": (64, ">", 22),
}
_EXECUTABLE = 2  # ET_EXEC


class Interpreter(msgspec.Struct, frozen=True):
    """`is_open`: the kernel holds the program itself, so it need not be in the image (the flag F)."""

    path: str
    is_open: bool


def interpreter(architecture: str, folder: Path = FOLDER) -> Interpreter | None:
    """The one for programs of `architecture`; None if none is registered, or nothing is known of it."""
    if architecture not in _MACHINES:
        return None
    program = _beginning(*_MACHINES[architecture])
    try:
        if (folder / "status").read_text().strip() != "enabled":
            return None
        entries = sorted(path for path in folder.iterdir() if path.name not in ("register", "status"))
    except FileNotFoundError:  # not mounted
        return None
    for entry in entries:
        if found := _takes(entry.read_text(), program):
            return found
    return None


def _takes(text: str, program: bytes) -> Interpreter | None:
    state, *lines = text.splitlines()
    fields = dict(line.partition(" ")[::2] for line in lines)
    magic = bytes.fromhex(fields.get("magic", ""))
    if state != "enabled" or not magic or "interpreter" not in fields:
        return None
    offset = int(fields.get("offset", "0"))
    mask = bytes.fromhex(fields.get("mask", "")) or b"\xff" * len(magic)
    there = program[offset : offset + len(magic)]
    if len(there) < len(magic) or any((a ^ b) & m for a, b, m in zip(there, magic, mask, strict=True)):
        return None
    return Interpreter(fields["interpreter"], "F" in fields.get("flags:", ""))


def _beginning(bits: int, order: str, machine: int) -> bytes:
    """Of an ELF program: e_ident, e_type, e_machine and e_version, then nothing."""
    identity = b"\x7fELF" + bytes((1 if bits == 32 else 2, 1 if order == "<" else 2, 1, 0))
    return (identity.ljust(16, b"\0") + struct.pack(f"{order}HHI", _EXECUTABLE, machine, 1)).ljust(128, b"\0")
