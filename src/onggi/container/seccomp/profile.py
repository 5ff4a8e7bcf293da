"""A seccomp profile in Docker's format: what may be called, on which architectures, under which conditions."""

from __future__ import annotations

import msgspec

from onggi.decoders import decoder
from onggi.errors import Invalid

OPERATORS = frozenset(
    {
        "SCMP_CMP_NE",
        "SCMP_CMP_LT",
        "SCMP_CMP_LE",
        "SCMP_CMP_EQ",
        "SCMP_CMP_GE",
        "SCMP_CMP_GT",
        "SCMP_CMP_MASKED_EQ",
    }
)

ACTIONS = {
    "SCMP_ACT_KILL": 0x00000000,
    "SCMP_ACT_KILL_THREAD": 0x00000000,
    "SCMP_ACT_KILL_PROCESS": 0x80000000,
    "SCMP_ACT_TRAP": 0x00030000,
    "SCMP_ACT_ERRNO": 0x00050000,
    "SCMP_ACT_TRACE": 0x7FF00000,
    "SCMP_ACT_LOG": 0x7FFC0000,
    "SCMP_ACT_ALLOW": 0x7FFF0000,
}
"""The kernel's SECCOMP_RET_* value of each action; ERRNO and TRACE carry a number in the low 16 bits."""

FLAGS = {"SECCOMP_FILTER_FLAG_TSYNC": 0, "SECCOMP_FILTER_FLAG_LOG": 2, "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 4}
"""Flags of seccomp(2). TSYNC is about the other threads of the caller; there are none when a filter is installed."""


class Condition(msgspec.Struct, frozen=True, rename="camel"):
    """Compare argument `index` (0 to 5) with `value`; SCMP_CMP_MASKED_EQ masks with `value`, compares `value_two`."""

    index: int
    op: str
    value: int = 0
    value_two: int = 0


class When(msgspec.Struct, frozen=True, rename="camel"):
    """Where a rule applies. `caps`: capabilities of the bounding set. `min_kernel`: "major.minor"."""

    caps: tuple[str, ...] | None = None
    arches: tuple[str, ...] | None = None
    min_kernel: str | None = None


class Rule(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`action` for the calls `names` (or the older `name`) whose arguments satisfy all of `args`."""

    names: tuple[str, ...] | None = None
    name: str = ""
    action: str
    errno_ret: int | None = None
    args: tuple[Condition, ...] | None = None
    includes: When | None = None
    excludes: When | None = None

    def calls(self) -> tuple[str, ...]:
        return self.names or ((self.name,) if self.name else ())


class ArchitectureMap(msgspec.Struct, frozen=True, rename="camel"):
    """The architectures that a filter on `architecture` covers too."""

    architecture: str
    sub_architectures: tuple[str, ...] | None = None


class Profile(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`default_action` is for every call that no rule names."""

    default_action: str
    default_errno_ret: int | None = None
    architectures: tuple[str, ...] | None = None
    arch_map: tuple[ArchitectureMap, ...] | None = None
    flags: tuple[str, ...] | None = None
    syscalls: tuple[Rule, ...] | None = None


def parse(text: str) -> Profile:
    """A profile from JSON in Docker's format; raises Invalid with what is wrong."""
    try:
        profile = decoder(Profile).decode(text)
    except msgspec.DecodeError as error:
        raise _invalid(str(error)) from error
    except RecursionError as error:
        raise _invalid("JSON is nested too deep") from error
    if profile.architectures and profile.arch_map:
        raise _invalid("'architectures' and 'archMap' cannot both be given")
    _check_action(profile.default_action)
    for flag in profile.flags or ():
        if flag not in FLAGS:
            raise _invalid(f"unknown flag {flag!r}", f"known: {', '.join(FLAGS)}")
    for rule in profile.syscalls or ():
        _check_rule(rule)
    return profile


def _check_rule(rule: Rule) -> None:
    if rule.name and rule.names:
        raise _invalid(f"'name' and 'names' cannot both be given (at {rule.name!r})")
    if not rule.calls():
        raise _invalid("a rule names no system call")
    _check_action(rule.action)
    for condition in rule.args or ():
        if condition.op not in OPERATORS:
            raise _invalid(f"unknown operator {condition.op!r} (at {rule.calls()[0]!r})", f"known: {_list(OPERATORS)}")
        if not 0 <= condition.index <= 5:
            raise _invalid(f"argument index {condition.index} (at {rule.calls()[0]!r}); a call has arguments 0 to 5")
        if not all(0 <= value < 1 << 64 for value in (condition.value, condition.value_two)):
            raise _invalid(f"a value at {rule.calls()[0]!r} does not fit into 64 bits")
    for when in (rule.includes, rule.excludes):
        if when and when.min_kernel is not None:
            kernel_version(when.min_kernel)


def _check_action(action: str) -> None:
    if action == "SCMP_ACT_NOTIFY":
        raise _invalid("SCMP_ACT_NOTIFY needs an agent, which onggi does not have")
    if action not in ACTIONS:
        from onggi.suggest import nearest

        near = nearest(action, ACTIONS)
        raise _invalid(f"unknown action {action!r}", f"did you mean {near}?" if near else f"known: {_list(ACTIONS)}")


def kernel_version(text: str) -> tuple[int, int]:
    """`"4.8"` → (4, 8); raises Invalid."""
    major, dot, minor = text.partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal()):
        raise _invalid(f"minKernel {text!r} is not of the form major.minor")
    return int(major), int(minor)


def _list(names: frozenset[str] | dict[str, int]) -> str:
    return ", ".join(sorted(names))


def _invalid(reason: str, hint: str = "") -> Invalid:
    return Invalid(f"seccomp profile: {reason}", hint=hint)
