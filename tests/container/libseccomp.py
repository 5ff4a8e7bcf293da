"""libseccomp's own compiler, as the oracle of ours: the same filter, exported as BPF."""

from __future__ import annotations

import ctypes
import os
import tempfile

from onggi.container.seccomp.filter import Filter
from onggi.container.seccomp.profile import Condition

TOKENS = {
    "SCMP_ARCH_X86_64": 0xC000003E,
    "SCMP_ARCH_X86": 0x40000003,
    "SCMP_ARCH_X32": 0x4000003E,
    "SCMP_ARCH_AARCH64": 0xC00000B7,
    "SCMP_ARCH_ARM": 0x40000028,
}
OPERATORS = {
    "SCMP_CMP_NE": 1,
    "SCMP_CMP_LT": 2,
    "SCMP_CMP_LE": 3,
    "SCMP_CMP_EQ": 4,
    "SCMP_CMP_GE": 5,
    "SCMP_CMP_GT": 6,
    "SCMP_CMP_MASKED_EQ": 7,
}
UNKNOWN = -1  # __NR_SCMP_ERROR


class Argument(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_arch_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.seccomp_arch_remove.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    library.seccomp_syscall_resolve_name_rewrite.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.POINTER(Argument),
    ]
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


LIBRARY = _library()


def resolve(name: str, architecture: str) -> int:
    """UNKNOWN for a name that this libseccomp has never heard of, other negative numbers for other architectures'."""
    return int(LIBRARY.seccomp_syscall_resolve_name_arch(TOKENS[architecture], name.encode()))


def program(resolved: Filter) -> bytes:
    """What libseccomp makes of the filter, in the way runc feeds it (libcontainer/seccomp)."""
    native = resolved.architectures[0]
    context = LIBRARY.seccomp_init(resolved.default.value())
    assert context
    try:
        for name in resolved.architectures:
            assert LIBRARY.seccomp_arch_add(context, TOKENS[name]) in (0, -17)  # EEXIST: the machine's own
        if native != "SCMP_ARCH_X86_64":
            assert LIBRARY.seccomp_arch_remove(context, TOKENS["SCMP_ARCH_X86_64"]) == 0
        for rule in resolved.rules:
            if rule.action.value() == resolved.default.value():
                continue
            for name in rule.names:
                number = resolve(name, "SCMP_ARCH_X86_64")  # libseccomp takes numbers of the machine it runs on
                if number != UNKNOWN:
                    for conditions in _alternatives(rule.conditions):
                        _add(context, rule.action.value(), number, conditions)
        return _exported(context)
    finally:
        LIBRARY.seccomp_release(context)


def _add(context: int, action: int, number: int, conditions: tuple[Condition, ...]) -> None:
    array = (Argument * len(conditions))(
        *(Argument(each.index, OPERATORS[each.op], each.value, each.value_two) for each in conditions)
    )
    answer = LIBRARY.seccomp_rule_add_array(context, action, number, len(conditions), array)
    assert answer in (0, -17), os.strerror(-answer)


def _alternatives(conditions: tuple[Condition, ...]) -> list[tuple[Condition, ...]]:
    if len({condition.index for condition in conditions}) == len(conditions):
        return [conditions]
    return [(condition,) for condition in conditions]


def _exported(context: int) -> bytes:
    with tempfile.TemporaryFile() as file:
        assert LIBRARY.seccomp_export_bpf(context, file.fileno()) == 0
        file.seek(0)
        return file.read()
