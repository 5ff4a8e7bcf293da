"""A reader of classic BPF as the kernel runs it on struct seccomp_data, for tests only."""

from __future__ import annotations

import struct
from collections.abc import Sequence

LOAD, RETURN, JUMP, AND = 0x20, 0x06, 0x05, 0x54
JEQ, JGT, JGE, JSET = 0x15, 0x25, 0x35, 0x45


def data(number: int, arch: int, args: Sequence[int] = ()) -> bytes:
    """struct seccomp_data."""
    padded = (*args, 0, 0, 0, 0, 0, 0)[:6]
    return struct.pack("<IIQ6Q", number & 0xFFFFFFFF, arch, 0, *padded)


def check(program: bytes) -> None:
    """What the kernel asks of a filter before it takes it (bpf_check_classic, seccomp_check_filter)."""
    code = [*struct.iter_unpack("<HBBI", program)]
    assert 0 < len(code) <= 4096
    assert code[-1][0] == RETURN
    for place, (op, true, false, k) in enumerate(code):
        assert op in (LOAD, RETURN, JUMP, AND, JEQ, JGT, JGE, JSET), hex(op)
        if op == LOAD:
            assert k % 4 == 0
            assert k < 64
        elif op == JUMP:
            assert place + k + 1 < len(code)
        elif op in (JEQ, JGT, JGE, JSET):
            assert place + max(true, false) + 1 < len(code)


class Machine:
    def __init__(self, program: bytes) -> None:
        self._code = [*struct.iter_unpack("<HBBI", program)]

    def run(self, packet: bytes) -> int:
        words = struct.unpack("<16I", packet)
        code, place, a = self._code, 0, 0
        while True:
            op, true, false, k = code[place]
            place += 1
            if op == LOAD:
                a = words[k // 4]
            elif op == JEQ:
                place += true if a == k else false
            elif op == JGE:
                place += true if a >= k else false
            elif op == JGT:
                place += true if a > k else false
            elif op == JSET:
                place += true if a & k else false
            elif op == JUMP:
                place += k
            elif op == AND:
                a &= k
            elif op == RETURN:
                return int(k)
            else:
                raise AssertionError(f"instruction {op:#x} is not one that a filter uses")
