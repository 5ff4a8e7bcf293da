"""Capabilities (capabilities(7)): names and numbers, and what --cap-add and --cap-drop make of Docker's default set."""

from __future__ import annotations

from collections.abc import Iterable

from onggi.errors import Invalid

NAMES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
)
"""Indexed by number (linux/capability.h)."""

NUMBERS = {name: number for number, name in enumerate(NAMES)}

DEFAULT = frozenset(
    {
        "CAP_AUDIT_WRITE",
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_KILL",
        "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE",
        "CAP_NET_RAW",
        "CAP_SETFCAP",
        "CAP_SETGID",
        "CAP_SETPCAP",
        "CAP_SETUID",
        "CAP_SYS_CHROOT",
    }
)
"""What a container has unless it asks for something else: a80425fb."""

_ALL = "ALL"


def grant(
    added: Iterable[str], dropped: Iterable[str], privileged: bool, available: frozenset[str] = frozenset(NAMES)
) -> frozenset[str]:
    """The bounding set of a container. `available` is what the host can give (its own bounding set).

    --cap-add ALL starts from everything, --cap-drop ALL from nothing; a capability both dropped and added is added
    unless "ALL" was, as in Docker. Raises Invalid for a name that is none, or that the host cannot give.
    """
    if privileged:
        return available
    adds = {_normalize(name, available) for name in added}
    drops = {_normalize(name, frozenset(NAMES)) for name in dropped}
    if _ALL in adds:
        return available - drops
    base = frozenset() if _ALL in drops else (DEFAULT & available) - drops
    return base | adds


def numbers(names: Iterable[str]) -> tuple[int, ...]:
    """The numbers of some capabilities, in order."""
    return tuple(sorted(NUMBERS[name] for name in names))


def mask(names: Iterable[str]) -> int:
    """The bit mask that /proc/self/status shows as CapEff."""
    return sum(1 << NUMBERS[name] for name in names)


def _normalize(text: str, available: frozenset[str]) -> str:
    """`net_admin` → `CAP_NET_ADMIN`; "ALL" stays."""
    name = text.upper()
    if name in (_ALL, "CAP_ALL"):
        return _ALL
    if not name.startswith("CAP_"):
        name = f"CAP_{name}"
    if name not in NUMBERS:
        from onggi.suggest import nearest

        near = nearest(name, NAMES)
        raise Invalid(f"unknown capability: {text!r}", hint=f"did you mean {near}?" if near else "")
    if name not in available:
        raise Invalid(f"capability {name} is not one that this host can give")
    return name
