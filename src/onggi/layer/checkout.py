"""Layers → plain files in a folder of the person's: the tree that a mount of them would show.

What the layers hold comes from strangers, and the folder may hold anything. The tree is written to a new folder first,
where every folder is one that was just made; from there each entry is moved to its place by its name, through real
folders only: a symbolic link that is in the way is replaced, never followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from onggi.errors import Invalid
from onggi.layer import attributes, beside, removal, xattr
from onggi.layer.content import copy_file
from onggi.layer.node import Node
from onggi.layer.refusal import refused
from onggi.layer.union import Union

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Written(NamedTuple):
    """How many `files` there are now, links and devices among them, and their `size` in bytes."""

    files: int
    size: int


def check(folder: str) -> None:
    """Whether trees can be written into `folder`, which is made if it is not there. Raises as `beside.check_folder`
    does, and Invalid where something else is in its place."""
    found = os.path.realpath(folder)
    while not os.path.lexists(found):
        found = os.path.dirname(found)
    if not os.path.isdir(found):
        raise Invalid(f"{found} is a file, not a folder", hint="name a folder for the files")
    beside.check_folder(found)


def check_out(trees: Mapping[str, Union], folder: str) -> Written:
    """Writes trees into `folder`, each beneath its name ("": right into it), with owners, modes, times, links and
    attributes as they have them. What is in the folder stays unless a tree has the same path; folders of one path are
    merged. Sockets are left out.

    Until all is written, nothing of it is in its place. Raises Invalid for a file where the folder has a folder, and
    what the host refuses.
    """
    check(folder)
    target = os.path.realpath(folder)
    is_new = not os.path.isdir(target)
    written: list[Written] = []
    staging = os.path.join(target, f".onggi-{os.urandom(8).hex()}")
    try:  # from here on, for ctrl-C may come between any two lines
        _make_new(staging, folder)
        for name, tree in trees.items():
            root = os.path.join(staging, name)
            os.makedirs(root, exist_ok=True)
            written.append(_write(tree, root))
        for blocked in _blocked(staging, target):
            raise Invalid(f"{blocked} is a folder, and the image has a file there", hint="remove it first")
        _move(staging, target)
        is_new = False
        return Written(*map(sum, zip(*written, strict=True))) if written else Written(0, 0)
    except OSError as error:
        raise refused(folder, error) from error
    finally:
        removal.remove(staging)
        if is_new:
            with suppress(FileNotFoundError):
                os.rmdir(target)


def copy_folder(tree: Union, folder: Node, target: str) -> None:
    """Writes what is in a folder of the tree into `target`, an empty one, which gets what the folder itself has. Raises
    what the host refuses."""
    try:
        _write(tree, target, folder.path)
        attributes.give_at(target, attributes.of(folder), is_link=False)
    except OSError as error:
        raise refused(folder.path, error) from error


def _make_new(staging: str, folder: str) -> None:
    try:
        os.makedirs(staging)
    except OSError as error:
        raise beside.cannot_write(folder, error) from error


def _write(tree: Union, root: str, top: str = "/") -> Written:
    """Fills an empty folder with what is in the folder `top`, a canonical path. Folders get what they have at the end:
    making files in them changes it."""
    above = len(top.rstrip("/"))
    folders: list[Node] = []
    first: dict[tuple[str, int], str] = {}
    files = size = 0
    for node in tree.walk(top) if tree.folders else ():
        path = root + node.path[above:]
        if node.is_folder:
            if node.path != top:
                os.mkdir(path, 0o700)
                folders.append(node)
        elif known := first.get((node.root, node.stat.st_ino)):
            os.link(known, path, follow_symlinks=False)
            files += 1
        elif not stat.S_ISSOCK(node.stat.st_mode):
            make(node, path)
            files, size = files + 1, size + (node.stat.st_size if node.is_file else 0)
            if node.stat.st_nlink > 1:
                first[node.root, node.stat.st_ino] = path
    for node in reversed(folders):
        attributes.give_at(root + node.path[above:], attributes.of(node), is_link=False)
    return Written(files, size)


def make(node: Node, path: str) -> None:
    """An entry that is no folder, as it is in a layer."""
    wanted = attributes.of(node)
    if node.is_file:
        source = os.open(node.real, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        target = os.open(path, _NEW, 0o600)
        try:
            copy_file(source, target, node.stat.st_size)
            attributes.give(target, wanted)
        finally:
            os.close(source)
            os.close(target)
        return
    if node.is_link:
        os.symlink(os.readlink(node.real), path)
    else:
        os.mknod(path, node.stat.st_mode, node.stat.st_rdev)
    attributes.give_at(path, wanted, is_link=node.is_link)


def _blocked(source: str, target: str) -> Iterator[str]:
    """Folders of the target where the source has something else."""
    for name, path, place in _pairs(source, target):
        is_folder = _is_folder(path)
        if _is_folder(place):
            if not is_folder:
                yield place
            else:
                yield from _blocked(os.path.join(source, name), place)


def _move(source: str, target: str) -> None:
    """Everything that is in the folder `source` into the folder `target`."""
    for _, path, place in _pairs(source, target):
        if _is_folder(path):
            if _is_folder(place):
                _move(path, place)
                attributes.give_at(place, _of(path), is_link=False)
                continue
            if os.path.lexists(place):
                os.unlink(place)
        os.rename(path, place)


def _pairs(source: str, target: str) -> Iterator[tuple[str, str, str]]:
    for name in os.listdir(source):
        yield name, os.path.join(source, name), os.path.join(target, name)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _of(folder: str) -> attributes.Attributes:
    return attributes.of_status(os.lstat(folder), xattr.read(folder))
