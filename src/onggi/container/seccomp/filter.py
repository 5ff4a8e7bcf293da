"""A profile resolved for one container: the rules that apply on this machine, with this kernel, these capabilities.

It has two readers: `compile` makes a BPF program for the built-in launcher, `oci` the section of a runtime bundle.
"""

from __future__ import annotations

import errno
from typing import Any

import msgspec

from onggi.container.seccomp.profile import ACTIONS, FLAGS, Condition, Profile, When, kernel_version
from onggi.container.seccomp.syscalls import ARCHITECTURES
from onggi.errors import Unsupported

# uname -m → the name that profiles use in `arches`, and libseccomp's for the same.
_MACHINES = {
    "x86_64": ("amd64", "SCMP_ARCH_X86_64"),
    "i686": ("x86", "SCMP_ARCH_X86"),
    "aarch64": ("arm64", "SCMP_ARCH_AARCH64"),
    "armv7l": ("arm", "SCMP_ARCH_ARM"),
    "armv6l": ("arm", "SCMP_ARCH_ARM"),
}


class Action(msgspec.Struct, frozen=True):
    """What the kernel does with a call; `number` is the errno of SCMP_ACT_ERRNO and the message of SCMP_ACT_TRACE."""

    name: str
    number: int | None = None

    def value(self) -> int:
        """As a filter returns it (SECCOMP_RET_*)."""
        if self.name not in ("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"):
            return ACTIONS[self.name]
        return ACTIONS[self.name] | (errno.EPERM if self.number is None else self.number & 0xFFFF)


class Rule(msgspec.Struct, frozen=True):
    """`action` for these calls when all `conditions` hold."""

    names: tuple[str, ...]
    action: Action
    conditions: tuple[Condition, ...] = ()


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """`architectures` are libseccomp's names, the machine's own first."""

    architectures: tuple[str, ...]
    default: Action
    rules: tuple[Rule, ...]
    flags: tuple[str, ...] = ()

    def flag_bits(self) -> int:
        """For seccomp(2)."""
        return sum(FLAGS[flag] for flag in self.flags)


def resolve(profile: Profile, machine: str, kernel: tuple[int, int], capabilities: frozenset[str]) -> Filter:
    """`machine` as uname says; `capabilities` is the bounding set. Raises Unsupported for a machine without a table."""
    if machine not in _MACHINES:
        raise Unsupported(
            f"there is no table of system calls for {machine}, so no seccomp filter can be made",
            hint="--security-opt seccomp=unconfined runs without one",
        )
    architecture, native = _MACHINES[machine]

    def is_included(when: When) -> bool:
        return (
            (not when.arches or architecture in when.arches)
            and all(name in capabilities for name in when.caps or ())
            and (when.min_kernel is None or kernel >= kernel_version(when.min_kernel))
        )

    def is_excluded(when: When) -> bool:
        return (
            architecture in (when.arches or ())
            or any(name in capabilities for name in when.caps or ())
            or (when.min_kernel is not None and kernel >= kernel_version(when.min_kernel))
        )

    rules = tuple(
        Rule(rule.calls(), Action(rule.action, rule.errno_ret), rule.args or ())
        for rule in profile.syscalls or ()
        if (rule.includes is None or is_included(rule.includes))
        and not (rule.excludes is not None and is_excluded(rule.excludes))
    )
    return Filter(
        architectures=_architectures(profile, native),
        default=Action(profile.default_action, profile.default_errno_ret),
        rules=rules,
        flags=profile.flags or (),
    )


def _architectures(profile: Profile, native: str) -> tuple[str, ...]:
    """Those that this machine can run; libseccomp always covers the machine's own."""
    named = profile.architectures or ()
    for entry in profile.arch_map or ():
        if entry.architecture == native:
            named = entry.sub_architectures or ()
    return tuple(dict.fromkeys((native, *(name for name in named if name in ARCHITECTURES))))


def oci(resolved: Filter) -> dict[str, Any]:
    """The `linux.seccomp` object of an OCI runtime config."""
    document: dict[str, Any] = {
        "defaultAction": resolved.default.name,
        "architectures": list(resolved.architectures),
        "syscalls": [_oci_rule(rule) for rule in resolved.rules],
    }
    if resolved.default.number is not None:
        document["defaultErrnoRet"] = resolved.default.number
    if resolved.flags:
        document["flags"] = list(resolved.flags)
    return document


def _oci_rule(rule: Rule) -> dict[str, Any]:
    document: dict[str, Any] = {"names": list(rule.names), "action": rule.action.name}
    if rule.action.number is not None:
        document["errnoRet"] = rule.action.number
    if rule.conditions:
        document["args"] = [msgspec.to_builtins(condition) for condition in rule.conditions]
    return document
