"""Where two trees of layers first differ."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

import msgspec

from onggi.layer import xattr
from onggi.layer.content import hash_file
from onggi.layer.node import Node
from onggi.layer.union import Union
from onggi.solve.inventory import Entry, FileChange, compare


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """The first path, in walk order, that is not the same. `change` says what of it differs, None if neither type,
    content, mode nor owner does; then it is its extended `attributes` or its time (`times`, in nanoseconds)."""

    path: str
    change: FileChange | None = None
    attributes: bool = False
    times: tuple[int, int] | None = None


def first_difference(old: Union, new: Union, *, times: bool) -> Divergence | None:
    """None where the trees are the same; `times`: in the times of files too. What both have in one and the same layer
    is not read."""
    for before, after in _pairs(old, new):
        if before is None or after is None or before.real != after.real:
            found = _divergence(before, after, times)
            if found is not None:
                return found
    return None


def _pairs(old: Union, new: Union) -> Iterator[tuple[Node | None, Node | None]]:
    """The entries of both, those of one path together, in walk order."""
    olds, news = old.walk(), new.walk()
    before, after = next(olds, None), next(news, None)
    while before is not None or after is not None:
        earlier = _key(before) < _key(after)
        later = _key(after) < _key(before)
        yield None if later else before, None if earlier else after
        if not later:
            before = next(olds, None)
        if not earlier:
            after = next(news, None)


def _key(node: Node | None) -> tuple[bool, list[str]]:
    """In the order of a walk; behind all is nothing."""
    return (True, []) if node is None else (False, node.path.split("/") if node.path != "/" else [])


def _divergence(before: Node | None, after: Node | None, times: bool) -> Divergence | None:
    changes = compare(_entries(before), _entries(after))
    if changes:
        return Divergence(path=changes[0].path, change=changes[0])
    assert before is not None and after is not None  # else one came or went
    path = before.path
    if xattr.read(before.real) != xattr.read(after.real):
        return Divergence(path=path, attributes=True)
    moments = before.stat.st_mtime_ns, after.stat.st_mtime_ns
    return Divergence(path=path, times=moments) if times and moments[0] != moments[1] else None


def _entries(node: Node | None) -> Iterator[Entry]:
    if node is None:
        return
    status = node.stat
    content = ""
    if node.is_file:
        with open(node.real, "rb") as file:
            content = hash_file(file.fileno(), status.st_size)
    yield Entry(
        path=os.fsencode(node.path).decode(errors="backslashreplace"),
        mode=status.st_mode,
        uid=status.st_uid,
        gid=status.st_gid,
        size=status.st_size if node.is_file else 0,
        content=content,
        link=_target(node),
    )


def _target(node: Node) -> str:
    """Of a link its text, of a device its number."""
    if node.is_link:
        return os.fsencode(os.readlink(node.real)).decode(errors="backslashreplace")
    if stat.S_ISCHR(node.stat.st_mode) or stat.S_ISBLK(node.stat.st_mode):
        return f"{os.major(node.stat.st_rdev)}:{os.minor(node.stat.st_rdev)}"
    return ""
