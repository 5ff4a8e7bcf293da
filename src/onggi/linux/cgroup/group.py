"""One group: its folders in both versions, and what is done with it."""

from __future__ import annotations

import os
import time

from onggi.errors import Conflict, Denied, OnggiError, Unsupported
from onggi.linux import syscalls
from onggi.linux.cgroup import holding, places
from onggi.linux.cgroup.files import apply, processes, read, with_descendants, write
from onggi.linux.cgroup.version1 import Version1, inherit_cpuset
from onggi.linux.cgroup.version2 import NAMES, Version2
from onggi.linux.devices import compile_rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from onggi.linux.cgroup.files import Alarm
    from onggi.linux.cgroup.places import Hierarchies
    from onggi.linux.cgroup.version import Version

LIMITS = ("memory", "pids", "cpu", "cpuacct", "cpuset", "blkio", "freezer")
"""What a container is measured and limited by."""

BUSY_SECONDS = 2.0
"""How long a group whose processes were killed may take to become empty."""

FREEZE_SECONDS = 2.0
"""How long its processes may take to stand still."""

# Controller → what is called so in a plan's resources (container/resources.py).
_LIMITS_OF = {
    "memory": ("memory", "memory_swap", "swap", "memory_reservation", "memory_swappiness", "oom_kill_disable"),
    "cpu": ("cpu_shares", "cpu_weight", "cpu_period", "cpu_quota"),
    "cpuset": ("cpuset_cpus", "cpuset_mems"),
    "pids": ("pids",),
    "blkio": (
        *("blkio_weight", "io_weight", "blkio_weight_device", "io_weight_device"),
        *("device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"),
    ),
}


class Group:
    """One group, made and held, or another's to be read. `entry` is the descriptor to be born in, -1 where version 2 is
    not there. On a hybrid host both versions have a part of it: each controller belongs to one of them."""

    def __init__(self, name: str, unified: str, legacy: dict[str, str]) -> None:
        self.name = name
        self.unified = unified
        self.legacy = legacy
        self.entry = -1
        self.held: dict[str, int] = {}  # folder → the descriptor that holds its lock

    @property
    def folders(self) -> list[str]:
        return list(dict.fromkeys((*((self.unified,) if self.unified else ()), *self.legacy.values())))

    def _version(self, controller: str) -> Version | None:
        """The one that has the controller here."""
        if controller in self.legacy:
            return Version1(self.legacy)
        found = Version2(self.unified) if self.unified else None
        return found if found and found.has(controller) else None

    def _whole(self) -> Version:
        """The one that acts on all processes at once, better in version 2: who is frozen there can be killed."""
        return Version2(self.unified) if self.unified else Version1(self.legacy)

    # Its life.

    def hold(self) -> None:
        """Make the folders and lock them."""
        for folder in self.folders:
            self.held[folder] = holding.hold(folder)
        if "cpuset" in self.legacy:
            try:
                inherit_cpuset(self.legacy["cpuset"])
            except OSError as error:
                raise holding.refused(self.legacy["cpuset"], error) from error

    def give_up(self) -> None:
        """Remove the folders that are held, and empty. What another process holds is its own."""
        for folder in self.held:
            holding.remove(folder)
        self.release()

    def enter(self, pid: int) -> None:
        """Move a process into the version 1 folders; into version 2's it is born."""
        for folder in dict.fromkeys(self.legacy.values()):
            write(f"{folder}/cgroup.procs", str(pid))

    def remove(self) -> None:
        """Remove the group's folders, ending what is left in it. A process that was killed stays for a moment more."""
        for folder in self.folders:
            deadline = time.monotonic() + BUSY_SECONDS
            while not holding.remove(folder):
                self.kill()
                if time.monotonic() > deadline:
                    raise Conflict(f"the cgroup {folder} has processes that do not end")
                time.sleep(0.002)
        self.release()

    def release(self) -> None:
        for descriptor in self.held.values():
            os.close(descriptor)
        self.held.clear()
        self.entry = -1

    # Limits.

    def apply(self, resources: dict[str, Any]) -> None:
        """Set limits: all of `resources`, or none. Raises Unsupported where a controller is missing, and what says why
        the kernel refuses one."""
        settings = []
        for controller, names in _LIMITS_OF.items():
            limits = {name: resources[name] for name in names if name in resources}
            if limits:
                version = self._version(controller)
                if version is None:
                    asked = next(iter(limits))
                    raise Unsupported(f"this host has no {controller} control groups, so {asked} cannot be limited")
                settings += version.settings(limits)
        apply(settings)

    # Measures. None is what no controller here counts.

    def cpu_seconds(self) -> float:
        """Processor time that all the group's processes used, those that have ended included."""
        version = self._version("cpuacct")
        return version.cpu_seconds() if version else 0.0

    def memory(self) -> tuple[int, int, int] | None:
        """Bytes in use, the limit (huge for none), and of those in use what is cache that nobody looks at."""
        version = self._version("memory")
        return version.memory() if version else None

    def pids(self) -> int | None:
        """How many processes and threads there are."""
        version = self._version("pids")
        return version.pids() if version else None

    def block_bytes(self) -> tuple[int, int] | None:
        """What was read from and written to block devices."""
        version = self._version("blkio")
        return version.block_bytes() if version else None

    def oom_kills(self) -> int:
        """How many of the group's processes the kernel has killed for want of memory; 0 if someone has removed it."""
        try:
            version = self._version("memory")
            return version.oom_kills() if version else 0
        except FileNotFoundError:
            return 0

    def alarm(self) -> Alarm | None:
        """Rings when the group runs out of memory: `oom_kills` tells, in a moment, who was killed. None where nothing
        would ring."""
        version = self._version("memory")
        return version.alarm() if version else None

    # All its processes.

    def processes(self) -> list[int]:
        """Their numbers, as this process sees them, those of groups that they made below it included."""
        return [pid for folder in self.folders[:1] for each in with_descendants(folder) for pid in processes(each)]

    def freeze(self) -> None:
        """Let them stand still. Raises Conflict, and lets all go on, if one cannot."""
        self._whole().freeze(FREEZE_SECONDS)

    def thaw(self) -> None:
        self._whole().thaw()

    def kill(self) -> None:
        """End them."""
        try:
            self._whole().kill()
        except FileNotFoundError:
            pass  # someone has removed it, so there are none


