"""Our compiler against libseccomp's: both programs, run on the same calls, must say the same."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.container import capability
from onggi.container.seccomp import compiler
from onggi.container.seccomp.default import DEFAULT
from onggi.container.seccomp.filter import Action, Filter, Rule, oci, resolve
from onggi.container.seccomp.profile import Condition, Profile, parse
from onggi.container.seccomp.syscalls import ARCHITECTURES, NUMBERS
from onggi.errors import Invalid, Unsupported

from . import libseccomp
from .bpf_machine import Machine, check, data

AUDIT = {
    "SCMP_ARCH_X86_64": 0xC000003E,
    "SCMP_ARCH_X86": 0x40000003,
    "SCMP_ARCH_X32": 0xC000003E,
    "SCMP_ARCH_AARCH64": 0xC00000B7,
    "SCMP_ARCH_ARM": 0x40000028,
}
X32_BIT = 0x40000000
KERNEL = (6, 1)
ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0
NAMES = {(name, row[column]): call for call, row in NUMBERS.items() for column, name in enumerate(ARCHITECTURES)}
CAPABILITY_SETS = [
    pytest.param(capability.DEFAULT, id="default"),
    pytest.param(frozenset(capability.NAMES), id="all"),
    pytest.param(frozenset(), id="none"),
    pytest.param(capability.DEFAULT | {"CAP_SYS_ADMIN"}, id="admin"),
    pytest.param(frozenset({"CAP_BPF", "CAP_SYS_TIME", "CAP_SYS_PTRACE"}), id="some"),
]
ARGUMENTS = (0, 1, 8, 11, 12, 13, 16, 38, 39, 40, 41, 46, 0x20000, 0x20008, 0x7E020000, 0x10000000, 0x40000000,
             0xFFFFFFFF, 1 << 32, (1 << 32) + 1, 0xFFFFFFFF00000008, 2**64 - 1)  # fmt: skip


def verdict(program: bytes, architecture: str, call: str | int, *args: int) -> int:
    number = call if isinstance(call, int) else NUMBERS[call][ARCHITECTURES.index(architecture)]
    return Machine(program).run(data(number, AUDIT[architecture], args))


def numbers(architecture: str) -> Iterator[int]:
    if architecture == "SCMP_ARCH_X32":
        yield from range(X32_BIT, X32_BIT + 600)
        yield from (0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
        return
    yield from range(600)
    yield from (0x0F0000 + each for each in range(8))  # ARM's private calls
    yield X32_BIT - 1


def default(machine: str = "x86_64", capabilities: frozenset[str] = capability.DEFAULT) -> Filter:
    return resolve(DEFAULT, machine, KERNEL, capabilities)


def highest(resolved: Filter, architecture: str) -> int:
    column = ARCHITECTURES.index(architecture)
    return max(NUMBERS[name][column] for rule in resolved.rules for name in rule.names if name in NUMBERS)


@pytest.mark.parametrize("capabilities", CAPABILITY_SETS)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_default_profile_says_what_libseccomp_says(machine: str, capabilities: frozenset[str]) -> None:
    resolved = default(machine, capabilities)
    program = compiler.program(resolved)
    check(program)
    ours, theirs = Machine(program), Machine(libseccomp.program(resolved))
    for architecture in resolved.architectures:
        last = highest(resolved, architecture)
        for number in numbers(architecture):
            name = NAMES.get((architecture, number), "")
            if name and libseccomp.resolve(name, architecture) == libseccomp.UNKNOWN:
                continue  # newer than this libseccomp
            for argument in ARGUMENTS:
                packet = data(number, AUDIT[architecture], (argument, argument))
                expected = theirs.run(packet)
                if number > last and expected == EPERM:
                    expected = ENOSYS
                assert ours.run(packet) == expected, (architecture, number, name, hex(argument))


def test_default_profile_knows_calls_that_are_newer_than_libseccomp() -> None:
    program = compiler.program(default())
    for name in ("cachestat", "fchmodat2", "mseal", "listmount", "getxattrat", "futex_wait"):
        assert verdict(program, "SCMP_ARCH_X86_64", name) == ALLOW
        assert verdict(program, "SCMP_ARCH_X86", name) == ALLOW


def test_numbers_above_all_known_ones_do_not_exist() -> None:
    program = compiler.program(default())
    for architecture in ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"):
        last = highest(default(), architecture)
        assert verdict(program, architecture, last) == ALLOW
        assert verdict(program, architecture, last + 1) == ENOSYS


def test_another_architecture_is_killed() -> None:
    program = compiler.program(default())
    assert Machine(program).run(data(0, AUDIT["SCMP_ARCH_AARCH64"])) == KILL
    assert Machine(program).run(data(0, 0x80000016)) == KILL  # s390x


def test_x32_is_killed_where_the_filter_leaves_it_out() -> None:
    resolved = resolve(Profile(default_action="SCMP_ACT_ALLOW"), "x86_64", KERNEL, frozenset())
    program = compiler.program(resolved)
    theirs = Machine(libseccomp.program(resolved))
    for number in (0, 500, X32_BIT - 1, X32_BIT, X32_BIT + 1, 0xFFFFFFFE, 0xFFFFFFFF):
        packet = data(number, AUDIT["SCMP_ARCH_X86_64"])
        assert Machine(program).run(packet) == theirs.run(packet), hex(number)


@pytest.mark.parametrize(
    ("call", "args", "expected"),
    [
        ("read", (), ALLOW),
        ("unshare", (0x10000000,), EPERM),
        ("mount", (), EPERM),
        ("keyctl", (), EPERM),
        ("bpf", (), EPERM),
        ("ptrace", (), ALLOW),
        ("clone", (0x11,), ALLOW),
        ("clone", (0x10000011,), EPERM),
        ("clone3", (), ENOSYS),
        ("clock_settime", (), EPERM),
        ("open_by_handle_at", (), EPERM),
        ("socket", (2,), ALLOW),
        ("socket", (38,), EPERM),
        ("socket", (40,), EPERM),
        ("personality", (0,), ALLOW),
        ("personality", (0x0040000,), EPERM),
        ("userfaultfd", (), EPERM),
        ("io_uring_setup", (), EPERM),
        ("chroot", (), ALLOW),
    ],
)
def test_default_profile_by_example(call: str, args: tuple[int, ...], expected: int) -> None:
    assert verdict(compiler.program(default()), "SCMP_ARCH_X86_64", call, *args) == expected


def test_a_capability_brings_its_calls_back() -> None:
    admin = compiler.program(default(capabilities=frozenset({"CAP_SYS_ADMIN"})))
    for call in ("mount", "unshare", "clone3", "bpf", "setns"):
        assert verdict(admin, "SCMP_ARCH_X86_64", call, 0x10000000) == ALLOW
    assert verdict(admin, "SCMP_ARCH_X86_64", "chroot") == EPERM
    clock = compiler.program(default(capabilities=frozenset({"CAP_SYS_TIME"})))
    assert verdict(clock, "SCMP_ARCH_X86_64", "clock_settime") == ALLOW
    assert verdict(clock, "SCMP_ARCH_X86", "clock_settime64") == ALLOW


def test_ptrace_waits_for_the_kernel_that_made_it_safe() -> None:
    old = compiler.program(resolve(DEFAULT, "x86_64", (4, 7), capability.DEFAULT))
    new = compiler.program(resolve(DEFAULT, "x86_64", (4, 8), capability.DEFAULT))
    assert verdict(old, "SCMP_ARCH_X86_64", "ptrace") == EPERM
    assert verdict(new, "SCMP_ARCH_X86_64", "ptrace") == ALLOW


def test_a_machine_without_a_table_is_refused() -> None:
    with pytest.raises(Unsupported, match="s390x"):
        resolve(DEFAULT, "s390x", KERNEL, frozenset())


VALUES = st.one_of(
    st.integers(0, 4),
    st.sampled_from([0xFFFFFFFF, 1 << 32, (1 << 32) | 1, (1 << 63), 2**64 - 1, 0xFFFFFFFF00000000]),
    st.integers(0, 2**64 - 1),
)
OPERATORS = st.sampled_from(sorted(libseccomp.OPERATORS))
CONDITIONS = st.builds(Condition, st.integers(0, 3), OPERATORS, VALUES, VALUES)


@settings(max_examples=150, deadline=None)
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=3, unique_by=lambda condition: condition.index),
    call=st.sampled_from(["getpriority", "ioctl", "clone"]),
    near=st.lists(st.integers(-1, 1), min_size=6, max_size=6),
    anything=st.lists(VALUES, min_size=6, max_size=6),
)
def test_comparisons_are_those_of_libseccomp(
    conditions: list[Condition], call: str, near: list[int], anything: list[int]
) -> None:
    resolved = Filter(
        architectures=("SCMP_ARCH_X86_64",),
        default=Action("SCMP_ACT_ERRNO", 1),
        rules=(Rule((call,), Action("SCMP_ACT_ALLOW"), tuple(conditions)),),
    )
    program = compiler.program(resolved)
    check(program)
    ours, theirs = Machine(program), Machine(libseccomp.program(resolved))
    close = list(anything)
    for condition in conditions:
        base = condition.value_two if condition.op == "SCMP_CMP_MASKED_EQ" else condition.value
        close[condition.index] = (base + near[condition.index]) % 2**64
    for args in (close, anything):
        packet = data(NUMBERS[call][0], AUDIT["SCMP_ARCH_X86_64"], args)
        assert ours.run(packet) == theirs.run(packet)


def holds(condition: Condition, value: int) -> bool:
    tests = {
        "SCMP_CMP_NE": value != condition.value,
        "SCMP_CMP_LT": value < condition.value,
        "SCMP_CMP_LE": value <= condition.value,
        "SCMP_CMP_EQ": value == condition.value,
        "SCMP_CMP_GE": value >= condition.value,
        "SCMP_CMP_GT": value > condition.value,
        "SCMP_CMP_MASKED_EQ": value & condition.value == condition.value_two & condition.value,
    }
    return tests[condition.op]


@settings(max_examples=100, deadline=None)
@given(
    alternatives=st.lists(st.lists(CONDITIONS, max_size=3, unique_by=lambda each: each.index), max_size=40),
    args=st.lists(VALUES, min_size=4, max_size=4),
)
def test_rules_of_one_call_are_alternatives(alternatives: list[list[Condition]], args: list[int]) -> None:
    resolved = Filter(
        architectures=("SCMP_ARCH_AARCH64",),
        default=Action("SCMP_ACT_ERRNO", 1),
        rules=tuple(Rule(("ioctl",), Action("SCMP_ACT_ALLOW"), tuple(each)) for each in alternatives),
    )
    is_allowed = any(all(holds(condition, args[condition.index]) for condition in each) for each in alternatives)
    program = compiler.program(resolved)
    check(program)
    assert verdict(program, "SCMP_ARCH_AARCH64", "ioctl", *args) == (ALLOW if is_allowed else EPERM)


def test_two_conditions_on_one_argument_are_alternatives_as_in_runc() -> None:
    between = (Condition(0, "SCMP_CMP_EQ", 5), Condition(0, "SCMP_CMP_EQ", 9))
    rule = Rule(("ioctl",), Action("SCMP_ACT_ALLOW"), between)
    program = compiler.program(
        Filter(architectures=("SCMP_ARCH_X86_64",), default=Action("SCMP_ACT_ERRNO"), rules=(rule,))
    )
    assert [verdict(program, "SCMP_ARCH_X86_64", "ioctl", value) for value in (5, 7, 9)] == [ALLOW, EPERM, ALLOW]


@pytest.mark.parametrize("call", ["socket", "connect", "sendmmsg", "semget", "shmat", "msgget"])
def test_i386_sends_sockets_and_ipc_through_one_number(call: str) -> None:
    resolved = Filter(
        architectures=("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"),
        default=Action("SCMP_ACT_ERRNO", 1),
        rules=(Rule((call,), Action("SCMP_ACT_ALLOW")),),
    )
    ours, theirs = Machine(compiler.program(resolved)), Machine(libseccomp.program(resolved))
    for number in range(NUMBERS["socketcall"][1] + 300):
        for argument in range(30):
            packet = data(number, AUDIT["SCMP_ARCH_X86"], (argument,))
            expected = theirs.run(packet)
            found = ours.run(packet)
            assert found == expected or (found, expected) == (ENOSYS, EPERM), (number, argument)


def test_i386_has_semop_only_behind_ipc() -> None:
    """libseccomp leaves it out here, having no number of its own to start from."""
    rules = (Rule(("semop",), Action("SCMP_ACT_ALLOW")),)
    program = compiler.program(
        Filter(architectures=("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"), default=Action("SCMP_ACT_ERRNO"), rules=rules)
    )
    assert verdict(program, "SCMP_ARCH_X86", "ipc", 1) == ALLOW
    assert verdict(program, "SCMP_ARCH_X86", "ipc", 2) == EPERM


def test_far_jumps() -> None:
    """Blocks longer than a conditional jump reaches (255) still land where they should."""
    wide = tuple(
        Rule((name,), Action("SCMP_ACT_ERRNO", 2 + place), (Condition(0, "SCMP_CMP_EQ", value << 33),))
        for place, name in enumerate(("read", "ioctl", "getpid", "openat", "statx"))
        for value in range(70)
    )
    program = compiler.program(
        Filter(architectures=("SCMP_ARCH_X86_64",), default=Action("SCMP_ACT_ALLOW"), rules=wide)
    )
    check(program)
    assert len(program) // 8 > 5 * 255
    for place, name in enumerate(("read", "ioctl", "getpid", "openat", "statx")):
        assert verdict(program, "SCMP_ARCH_X86_64", name, 69 << 33) == 0x50002 + place
        assert verdict(program, "SCMP_ARCH_X86_64", name, 70 << 33) == ALLOW


def test_a_program_too_large_for_the_kernel_is_refused() -> None:
    rules = tuple(Rule(("read",), Action("SCMP_ACT_TRAP"), (Condition(0, "SCMP_CMP_EQ", n),)) for n in range(1000))
    with pytest.raises(Invalid, match="4096"):
        compiler.program(Filter(architectures=("SCMP_ARCH_X86_64",), default=Action("SCMP_ACT_ALLOW"), rules=rules))


@pytest.mark.parametrize(
    ("action", "number", "value"),
    [
        ("SCMP_ACT_KILL", None, 0),
        ("SCMP_ACT_KILL_THREAD", None, 0),
        ("SCMP_ACT_KILL_PROCESS", None, 0x80000000),
        ("SCMP_ACT_TRAP", None, 0x30000),
        ("SCMP_ACT_ERRNO", None, 0x50001),
        ("SCMP_ACT_ERRNO", 38, 0x50026),
        ("SCMP_ACT_TRACE", 7, 0x7FF00007),
        ("SCMP_ACT_LOG", None, 0x7FFC0000),
        ("SCMP_ACT_ALLOW", None, 0x7FFF0000),
    ],
)
def test_actions(action: str, number: int | None, value: int) -> None:
    assert Action(action, number).value() == value


DOCKER_PROFILE = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
    "syscalls": [
        {
            "names": ["chmod", "fchmod", "no_such_call"],
            "action": "SCMP_ACT_ERRNO",
            "args": [],
            "comment": "",
            "includes": {},
            "excludes": {},
        },
        {"name": "mkdir", "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": None},
    ],
}


def test_a_profile_in_dockers_format() -> None:
    profile = parse(json.dumps(DOCKER_PROFILE))
    resolved = resolve(profile, "x86_64", KERNEL, frozenset())
    assert resolved.architectures == ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86")
    program = compiler.program(resolved)
    assert verdict(program, "SCMP_ARCH_X86_64", "chmod") == EPERM
    assert verdict(program, "SCMP_ARCH_X86", "mkdir") == 0x50000 | errno.EACCES
    assert verdict(program, "SCMP_ARCH_X86_64", "read") == ALLOW
    assert verdict(program, "SCMP_ARCH_X86_64", 500) == ALLOW


def changed(**fields: Any) -> str:
    return json.dumps({**DOCKER_PROFILE, **fields})


def rule(**fields: Any) -> str:
    return changed(syscalls=[{"names": ["chmod"], "action": "SCMP_ACT_ERRNO", **fields}])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "seccomp profile"),
        ("{", "seccomp profile"),
        ("[]", "seccomp profile"),
        ("{}", "defaultAction"),
        pytest.param('{"defaultAction": "SCMP_ACT_ALLOW", "x": ' + "[" * 100_000, "nested too deep", id="too deep"),
        (changed(defaultAction="SCMP_ACT_ALOW"), "unknown action 'SCMP_ACT_ALOW'"),
        (changed(architectures=["SCMP_ARCH_X86"]), "'architectures' and 'archMap'"),
        (changed(flags=["SECCOMP_FILTER_FLAG_NEW"]), "unknown flag"),
        (rule(action="SCMP_ACT_NOTIFY"), "agent"),
        (rule(name="mkdir"), "'name' and 'names'"),
        (rule(names=[]), "names no system call"),
        (rule(args=[{"index": 6, "op": "SCMP_CMP_EQ", "value": 1}]), "argument index 6"),
        (rule(args=[{"index": 0, "op": "EQ", "value": 1}]), "unknown operator 'EQ'"),
        (rule(args=[{"index": 0, "op": "SCMP_CMP_EQ", "value": -1}]), "64 bits"),
        (rule(includes={"minKernel": "four"}), "minKernel 'four'"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(Invalid, match="seccomp profile: ") as caught:
        parse(text)
    assert message in caught.value.message


def test_a_misspelt_action_is_suggested() -> None:
    with pytest.raises(Invalid) as caught:
        parse(changed(defaultAction="SCMP_ACT_ALOW"))
    assert caught.value.hint == "did you mean SCMP_ACT_ALLOW?"


def test_the_section_of_a_bundle() -> None:
    section = oci(default())
    assert section["defaultAction"] == "SCMP_ACT_ERRNO"
    assert section["defaultErrnoRet"] == errno.EPERM
    assert section["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    assert {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS} in section["syscalls"]
    clone = next(each for each in section["syscalls"] if each["names"] == ["clone"])
    assert clone["args"] == [{"index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 0x7E020000, "valueTwo": 0}]
