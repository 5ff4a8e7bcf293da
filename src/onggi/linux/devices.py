"""Device rules as an eBPF program: what version 2 cgroups have in place of devices.allow.

The program is asked at each open or mknod of a device with (access << 16 | type, major, minor) and answers 1 or 0
(Documentation/admin-guide/cgroup-v2.rst, "Device controller"; struct bpf_cgroup_dev_ctx in linux/bpf.h).
"""

from __future__ import annotations

from struct import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPES = {"b": 1, "c": 2}
_ACCESS = {"m": 1, "r": 2, "w": 4}
_ALL_ACCESS = 7

# Opcodes: class | source | operation, as in linux/bpf_common.h.
_LOAD_WORD, _MOVE, _MOVE_REGISTER = 0x61, 0xB4, 0xBC
_AND, _SHIFT_RIGHT, _JUMP_IF_NOT, _EXIT = 0x54, 0x74, 0x56, 0x95
_RESULT, _CONTEXT, _ASKED, _TYPE, _MAJOR, _MINOR = range(6)


def _instruction(code: int, target: int = 0, source: int = 0, offset: int = 0, value: int = 0) -> bytes:
    return pack("<BBhI", code, source << 4 | target, offset, value & 0xFFFF_FFFF)


def compile_rules(rules: Iterable[str]) -> bytes:
    """The program that allows what any of `rules` does ("c 1:3 rwm", "b *:* m") and refuses the rest."""
    program = [
        _instruction(_LOAD_WORD, _ASKED, _CONTEXT, 0),
        _instruction(_LOAD_WORD, _MAJOR, _CONTEXT, 4),
        _instruction(_LOAD_WORD, _MINOR, _CONTEXT, 8),
        _instruction(_MOVE_REGISTER, _TYPE, _ASKED),
        _instruction(_AND, _TYPE, value=0xFFFF),
        _instruction(_SHIFT_RIGHT, _ASKED, value=16),
    ]
    for rule in rules:
        program += _rule(rule)
    program += [_instruction(_MOVE, _RESULT, value=0), _instruction(_EXIT)]
    return b"".join(program)


def _rule(rule: str) -> list[bytes]:
    kind, numbers, access = rule.split()
    major, minor = numbers.split(":")
    tests = [(_TYPE, _TYPES[kind])]
    if major != "*":
        tests.append((_MAJOR, int(major)))
    if minor != "*":
        tests.append((_MINOR, int(minor)))
    refused = _ALL_ACCESS & ~sum(_ACCESS[letter] for letter in set(access))
    masked = [_instruction(_MOVE_REGISTER, _CONTEXT, _ASKED), _instruction(_AND, _CONTEXT, value=refused)]
    tests.append((_CONTEXT, 0))
    body = [(register, value) for register, value in tests[:-1]]
    # Each test that fails jumps over the rest of this rule.
    length = len(body) + len(masked) + 1 + 2
    code = [
        _instruction(_JUMP_IF_NOT, register, offset=length - position - 1, value=value)
        for position, (register, value) in enumerate(body)
    ]
    code += masked
    code.append(_instruction(_JUMP_IF_NOT, _CONTEXT, offset=2, value=0))
    return [*code, _instruction(_MOVE, _RESULT, value=1), _instruction(_EXIT)]
