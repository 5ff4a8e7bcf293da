"""A filter → a BPF program.

Per architecture the numbers are a line cut into stretches of equal verdict, found by binary search; a stretch whose
verdict depends on arguments holds its rules one after the other. What no rule says gets the default action; numbers
above all that the profile knows get ENOSYS, as runc does it, since programs probe for new calls and take EPERM for a
lasting answer. x86_64 and x32 are one architecture to the kernel: x32 numbers have bit 30 set, so both share a line.
A call from an architecture that the filter does not cover kills the thread, as libseccomp's filters do.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator

from onggi.container.seccomp import bpf
from onggi.container.seccomp.filter import Action, Filter, Rule
from onggi.container.seccomp.profile import ACTIONS, Condition
from onggi.container.seccomp.syscalls import ARCHITECTURES, NUMBERS
from onggi.errors import Invalid

# AUDIT_ARCH_* (linux/audit.h) of each column of the table, and whether its arguments have 64 bits.
_AUDIT = {
    "SCMP_ARCH_X86_64": (0xC000003E, True),
    "SCMP_ARCH_X86": (0x40000003, False),
    "SCMP_ARCH_X32": (0xC000003E, False),
    "SCMP_ARCH_AARCH64": (0xC00000B7, True),
    "SCMP_ARCH_ARM": (0x40000028, False),
}
_X32_BIT = 0x40000000
_NO_CALL = 0xFFFFFFFF  # what a tracer writes to skip a call

_HALF = 0xFFFFFFFF
_ALL_BITS = 0xFFFFFFFFFFFFFFFF

# Operator → the test of the machine, and whether its answer is turned round.
_TESTS = {
    "SCMP_CMP_EQ": (bpf.JEQ, False),
    "SCMP_CMP_NE": (bpf.JEQ, True),
    "SCMP_CMP_GT": (bpf.JGT, False),
    "SCMP_CMP_LE": (bpf.JGT, True),
    "SCMP_CMP_GE": (bpf.JGE, False),
    "SCMP_CMP_LT": (bpf.JGE, True),
    "SCMP_CMP_MASKED_EQ": (bpf.JEQ, False),
}

_KILL = ACTIONS["SCMP_ACT_KILL"]
_ENOSYS = ACTIONS["SCMP_ACT_ERRNO"] | errno.ENOSYS
_LENIENT = ("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE")

# On i386 these calls also go through one number, the real one in its first argument (linux/net.h, linux/ipc.h).
_SOCKETCALLS = """
socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt
getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg
"""
_IPC_CALLS = {
    "semop": 1,
    "semget": 2,
    "semctl": 3,
    "semtimedop": 4,
    "msgsnd": 11,
    "msgrcv": 12,
    "msgget": 13,
    "msgctl": 14,
    "shmat": 21,
    "shmdt": 22,
    "shmget": 23,
    "shmctl": 24,
}
_MULTIPLEXED = {name: ("socketcall", number) for number, name in enumerate(_SOCKETCALLS.split(), 1)} | {
    name: ("ipc", number) for name, number in _IPC_CALLS.items()
}


def program(resolved: Filter) -> bytes:
    """struct sock_filter[]; raises Invalid when the profile is too large for the kernel."""
    lines: dict[int, list[tuple[int, bpf.Block]]] = {}
    for name in sorted(resolved.architectures, key=ARCHITECTURES.index):  # x86_64 before x32: numbers ascend
        lines.setdefault(_AUDIT[name][0], []).extend(_line(resolved, name))
    if "SCMP_ARCH_X86_64" in resolved.architectures and "SCMP_ARCH_X32" not in resolved.architectures:
        lines[_AUDIT["SCMP_ARCH_X86_64"][0]] += [
            (_X32_BIT, [bpf.give(_KILL)]),
            (_NO_CALL, [bpf.give(resolved.default.value())]),
        ]
    code: bpf.Block = [bpf.give(_KILL)]
    for audit, line in reversed(lines.items()):
        section = [bpf.load(bpf.NUMBER), *bpf.search(_joined(line))]
        code = bpf.choose(bpf.JEQ, audit, otherwise=code, then=section)
    code.insert(0, bpf.load(bpf.ARCHITECTURE))
    if len(code) > bpf.MAXIMUM:
        raise Invalid(f"seccomp profile: its program has {len(code)} instructions; the kernel takes {bpf.MAXIMUM}")
    return bpf.assemble(code)


def _line(resolved: Filter, architecture: str) -> Iterator[tuple[int, bpf.Block]]:
    """(first number, code) of each stretch, ascending; each ends where the next begins."""
    is_wide = _AUDIT[architecture][1]
    rules = _by_number(resolved, architecture)
    verdicts: dict[tuple[int, ...], bpf.Block] = {}  # most calls share their rules with many
    fallback = [bpf.give(resolved.default.value())]
    free = _X32_BIT if architecture == "SCMP_ARCH_X32" else 0
    for number in sorted(rules):
        if number > free:
            yield free, fallback
        same = tuple(map(id, rules[number]))
        if same not in verdicts:
            verdicts[same] = _verdict(rules[number], resolved.default, is_wide)
        yield number, verdicts[same]
        free = number + 1
    yield free, fallback if resolved.default.name in _LENIENT or not rules else [bpf.give(_ENOSYS)]


def _by_number(resolved: Filter, architecture: str) -> dict[int, list[Rule]]:
    column = ARCHITECTURES.index(architecture)
    found: dict[int, list[Rule]] = {}
    for rule in resolved.rules:
        for name in rule.names:
            numbers = NUMBERS.get(name)
            if numbers and numbers[column] >= 0:
                found.setdefault(numbers[column], []).append(rule)
            if architecture == "SCMP_ARCH_X86" and name in _MULTIPLEXED and not rule.conditions:
                through, which = _MULTIPLEXED[name]
                condition = Condition(index=0, op="SCMP_CMP_EQ", value=which)
                found.setdefault(NUMBERS[through][column], []).append(Rule((through,), rule.action, (condition,)))
    return found


def _joined(line: Iterable[tuple[int, bpf.Block]]) -> list[tuple[int, bpf.Block]]:
    """Neighbouring stretches of one verdict become one."""
    joined: list[tuple[int, bpf.Block]] = []
    for start, code in line:
        if not joined or joined[-1][1] != code:
            joined.append((start, code))
    return joined


def _verdict(rules: list[Rule], default: Action, is_wide: bool) -> bpf.Block:
    """An unconditional rule decides, else the first whose conditions hold, else the default. Rules that say what the
    default says are left out: they would hide later ones, and runc leaves them out."""
    speaking = [rule for rule in rules if rule.action.value() != default.value()]
    for rule in speaking:
        if not rule.conditions:
            return [bpf.give(rule.action.value())]
    code: bpf.Block = []
    for rule in speaking:
        for conditions in _alternatives(rule.conditions):
            code += _guarded(conditions, rule.action, is_wide)
    return [*code, bpf.give(default.value())]


def _alternatives(conditions: tuple[Condition, ...]) -> list[tuple[Condition, ...]]:
    """All must hold; but where two are about one argument, any one is enough (runc's habit, which profiles rely on)."""
    if len({condition.index for condition in conditions}) == len(conditions):
        return [conditions]
    return [(condition,) for condition in conditions]


def _guarded(conditions: tuple[Condition, ...], action: Action, is_wide: bool) -> bpf.Block:
    """Give `action` when all conditions hold, else run into the block's end."""
    code = [bpf.give(action.value())]
    for condition in reversed(conditions):
        code = _test(condition, is_wide, miss=len(code)) + code
    return code


def _test(condition: Condition, is_wide: bool, miss: int) -> bpf.Block:
    """Run into the block's end when the condition holds, else skip `miss` instructions after it.

    Filters compare 32 bits at a time: the high half decides unless it is equal, then the low half does.
    """
    test, is_negated = _TESTS[condition.op]
    yes, no = (miss, 0) if is_negated else (0, miss)
    bits, datum = _ALL_BITS, condition.value
    if condition.op == "SCMP_CMP_MASKED_EQ":
        bits, datum = condition.value, condition.value_two & condition.value
    low = bpf.load_argument(condition.index, high=False)
    code = [low, *_masked(bits & _HALF), bpf.jump_if(test, datum & _HALF, yes, no)]
    if not is_wide or bits <= _HALF:
        return code
    high = bpf.load_argument(condition.index, high=True)
    above = [] if test == bpf.JEQ else [bpf.jump_if(bpf.JGT, datum >> 32, len(code) + 1 + yes)]
    unequal = bpf.jump_if(bpf.JEQ, datum >> 32, 0, len(code) + no)
    return [high, *_masked(bits >> 32), *above, unequal, *code]


def _masked(bits: int) -> bpf.Block:
    return [] if bits == _HALF else [bpf.mask(bits)]
