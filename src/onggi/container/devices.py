"""Which devices a container has: their nodes in its /dev, and the rules of which may be opened."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator

import msgspec

from onggi.container import op
from onggi.container.host import Device
from onggi.container.spec import ContainerSpec


class Given(msgspec.Struct, frozen=True):
    """A device of the host that a container is given by name. `node.path` is where the container sees it; `permissions`
    are those of the devices cgroup."""

    node: Device
    permissions: str = "rwm"


# OCI runtime spec, config-linux.md, "Default Devices" and "Dev symbolic links".
_NODES = (
    ("/dev/null", 1, 3),
    ("/dev/zero", 1, 5),
    ("/dev/full", 1, 7),
    ("/dev/random", 1, 8),
    ("/dev/urandom", 1, 9),
    ("/dev/tty", 5, 0),
)
_LINKS = (
    ("/dev/ptmx", "pts/ptmx"),
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
)
_TAKEN = {"/dev/console"} | {path for path, *_ in (*_NODES, *_LINKS)}

# Nodes may be made (m) of any device, but only these may be opened: those above, console, ptmx and the ptys.
RULES = (
    "c *:* m",
    "b *:* m",
    *(f"c {major}:{minor} rwm" for _, major, minor in _NODES),
    "c 5:1 rwm",
    "c 5:2 rwm",
    "c 136:* rwm",
)
"""What every container may do."""
ALL = ("a",)
"""No device is refused."""

# What BuildKit adds for --security=insecure (solver/llbsolver … security_linux.go), whether or not the host has it.
INSECURE = (
    op.MakeNode("/dev/kmsg", 1, 11, 0o666),
    op.MakeNode("/dev/cuse", 10, 203, 0o666),
    op.MakeNode("/dev/fuse", 10, 229, 0o666),
    op.MakeNode("/dev/kvm", 10, 232, 0o666),
    op.MakeDirectory("/dev/net"),
    op.MakeNode("/dev/net/tun", 10, 200, 0o666),
    op.MakeNode("/dev/loop-control", 10, 237, 0o666),
    *(op.MakeNode(f"/dev/loop{number}", 7, number, 0o666, "b") for number in range(8)),
)
"""Further nodes of a privileged step."""


def rules(spec: ContainerSpec, given: Iterable[Given]) -> tuple[str, ...]:
    """What it may do with which devices, as a plan has it."""
    if spec.security.privileged:
        return ALL
    by_name = (f"{each.node.type} {each.node.major}:{each.node.minor} {each.permissions}" for each in given)
    by_number = (each for rule in spec.device_rules for each in _of_each_kind(rule))
    return tuple(dict.fromkeys((*RULES, *by_name, *by_number)))


def _of_each_kind(rule: str) -> tuple[str, ...]:
    """`a` is block and character devices: version 2 has no word for both."""
    kind, rest = rule.split(" ", 1)
    return (f"b {rest}", f"c {rest}") if kind == "a" else (rule,)


def own() -> tuple[op.Op, ...]:
    """The nodes and links of every container."""
    return (
        op.MountFs("tmpfs", "/dev", ("nosuid", "strictatime"), "mode=755,size=65536k"),
        *(op.MakeNode(path, major, minor, 0o666) for path, major, minor in _NODES),
        *(op.MakeSymlink(path, text) for path, text in _LINKS),
    )


def of_host(devices: Collection[Device]) -> Iterator[op.Op]:
    """The nodes of a privileged container: all those of the host."""
    folders = {posixpath.dirname(device.path) for device in devices} - {"/dev"}
    yield from (op.MakeDirectory(folder) for folder in sorted(folders))
    yield from (_node(device) for device in devices if device.path not in _TAKEN)


def of_person(given: Iterable[Given]) -> tuple[op.Op, ...]:
    """The nodes of those that the container is given."""
    return tuple(_node(each.node) for each in given)


def _node(device: Device) -> op.MakeNode:
    return op.MakeNode(device.path, device.major, device.minor, device.mode, device.type, device.uid, device.gid)
