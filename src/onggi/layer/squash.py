"""Several layers → one layer that does the same to what lies below them. Files are linked, not copied: layers never
change."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence

import msgspec

from onggi.layer import attributes, whiteout
from onggi.layer.checkout import make
from onggi.layer.node import Node, look
from onggi.layer.refusal import refused
from onggi.layer.union import Union


class _Folder(msgspec.Struct, frozen=True):
    """A folder to be merged: the layers that contribute to it, and whether the base is seen in it too."""

    path: str
    layers: tuple[str, ...]
    shows_base: bool


class _Top(msgspec.Struct, frozen=True):
    """What the layers make of a name: the entry that is seen, and of a folder, what is merged in it."""

    node: Node
    layers: tuple[str, ...]
    hides_below: bool


def squash(layers: Sequence[str], base: Union, target: str) -> None:
    """Writes into the empty folder `target`, in overlay form, what `layers` (highest first) make together on top of
    `base`. What they hide and the base does not have leaves no mark."""
    try:
        _squash(layers, base, target)
    except OSError as error:
        raise refused(target, error) from error


def _squash(layers: Sequence[str], base: Union, target: str) -> None:
    made = [Node("", layers[0], os.lstat(layers[0]))]
    pending = [_Folder("", tuple(layers), shows_base=True)]
    while pending:
        folder = pending.pop()
        for name in sorted({name for layer in folder.layers for name in os.listdir(layer + folder.path)}):
            path = f"{folder.path}/{name}"
            top = _top(folder.layers, path)
            under = base.entry(path) if folder.shows_base else None
            if whiteout.is_whiteout(top.node.stat):
                if under is not None:
                    whiteout.make_whiteout(target + path)
            elif top.node.is_folder:
                os.mkdir(target + path, 0o700)
                if top.hides_below and under is not None and under.is_folder:
                    whiteout.make_opaque(target + path)
                made.append(top.node)
                pending.append(_Folder(path, top.layers, folder.shows_base and not top.hides_below))
            else:
                _link(top.node, target + path)
    for node in reversed(made):
        attributes.give_at(target + node.path, attributes.of(node), is_link=False)


def _top(layers: Sequence[str], path: str) -> _Top:
    found: Node | None = None
    merged: list[str] = []
    hides_below = False
    for layer in layers:
        status = look(layer + path)
        if status is None:
            continue
        found = found or Node(path, layer, status)
        if not stat.S_ISDIR(status.st_mode):
            hides_below = True
            break
        merged.append(layer)
        if whiteout.is_opaque(layer + path):
            hides_below = True
            break
    assert found is not None, "some layer has listed the name"
    return _Top(found, tuple(merged), hides_below)


def _link(node: Node, path: str) -> None:
    try:
        os.link(node.real, path, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        make(node, path)
