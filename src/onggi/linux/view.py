"""The file system of a container, seen from outside: a descriptor of its root.

Of one that runs it is the root of its first process, with all that is mounted there. For one that does not, its file
system is mounted by a thread in a mount namespace of its own, which ends with it: what stays is a tree of mounts that
is attached nowhere, and goes with its descriptor. Nobody else ever sees it, and whoever is killed leaves nothing.
Nothing of the container is executed or loaded (CVE-2019-14271).
"""

from __future__ import annotations

import os
import threading
from socket import AF_UNIX, socket

from onggi.linux import syscalls
from onggi.linux.child import Child
from onggi.linux.inside import Inside, open_namespace
from onggi.linux.ops import OPS, Telling, clone_sources
from onggi.linux.presence import held
from onggi.linux.root import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    Op: TypeAlias = dict[str, Any]

FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC

# What the kernel makes up: files without an end, or that do something when they are read.
_MADE_UP = (
    *("proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "securityfs", "debugfs", "tracefs", "bpf", "pstore"),
    *("configfs", "efivarfs", "fusectl", "binfmt_misc", "hugetlbfs", "selinuxfs"),
)


def live_root(home: str) -> tuple[int, frozenset[int]]:
    """The root of the container in the folder `home`, as its first process has it, and the devices (st_dev) of the
    kernel's own file systems that are mounted in it. Raises Conflict if it does not run."""
    made_up: frozenset[int] = frozenset()

    def find(process: str) -> int:
        nonlocal made_up
        made_up = _made_up(process)
        return os.open(f"{process}/root", FOLDER)

    return held(home, find), made_up


def bare_root(home: str) -> int:
    """The root of a container that runs, without what is mounted on it. Raises Conflict if it does not run."""
    namespace = held(home, lambda process: open_namespace(process, "mount"))
    try:
        return _apart(lambda: _clone_root(namespace))
    finally:
        os.close(namespace)


def mounted_root(ops: Sequence[Op], *, read_only: bool = False) -> int:
    """What `ops` mount, an overlay and what is bound on it, attached nowhere. `read_only` is the overlay alone."""
    root = _apart(lambda: _mount(ops))
    if read_only:
        syscalls.set_attributes(root, syscalls.MOUNT_ATTRIBUTES["ro"], 0, recursive=False)
    return root


def _mount(ops: Sequence[Op]) -> int:
    with socket(AF_UNIX) as nobody:
        child = Child({"ops": ops, "namespaces": (), "netns": ""}, nobody)
        clone_sources(child)
        syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
        for op in ops:
            with Telling(op):
                OPS[op["op"]][0](child, op)
        try:
            return syscalls.clone_tree(place(child.root.descriptor), recursive=True)
        finally:
            child.root.close()


def _clone_root(namespace: int) -> int:
    with Inside("mount", namespace):
        return syscalls.clone_tree("/", recursive=False)


def _apart(work: Callable[[], int]) -> int:
    """What `work` gives, done with a mount namespace, a root and a working folder that no other thread has."""
    done: list[int | BaseException] = []

    def run() -> None:
        try:
            syscalls.unshare(syscalls.NAMESPACES["mount"])
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - carried to the caller, who raises it
            done.append(error)

    thread = threading.Thread(target=run, name="onggi-view")
    thread.start()
    thread.join()
    (result,) = done
    if isinstance(result, BaseException):
        raise result
    return result


def _made_up(process: str) -> frozenset[int]:
    """proc(5), /proc/pid/mountinfo."""
    devices = set()
    with open(f"{process}/mountinfo", errors="surrogateescape") as lines:
        for line in lines:
            mount, _, kind = line.partition(" - ")
            if kind.split(" ", 1)[0] in _MADE_UP:
                major, minor = mount.split(" ", 3)[2].split(":")
                devices.add(os.makedev(int(major), int(minor)))
    return frozenset(devices)
