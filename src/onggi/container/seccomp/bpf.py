"""Classic BPF, as far as a seccomp filter needs it (Documentation/userspace-api/seccomp_filter.rst, linux/filter.h).

Code is made of blocks: lists of instructions whose jumps stay inside the block or go to its end, so that a block can be
placed anywhere. A conditional jump reaches 255 instructions, an unconditional one any distance, always forward.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Instruction: TypeAlias = tuple[int, int, int, int]
"""code, jump if true, jump if false, k: struct sock_filter."""

Block: TypeAlias = list[Instruction]

MAXIMUM = 4096  # BPF_MAXINSNS

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_JUMP = 0x05  # BPF_JMP | BPF_JA
JEQ = 0x15
JGT = 0x25
JGE = 0x35
_RETURN = 0x06  # BPF_RET | BPF_K
_FARTHEST = 255

# Offsets in struct seccomp_data.
NUMBER = 0
ARCHITECTURE = 4
_ARGUMENTS = 16


def load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def load_argument(index: int, *, high: bool) -> Instruction:
    """Half of argument `index`: all architectures with a table here are little-endian."""
    return load(_ARGUMENTS + 8 * index + (4 if high else 0))


def mask(bits: int) -> Instruction:
    return (_AND, 0, 0, bits)


def jump_if(test: int, value: int, true: int = 0, false: int = 0) -> Instruction:
    """Skip `true` instructions where the accumulator passes the test against `value`, else `false`."""
    return (test, true, false, value)


def give(value: int) -> Instruction:
    """End with this verdict."""
    return (_RETURN, 0, 0, value)


def choose(test: int, value: int, otherwise: Block, then: Block) -> Block:
    """`then` where the accumulator passes the test, `otherwise` where not. `otherwise` must not run into its end."""
    if len(otherwise) <= _FARTHEST:
        return [jump_if(test, value, true=len(otherwise)), *otherwise, *then]
    return [jump_if(test, value, false=1), (_JUMP, 0, 0, len(otherwise)), *otherwise, *then]


def search(line: Sequence[tuple[int, Block]]) -> Block:
    """The block of the last entry whose start is not above the accumulator, found by halving. `line` is sorted, its
    first start is 0, and no block runs into its end."""
    if len(line) == 1:
        return line[0][1]
    middle = len(line) // 2
    return choose(JGE, line[middle][0], search(line[:middle]), search(line[middle:]))


def assemble(code: Iterable[Instruction]) -> bytes:
    """struct sock_filter[] in this machine's byte order."""
    pack = struct.Struct("=HBBI").pack
    return b"".join(pack(*instruction) for instruction in code)
