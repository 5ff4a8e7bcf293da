"""A new layer that is being written on top of others, in overlay form.

A folder that the layers below have is made again here, with their owner, mode, times and attributes, because an
overlay shows a merged folder as its highest layer has it. All paths are canonical for the tree below: no links on
the way.
"""

from __future__ import annotations

import os
import time
from types import TracebackType

from msgspec.structs import replace

from onggi.errors import Invalid
from onggi.layer import attributes
from onggi.layer.accounts import Owner
from onggi.layer.attributes import Attributes
from onggi.layer.descent import Descent
from onggi.layer.node import Node, look
from onggi.layer.union import Union


class Upper:
    """Writes into the empty folder `target`. `owner` gets the folders that nobody asked for by name; `epoch`, in
    seconds, is their time, now if None. A context manager: folders get their attributes at the end of a block that
    succeeds, because every new entry changes their times and a read-only one would take none."""

    def __init__(self, base: Union, target: str, *, owner: Owner = (0, 0), epoch: int | None = None) -> None:
        now_ns = time.time_ns() if epoch is None else epoch * 10**9
        self._implied = Attributes(*owner, 0o755, now_ns)
        self._base = base
        self.target = target
        self._descent = Descent(target)
        root = base.entry("/")
        self._folders = {"/": attributes.of(root) if root else Attributes(0, 0, 0o755, now_ns)}
        # Folders of this layer that the layers below have too; what is beneath others is new for sure.
        self._merged = {"/"} if root else set()

    def __enter__(self) -> Upper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                for path, wanted in self._folders.items():
                    attributes.give(self._descent.folder(path), wanted)
        finally:
            self._descent.close()

    def real(self, path: str) -> str:
        """Where an entry of this layer is on the host."""
        return self.target + path

    def view(self) -> Union:
        """The tree as it is now, this layer included."""
        return Union((self.target, *self._base.folders))

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder at `path`, in this layer or below."""
        if path in self._folders:
            return True
        there = self._own(path) or self._base.entry(path)
        return there is not None and there.is_folder

    def enter(self, path: str) -> int:
        """A descriptor of the folder at `path`, good until the next call; made with its parents if need be. Raises
        Invalid where something that is no folder is in the way."""
        if path not in self._folders:
            self._folders[path] = self._make(path)
        return self._descent.folder(path)

    def make_folder(self, path: str, wanted: Attributes) -> None:
        """Makes the folder at `path` if it is not there, and gives it `wanted` in any case. Raises Invalid as
        `enter`."""
        if path not in self._folders:
            self._make(path)
        self._folders[path] = wanted

    def pass_through(self, path: str, wanted: Attributes, mode: int) -> None:
        """Makes the folder at `path`, which only leads to something, with `wanted`; one that is there gets `mode` and
        keeps the rest, as in BuildKit. Raises Invalid as `enter`."""
        if path not in self._folders:
            is_new = not self.has_folder(path)
            there = self._make(path)
            self._folders[path] = wanted if is_new else replace(there, mode=mode)

    def make_room(self, path: str) -> int:
        """A descriptor of the folder in which `path` is about to be made as something that is no folder, good until
        the next call. Raises Invalid if there is a folder at `path`."""
        parent = _parent(path)
        folder = self.enter(parent)
        below = self._base.entry(path) if parent in self._merged else None
        if path in self._folders or (below is not None and below.is_folder):
            raise _occupied(path)
        return folder

    def remove(self, path: str) -> None:
        """Takes back an entry of this layer that is no folder. Raises Invalid if it is one."""
        try:
            os.unlink(_name(path), dir_fd=self.enter(_parent(path)))
        except IsADirectoryError as error:
            raise _occupied(path) from error

    def adopt(self, real: str, path: str) -> None:
        """Moves what is finished at `real`, on the same file system, to `path`. It replaces what is there; of this
        layer only what is no folder. Raises Invalid for one that is."""
        try:
            os.rename(real, _name(path), dst_dir_fd=self.enter(_parent(path)))
        except NotADirectoryError:
            self.remove(path)
            os.rename(real, _name(path), dst_dir_fd=self.enter(_parent(path)))
        except IsADirectoryError as error:
            raise _occupied(path) from error

    def _make(self, path: str) -> Attributes:
        """Makes a folder; gives what it has if nobody says otherwise."""
        below = self._below(path)
        folder = self.enter(_parent(path))
        if below is not None and not below.is_folder and self._own(path) is None:
            raise _no_folder(path)
        try:
            os.mkdir(_name(path), 0o700, dir_fd=folder)
        except FileExistsError as error:
            own = self._own(path)
            if own is None or not own.is_folder:
                raise _no_folder(path) from error
            return attributes.of(own)
        if below is None:
            return self._implied
        self._merged.add(path)
        return attributes.of(below)

    def _own(self, path: str) -> Node | None:
        """An entry of this layer."""
        status = look(self.target + path)
        return None if status is None else Node(path, self.target, status)

    def _below(self, path: str) -> Node | None:
        """An entry of the layers below. A folder that is new here has nothing below it."""
        parent = _parent(path)
        self.enter(parent)
        return self._base.entry(path) if parent in self._merged else None


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _occupied(path: str) -> Invalid:
    return Invalid(f"cannot replace the folder {path} with a file")


def _no_folder(path: str) -> Invalid:
    return Invalid(f"cannot copy to non-directory: {path}", hint="it is a file or a symbolic link in the image")
