"""Looks up the facts about this host that plans and `doctor` are made from. Takes about two milliseconds."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator

from onggi.container import capability
from onggi.container.host import CgroupLayout, Cgroups, Host
from onggi.linux import cgroup, host_devices, syscalls
from onggi.oci.config import DEFAULT_PATH

_NAMESPACES = {
    "mnt": "mount",
    "pid": "pid",
    "net": "network",
    "uts": "uts",
    "ipc": "ipc",
    "cgroup": "cgroup",
    "user": "user",
}
_RUNTIMES = ("runc", "crun", "runsc", "youki", "kata-runtime")
_NOT_CONTROLLERS = ("rw", "ro", "xattr", "clone_children", "cpuset_v2_mode", "noprefix")


def probe() -> Host:
    """The facts, as they are now for this process."""
    system = os.uname()
    kernel = system.release.split(".")
    uid = os.geteuid()
    mask = int(_status("CapBnd"), 16)
    with open("/proc/self/mountinfo") as lines:
        cgroups = read_cgroups(lines)
    return Host(
        machine=system.machine,
        kernel=(int(kernel[0]), int(kernel[1])),
        uid=uid,
        capabilities=tuple(name for name, number in capability.NUMBERS.items() if mask >> number & 1),
        cgroups=cgroups,
        namespaces=tuple(kind for name, kind in _NAMESPACES.items() if os.path.exists(f"/proc/self/ns/{name}")),
        overlay=_has_overlay(system.release),
        seccomp=os.path.exists("/proc/sys/kernel/seccomp/actions_avail"),
        openat2=_can(_open_in_root, uid),
        mount_api=_can(_clone_tree, uid),
        keyrings=os.path.exists("/proc/sys/kernel/keys"),
        runtimes=dict(_runtimes()),
        devices=tuple(host_devices.beneath("/dev")),
        thermal=tuple(_thermal("/sys/devices/system/cpu")),
    )


def read_cgroups(mountinfo: Iterable[str]) -> Cgroups:
    """The layout, from the lines of proc(5)'s mountinfo; whether it is writable is asked of each folder."""
    unified, hierarchies, controllers, folders = False, [], [], []
    for kind, _, point, options, super_options in cgroup.mounts(mountinfo):
        folders.append(point if "ro" not in options.split(",") else "")
        if kind == "cgroup2":
            unified = True
            controllers += _unified_controllers(point)
        else:
            names = _controllers(super_options)
            hierarchies.append((os.path.basename(point), names))
            controllers += [name for name in names if "=" not in name]
    layout: CgroupLayout = "hybrid" if unified and hierarchies else "v2" if unified else "v1" if hierarchies else "none"
    return Cgroups(
        layout=layout,
        hierarchies=tuple(hierarchies),
        controllers=tuple(dict.fromkeys(controllers)),
        is_writable=bool(folders) and all(folder and os.access(folder, os.W_OK) for folder in folders),
    )


def _controllers(options: str) -> tuple[str, ...]:
    """`rw,cpu,cpuacct` → ("cpu", "cpuacct"); `rw,xattr,name=systemd` → ("name=systemd",)."""
    return tuple(
        name for name in options.split(",") if name not in _NOT_CONTROLLERS and not name.startswith("release_agent=")
    )


def _unified_controllers(folder: str) -> list[str]:
    try:
        with open(f"{folder}/cgroup.controllers") as file:
            return file.read().split()
    except OSError:
        return []


def _status(field: str) -> str:
    with open("/proc/self/status") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key == field:
                return value.strip()
    raise AssertionError(f"/proc/self/status has no {field}")


def _has_overlay(release: str) -> bool:
    """It is in the kernel, or is a module that mounting loads."""
    with open("/proc/filesystems") as lines:
        if any(line.split()[-1] == "overlay" for line in lines):
            return True
    return os.path.isdir(f"/lib/modules/{release}/kernel/fs/overlayfs")


def _can(call: Callable[[], int], uid: int) -> bool:
    """False if the kernel lacks the call, or if something around us (a filter) keeps root from making it."""
    try:
        os.close(call())
    except OSError as error:
        return error.errno != errno.ENOSYS and not (uid == 0 and error.errno == errno.EPERM)
    return True


def _open_in_root() -> int:
    root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return syscalls.open_in_root(root, "/", os.O_PATH)
    finally:
        os.close(root)


def _clone_tree() -> int:
    return syscalls.clone_tree("/", recursive=False)


def _runtimes() -> Iterator[tuple[str, str]]:
    for name in _RUNTIMES:
        for folder in DEFAULT_PATH.split(":"):
            if os.access(f"{folder}/{name}", os.X_OK):
                yield name, f"{folder}/{name}"
                break


def _thermal(folder: str) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(names):
        path = f"{folder}/{name}/thermal_throttle"
        if name.startswith("cpu") and os.path.isdir(path):
            yield path
