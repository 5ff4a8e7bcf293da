"""A control group per container and per build step, on version 1, version 2 and both at once.

Groups are made in a folder `onggi`: of version 2, at the top of the tree that this process can see (a group that has
processes cannot share its controllers with groups below it, so not beneath our own); of version 1, beneath our own
group, whose limits thus hold for us too.

Each group's folder is locked (flock) by the process that uses it. One that nobody holds is left over from a process
that was killed, and `sweep` removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

from onggi.errors import Conflict, Denied, OnggiError, Unavailable, Unsupported
from onggi.linux import syscalls
from onggi.linux.devices import compile_rules
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PARENT = "onggi"
LIMITS = ("memory", "pids", "cpu", "cpuacct", "freezer")  # what a container is measured and limited by
BUSY_SECONDS = 2.0  # how long a group whose processes were killed may take to become empty


class Hierarchies:
    """Where groups can be made. `unified` is version 2's onggi folder or "", `legacy` maps controller → version 1's."""

    def __init__(self, unified: str, legacy: dict[str, str]) -> None:
        self.unified = unified
        self.legacy = legacy

    def folders(self, controllers: Sequence[str]) -> list[str]:
        """The version 1 folders of `controllers`, each once: cpu and cpuacct are often one."""
        return list(dict.fromkeys(self.legacy[name] for name in controllers if name in self.legacy))


def find() -> Hierarchies:
    """Where we can make groups, from the mounts and our own place in each hierarchy."""
    here = _places("self") | {"": "/"}
    with open("/proc/self/mountinfo") as lines:
        where = locate(lines, here)
    return Hierarchies(
        os.path.join(where.unified, PARENT) if where.unified else "",
        {name: os.path.join(folder, PARENT) for name, folder in where.legacy.items()},
    )


def group_of(pid: int) -> Group:
    """The group that a process is in, to be read."""
    with open("/proc/self/mountinfo") as lines:
        where = locate(lines, _places(str(pid)))
    return Group("", where.unified, where.legacy)


def _places(process: str) -> dict[str, str]:
    """Controller → path of the process's group; version 2's controller is "" (cgroups(7), /proc/pid/cgroup)."""
    places: dict[str, str] = {}
    for line in _read(f"/proc/{process}/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        places.update(dict.fromkeys(names.split(","), path))
    return places


def mounts(mountinfo: Iterable[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """(type, root, mount point, its options, the hierarchy's options) of each cgroup file system among the lines of
    proc(5)'s mountinfo."""
    for line in mountinfo:
        left, _, right = line.partition(" - ")
        root, point, options = left.split()[3:6]
        kind, _, super_options = right.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            yield kind, root, point, options, super_options


def locate(mountinfo: Iterable[str], places: dict[str, str]) -> Hierarchies:
    """The folders of the groups in `places`."""
    unified = ""
    legacy: dict[str, str] = {}
    for kind, root, point, _, options in mounts(mountinfo):
        for name in options.split(",") if kind == "cgroup" else ("",):
            if name in places:
                # In a container the mount may show only a part of the hierarchy at its top: `root`.
                folder = os.path.join(point, places[name].removeprefix(root.rstrip("/")).strip("/")).rstrip("/")
                if kind == "cgroup2":
                    unified = unified or folder
                else:
                    legacy.setdefault(name, folder)
    return Hierarchies(unified, legacy)


class Group:
    """One group, made and held. `entry` is the descriptor to be born in, -1 where version 2 is not there."""

    def __init__(self, name: str, unified: str, legacy: dict[str, str]) -> None:
        self.name = name
        self.unified = unified
        self.legacy = legacy
        self.entry = -1
        self.held: dict[str, int] = {}  # folder → the descriptor that holds its lock

    @property
    def folders(self) -> list[str]:
        return list(dict.fromkeys((*((self.unified,) if self.unified else ()), *self.legacy.values())))

    def hold(self) -> None:
        """Make the folders and lock them."""
        for folder in self.folders:
            self.held[folder] = _hold(folder)

    def give_up(self) -> None:
        """Remove the folders that are held, and empty. What another process holds is its own."""
        for folder in self.held:
            _removed(folder)
        self.release()

    def enter(self, pid: int) -> None:
        """Move a process into the version 1 folders; into version 2's it is born."""
        for folder in dict.fromkeys(self.legacy.values()):
            _write(f"{folder}/cgroup.procs", str(pid))

    def cpu_seconds(self) -> float:
        """Processor time that all the group's processes used, those that have ended included."""
        if "cpuacct" in self.legacy:
            return int(_read(f"{self.legacy['cpuacct']}/cpuacct.usage")) / 1e9
        if self.unified:
            return int(_read(f"{self.unified}/cpu.stat").split()[1]) / 1e6
        return 0.0

    def has_run_out_of_memory(self) -> bool:
        """Whether the kernel killed one of the group's processes for want of memory."""
        if "memory" in self.legacy:
            text = _read(f"{self.legacy['memory']}/memory.oom_control")
        elif self.unified and os.path.exists(f"{self.unified}/memory.events"):
            text = _read(f"{self.unified}/memory.events")
        else:
            return False
        return any(line.split()[0] == "oom_kill" and line.split()[1] != "0" for line in text.splitlines())

    def kill(self) -> None:
        """End every process in the group."""
        for folder in self.folders[:1]:
            if os.path.exists(f"{folder}/cgroup.kill"):
                _write(f"{folder}/cgroup.kill", "1")
                return
            for pid in _read(f"{folder}/cgroup.procs").split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def remove(self) -> None:
        """Remove the group's folders, ending what is left in it. A process that was killed stays for a moment more."""
        for folder in self.folders:
            deadline = time.monotonic() + BUSY_SECONDS
            while not _removed(folder):
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


def make(where: Hierarchies, name: str, devices: Sequence[str], controllers: Sequence[str]) -> Group:
    """Make and hold the group `name`, with the device rules in force. Denied says which folder could not be made.

    Version 2 gives processor time, the kill and (by BPF) device rules to a process that is born in it, at no cost. To
    enter version 1 a process must be moved, and the first move waits for an RCU grace period: 7–11 ms here, and 0.2
    ms for each one soon after. So only the `controllers` asked for are entered there, and, where version 2 is
    missing, those of processor time and devices.
    """
    needed = list(controllers)
    if not where.unified:
        needed += ["cpuacct", "devices"]
    legacy = {key: f"{where.legacy[key]}/{name}" for key in needed if key in where.legacy}
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


def abandoned(where: Hierarchies | None = None) -> list[str]:
    """The folders of empty groups that nobody holds: the process that did was killed."""
    found = []
    for folder, descriptor in _unheld(where or find()):
        if not _read(f"{folder}/cgroup.procs"):
            found.append(folder)
        os.close(descriptor)
    return found


def sweep(where: Hierarchies | None = None) -> list[str]:
    """Remove what is abandoned and empty. Returns the folders."""
    removed = []
    for folder, descriptor in _unheld(where or find()):
        if _removed(folder):
            removed.append(folder)
        os.close(descriptor)
    return removed


def _unheld(where: Hierarchies) -> Iterator[tuple[str, int]]:
    """Groups' folders that could be locked just now, with the descriptor that holds the lock."""
    for parent in dict.fromkeys((where.unified, *where.legacy.values())):
        try:
            names = [entry.name for entry in os.scandir(parent) if entry.is_dir()] if parent else []
        except FileNotFoundError:
            continue
        for name in names:
            folder = f"{parent}/{name}"
            try:
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                yield folder, descriptor


def _hold(folder: str) -> int:
    """Make a group's folder and lock it. A sweep may take it in between; then it is made again."""
    while True:
        try:
            os.makedirs(folder, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _refused(folder, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.stat(folder)):
                return descriptor
        except FileNotFoundError:
            pass
        except BlockingIOError:
            os.close(descriptor)
            raise Conflict(f"the cgroup {folder} is in use by another process") from None
        os.close(descriptor)


def _share_controllers(parent: str, controllers: Sequence[str]) -> None:
    """Let groups below `parent` use the controllers that version 2 has here (none where version 1 has them all)."""
    top = os.path.dirname(parent)
    available = set(_read(f"{top}/cgroup.controllers").split()) & set(controllers)
    try:
        os.makedirs(parent, exist_ok=True)
        for folder in (top, parent):
            missing = available - set(_read(f"{folder}/cgroup.subtree_control").split())
            if missing:
                _write(f"{folder}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(missing)))
    except OSError as error:
        raise _refused(parent, error) from error


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
        _write(f"{folder}/devices.deny", "a")
        for rule in devices:
            _write(f"{folder}/devices.allow", rule)
    else:
        raise Unsupported("the devices cgroup of this host is not mounted, so devices cannot be restricted")


def _refused(folder: str, error: OSError) -> OnggiError:
    if error.errno == errno.EBUSY:
        return Denied(
            f"the cgroup above {folder} has processes of its own, so its controllers cannot be shared",
            hint="move them into a group below it first",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return Denied(
            f"the cgroup {folder} cannot be made: {error.strerror}",
            hint="run as root on the host, or in a container whose /sys/fs/cgroup is writable",
        )
    return Unavailable(f"the cgroup {folder} cannot be made: {error.strerror}")


def _removed(folder: str) -> bool:
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
