"""The file system of a volume, mounted by each container for itself.

No process of the host sees it, so there is nothing to unmount, whoever is killed. The first container mounts it anew;
whoever comes later copies the mount from one that runs: that is what makes a tmpfs one that they share. The file
`users` tells of those that have it, a line each:

    pid  start  device  inode  length  path

`start` tells the process from a later one with its number, device and inode the file system from what else may be found
at the path: who is root in a container may mount there what they like. The path is where it was mounted before the root
was entered, `length` what is to be left out of it from then on. The file's lock is held from looking to having written,
so of two that start at once one finds the other.
"""

from __future__ import annotations

import fcntl
import os

from onggi.errors import NotFound
from onggi.linux import syscalls
from onggi.linux.inside import Inside, open_namespace
from onggi.linux.root import Root, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Op: TypeAlias = dict[str, Any]

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


class Users:
    """Who has the file system mounted; locked within the block."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Users:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        size = os.fstat(self._file).st_size
        lines = os.pread(self._file, size, 0).decode("utf-8", "surrogateescape").split("\n")
        self._living = [line for line in lines if line and _is_alive(line)]
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        os.close(self._file)

    def mounted(self) -> int:
        """A detached copy of the mount that one of them has; -1 if none is to be had."""
        for line in self._living:
            pid, _, device, inode, length, path = line.split(" ", 5)
            for each in (path, path[int(length) :]):  # in this order, for it may enter its root in between
                tree = _copied(pid, each)
                if tree < 0:
                    continue
                found = os.fstat(tree)
                if (str(found.st_dev), str(found.st_ino)) == (device, inode):
                    return tree
                os.close(tree)
        return -1

    def add(self, root: Root, target: str, mounted: os.stat_result) -> None:
        """Note that this process has it now, at `target` beneath its root, which it will enter."""
        found = root.open(target, os.O_PATH)
        path, above = os.readlink(place(found)), os.readlink(place(root.descriptor))
        os.close(found)
        if "\n" in path:
            return  # no line can hold it
        pid = os.readlink("/proc/self")  # as the host counts
        line = f"{pid} {_start(pid)} {mounted.st_dev} {mounted.st_ino} {len(above)} {path}"
        text = "".join(f"{each}\n" for each in (*self._living, line)).encode("utf-8", "surrogateescape")
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)


def mount(op: Op, has_network: bool) -> int:
    """A detached mount of the volume's file system, a new one. `has_network`: this process has one of its own, where
    nothing can be reached."""
    flags = 0
    for flag in op["flags"]:
        flags |= syscalls.MOUNT_FLAGS[flag]
    if has_network:
        parent = open_namespace(f"/proc/{_stat('self')[1]}", "network")
        with Inside("network", parent):
            syscalls.mount(op["source"], op["place"], op["type"], flags, op["data"])
        os.close(parent)
    else:
        syscalls.mount(op["source"], op["place"], op["type"], flags, op["data"])
    tree = syscalls.clone_tree(op["place"], recursive=False)
    syscalls.unmount(op["place"], syscalls.MNT_DETACH)
    return tree


def part(tree: int, subpath: str, folder: str) -> int:
    """What is at `subpath` of the detached `tree`, which is mounted on `folder` meanwhile; no link leads out of it."""
    on = os.open(folder, _FOLDER)
    syscalls.attach_tree(tree, on)
    os.close(on)
    os.close(tree)
    try:
        return beneath(folder, subpath, recursive=False)
    finally:
        syscalls.unmount(folder, syscalls.MNT_DETACH)


def beneath(folder: str, subpath: str, recursive: bool) -> int:
    """A detached copy of the mounts at `subpath` of a folder of the host; no link leads out of that folder."""
    root = Root()
    root.move(folder)
    found = root.find(subpath, os.O_PATH)
    root.close()
    if found < 0:
        raise NotFound(f"volume-subpath {subpath}: there is no such folder or file in the volume")
    try:
        return syscalls.clone_tree(place(found), recursive)
    finally:
        os.close(found)


def _copied(pid: str, path: str) -> int:
    """-1 if there is nothing, or no such process any more."""
    try:
        namespace = open_namespace(f"/proc/{pid}", "mount")
    except OSError:
        return -1
    try:
        with Inside("mount", namespace):
            return syscalls.clone_tree(path, recursive=False)
    except OSError:
        return -1
    finally:
        os.close(namespace)


def _is_alive(line: str) -> bool:
    pid, start, _ = line.split(" ", 2)
    return _start(pid) == start


def _start(pid: str) -> str:
    """When it started, in clock ticks since the host did; "" if it has ended."""
    try:
        return _stat(pid)[19]
    except OSError:
        return ""


def _stat(pid: str) -> list[str]:
    """The fields of proc(5)'s stat from the third on: what a process is called may hold anything."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="surrogateescape") as file:
        return file.read().rpartition(")")[2].split()
