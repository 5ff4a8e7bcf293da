"""What the host can do, as facts, and what follows from them for a person.

The facts are gathered by `linux/probe.py`; everything here is a pure function of them. `findings` is what `doctor`
prints; `plan` reads the rest.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from onggi.container import capability

CgroupLayout: TypeAlias = Literal["v1", "v2", "hybrid", "none"]


class Device(msgspec.Struct, frozen=True):
    """A node of the host's /dev, for privileged containers. `type` is c or b; `mode` without the file type bits."""

    path: str
    type: Literal["c", "b"]
    major: int
    minor: int
    mode: int
    uid: int = 0
    gid: int = 0


class Cgroups(msgspec.Struct, frozen=True, kw_only=True):
    """How /sys/fs/cgroup is laid out.

    hierarchies: of v1, the folder beneath /sys/fs/cgroup and the controllers mounted on it: ("cpu,cpuacct",
    ("cpu", "cpuacct")); named ones as ("systemd", ("name=systemd",)). controllers: all that a container's group can
    use. is_writable: groups can be made here.
    """

    layout: CgroupLayout = "none"
    hierarchies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    controllers: tuple[str, ...] = ()
    is_writable: bool = False


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about this machine and about what this process may do on it.

    machine and kernel as in uname; capabilities: this process's bounding set, by name; namespaces: kinds that can be
    made (mount, pid, network, uts, ipc, cgroup, user). mount_api: fsopen(2) and friends. runtimes: OCI runtimes found,
    name → version. devices: of the host's /dev, for privileged containers. thermal: the thermal_throttle folders that
    exist under /sys/devices/system/cpu. missing_masks: paths that are masked by default and do not exist here.
    """

    machine: str
    kernel: tuple[int, int]
    uid: int = 0
    capabilities: tuple[str, ...] = capability.NAMES
    cgroups: Cgroups = Cgroups()
    namespaces: tuple[str, ...] = ("mount", "pid", "network", "uts", "ipc", "cgroup", "user")
    overlay: bool = True
    seccomp: bool = True
    openat2: bool = True
    mount_api: bool = True
    keyrings: bool = True
    runtimes: dict[str, str] = {}
    devices: tuple[Device, ...] = ()
    thermal: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One line of `doctor`. `hint` says what to install or change when it is not ok."""

    subject: str
    is_ok: bool
    sentence: str
    hint: str = ""