def limiting(resources: dict[str, Any]) -> list[str]:
    """The controllers that set such limits."""
    return [controller for controller, names in _LIMITS_OF.items() if resources.keys() & names]


def make(
    where: Hierarchies,
    name: str,
    devices: Sequence[str],
    controllers: Sequence[str],
    resources: dict[str, Any] | None = None,
) -> Group:
    """Make and hold the group `name`, with the device rules and limits in force. Denied says which folder could not be
    made; as `Group.apply` for the limits.

    Version 2 gives processor time, the kill and (by BPF) device rules to a process that is born in it, at no cost. To
    enter version 1 a process must be moved, and the first move waits for an RCU grace period: 7–11 ms here, and 0.2
    ms for each one soon after. So only the `controllers` asked for are entered there, and, where version 2 is
    missing, those of processor time and devices.
    """
    needed = list(controllers)
    if not where.unified:
        needed += ["cpuacct", "devices"]
    legacy = {key: f"{folder}/{name}" for key, folder in where.legacy.items() if key in needed}
    group = Group(name, f"{where.unified}/{name}" if where.unified else "", legacy)
    if not group.folders:
        raise Denied(
            "no cgroup file system is mounted, so a container can be neither counted nor limited",
            hint="mount -t cgroup2 cgroup2 /sys/fs/cgroup",
        )
    try:
        if group.unified:
            _share_controllers(where.unified, controllers)
        group.hold()
        if group.unified:
            group.entry = group.held[group.unified]
        _restrict(group, devices)
        group.apply(resources or {})
    except OnggiError:
        group.give_up()
        raise
    return group


def reserve(where: Hierarchies, name: str) -> Group:
    """Make and hold the group `name` in every hierarchy, for an OCI runtime to fill: it holds none itself, and an empty
    one would be swept before its first process is there."""
    legacy = {key: f"{folder}/{name}" for key, folder in where.legacy.items()}
    group = Group(name, f"{where.unified}/{name}" if where.unified else "", legacy)
    try:
        group.hold()
    except OnggiError:
        group.give_up()
        raise
    return group


def open_group(where: Hierarchies, name: str) -> Group:
    """The group `name` of another process, to be read."""
    legacy = {key: f"{folder}/{name}" for key, folder in where.legacy.items() if os.path.isdir(f"{folder}/{name}")}
    unified = f"{where.unified}/{name}"
    return Group(name, unified if where.unified and os.path.isdir(unified) else "", legacy)


def group_of(pid: int, name: str = "") -> Group:
    """The group that a process is in, wherever that is. With `name` the one that is called so, which it is in or
    beneath, and of that only such folders: in a hierarchy that a container does not enter, its processes are in a group
    that others are in too."""
    where = places.of_process(pid)
    if not name:
        return Group("", where.unified, where.legacy)
    legacy = {key: _named(folder, name) for key, folder in where.legacy.items()}
    return Group(name, _named(where.unified, name), {key: folder for key, folder in legacy.items() if folder})


def _named(folder: str, name: str) -> str:
    """The part of the path that ends with `name`; "" if there is none."""
    above, found, _ = f"{folder}/".partition(f"/{name}/")
    return f"{above}/{name}" if found else ""


def _share_controllers(parent: str, controllers: Sequence[str]) -> None:
    """Let groups below `parent` use the controllers that version 2 has here (none where version 1 has them all)."""
    try:
        os.makedirs(parent, exist_ok=True)
        folders = _from_the_top(parent)
        available = set(read(f"{folders[0]}/cgroup.controllers").split())
        available &= {NAMES.get(name, name) for name in controllers}
        for folder in folders:
            missing = available - set(read(f"{folder}/cgroup.subtree_control").split())
            if missing:
                write(f"{folder}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(missing)))
    except OSError as error:
        raise holding.refused(parent, error) from error


def _from_the_top(folder: str) -> list[str]:
    """The folder of version 2, and before it all that it is in."""
    found = [folder]
    while os.path.exists(f"{os.path.dirname(found[0])}/cgroup.controllers"):
        found.insert(0, os.path.dirname(found[0]))
    return found


def _restrict(group: Group, devices: Sequence[str]) -> None:
    if not devices or devices[0] == "a":
        return
    if group.unified:
        try:
            syscalls.attach_device_filter(group.entry, compile_rules(devices))
        except OSError as error:
            raise Unsupported(f"restrict the devices of the cgroup {group.unified}: {error.strerror}") from error
    elif "devices" in group.legacy:
        folder = group.legacy["devices"]
        write(f"{folder}/devices.deny", "a")
        for rule in devices:
            write(f"{folder}/devices.allow", rule)
    else:
        raise Unsupported("the devices cgroup of this host is not mounted, so devices cannot be restricted")
