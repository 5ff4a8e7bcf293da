"""What the host can do, as facts, and what follows from them for a person.

The facts are gathered by `linux/probe.py`; everything here is a pure function of them. `findings` is what `doctor`
prints; `plan` reads the rest.
"""

from __future__ import annotations

from collections.abc import Callable
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

    @property
    def blocking_crun(self) -> tuple[str, ...]:
        """On a hybrid host, the controllers that only the version 2 tree has. If there are any, crun does not start
        (libcrun/cgroup.c, "cgroups in hybrid mode not supported")."""
        if self.layout != "hybrid":
            return ()
        on_version_1 = {name for _, names in self.hierarchies for name in names}
        return tuple(name for name in self.controllers if name not in on_version_1)


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about this machine and about what this process may do on it.

    machine and kernel as in uname; capabilities: this process's bounding set, by name; namespaces: kinds that can be
    made (mount, pid, network, uts, ipc, cgroup, user). mount_api: open_tree(2) and friends. runtimes: OCI runtimes
    found, name → path. devices: of the host's /dev, for privileged containers, without those that every container
    has. thermal: the thermal_throttle folders that exist beneath /sys/devices/system/cpu.
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


OLDEST_KERNEL = (5, 12)
"""The first with mount_setattr(2), the youngest call that the launcher makes."""

_NAMESPACES = ("mount", "pid", "network", "uts", "ipc", "cgroup")
_LIMITS = {
    "memory": "-m and the memory column of stats",
    "cpu": "--cpus and CPU shares",
    "pids": "--pids-limit",
    "devices": "keeping containers from the host's devices",
    "freezer": "pause",
}
"""Controller → what is lost without it. Version 2 restricts devices by BPF and freezes without a controller."""

_VERSION_2_BUILT_IN = ("devices", "freezer")


def findings(host: Host) -> tuple[Finding, ...]:
    """What `doctor` says, one line per subject; what everything else depends on comes first."""
    return tuple(check(host) for check in _CHECKS)


def _privileges(host: Host) -> Finding:
    if host.uid == 0:
        return Finding("privileges", True, "running as root")
    return Finding(
        "privileges",
        False,
        f"running as user {host.uid}: this version of onggi builds and runs containers only as root",
        "run it with sudo",
    )


def _kernel(host: Host) -> Finding:
    version = ".".join(map(str, host.kernel))
    if host.kernel >= OLDEST_KERNEL and host.mount_api and host.openat2:
        return Finding("kernel", True, f"Linux {version} on {host.machine} has all that containers need")
    oldest = ".".join(map(str, OLDEST_KERNEL))
    return Finding(
        "kernel",
        False,
        f"Linux {version} lacks system calls that the launcher makes, so no container can be started",
        f"use Linux {oldest} or newer; inside another container, allow open_tree, mount_setattr and openat2",
    )


def _isolation(host: Host) -> Finding:
    missing = [kind for kind in _NAMESPACES if kind not in host.namespaces]
    if not missing:
        return Finding("namespaces", True, f"{', '.join(_NAMESPACES)} namespaces")
    return Finding(
        "namespaces",
        False,
        f"no {', '.join(missing)} namespaces: containers cannot be isolated, so none is started",
        "a kernel with all of CONFIG_NAMESPACES is needed, and inside another container CAP_SYS_ADMIN",
    )


def _overlay(host: Host) -> Finding:
    if host.overlay:
        return Finding("overlay", True, "overlay mounts: containers share the layers of their image")
    return Finding(
        "overlay",
        False,
        "the kernel has no overlay file system, so neither RUN steps nor containers can be started",
        "modprobe overlay",
    )


def _seccomp(host: Host) -> Finding:
    if host.seccomp:
        return Finding("seccomp", True, "system calls are filtered by Docker's default profile")
    return Finding(
        "seccomp",
        False,
        "the kernel cannot filter system calls; containers are refused unless they ask for no filter",
        "a kernel with CONFIG_SECCOMP_FILTER, or --security-opt seccomp=unconfined for each container",
    )


def _capabilities(host: Host) -> Finding:
    missing = sorted(capability.DEFAULT.difference(host.capabilities))
    if not missing:
        return Finding("capabilities", True, f"all {len(capability.DEFAULT)} that a container has by default")
    return Finding(
        "capabilities",
        False,
        f"this process may not pass on {', '.join(missing)}: containers run without, and some programs fail",
        "start onggi outside of a container, or in one with these capabilities",
    )


def _cgroup_layout(host: Host) -> Finding:
    layout = {"v1": "version 1", "v2": "version 2", "hybrid": "version 1 with a version 2 tree beside it"}
    if host.cgroups.layout == "none":
        return Finding(
            "cgroups",
            False,
            "no cgroup file system is mounted: containers cannot be limited, nor kept from the host's devices",
            "mount -t cgroup2 none /sys/fs/cgroup",
        )
    found = layout[host.cgroups.layout]
    if not host.cgroups.is_writable:
        return Finding(
            "cgroups",
            False,
            f"cgroups ({found}) are read-only here: containers cannot be limited, nor kept from the host's devices",
            "inside another container, give it a writable /sys/fs/cgroup (docker run --privileged --cgroupns private)",
        )
    built_in = _VERSION_2_BUILT_IN if host.cgroups.layout == "v2" else ()
    missing = [name for name in _LIMITS if name not in (*host.cgroups.controllers, *built_in)]
    if not missing:
        return Finding("cgroups", True, f"cgroups of {found}, with {', '.join(host.cgroups.controllers)}")
    lost = "; ".join(f"{name} ({_LIMITS[name]})" for name in missing)
    return Finding(
        "cgroups",
        False,
        f"cgroups of {found} lack controllers: {lost}",
        "boot with cgroup_enable=memory, or add the names to the parent's cgroup.subtree_control",
    )


def _keyrings(host: Host) -> Finding:
    if host.keyrings:
        return Finding("keyrings", True, "each container has a session keyring of its own")
    return Finding("keyrings", True, "the kernel has no keyrings, so there are none to keep apart")


def _runtimes(host: Host) -> Finding:
    if not host.runtimes:
        return Finding("runtimes", True, "no OCI runtime is installed; the built-in launcher needs none")
    shown = {name: f"{name} ({path})" for name, path in sorted(host.runtimes.items())}
    blocking = host.cgroups.blocking_crun
    refused = shown.pop("crun", "") if blocking else ""
    usable = f"--runtime can use {', '.join(shown.values())}" if shown else "--runtime can use none"
    but = f", but not {refused}, which refuses version 1 cgroups with {', '.join(blocking)} on the version 2 tree"
    return Finding("runtimes", True, f"{usable}{but if refused else ''}; the built-in launcher is the default")


_CHECKS: tuple[Callable[[Host], Finding], ...] = (
    _privileges,
    _kernel,
    _isolation,
    _overlay,
    _seccomp,
    _capabilities,
    _cgroup_layout,
    _keyrings,
    _runtimes,
)
