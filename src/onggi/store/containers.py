"""Containers as the store knows them: a row, and a folder that is theirs alone. What a container is doing now stands in
its state.json, which its monitor writes."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from onggi.container.spec import ContainerSpec, ImageMount, Volume
from onggi.errors import Conflict, Invalid, NotFound
from onggi.layer import removal
from onggi.oci.digest import Digest
from onggi.store import names
from onggi.store.db import Transaction
from onggi.store.disk import Disk

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")  # Docker's RestrictedNamePattern
_FOLDERS = (("upper", 0o755), ("work", 0o700), ("rootfs", 0o755))
_SELECT = "SELECT id, name, spec, created, image FROM containers"
_LAYERS = "SELECT container, diff_id FROM container_layers WHERE position >= 0"
"""Of its root. Those of images that it mounts have positions below 0: they are kept for it, too."""
_DECODER = msgspec.json.Decoder(ContainerSpec)


class ContainerRow(msgspec.Struct, frozen=True):
    """`layers` are the diff IDs of its read-only layers, lowest first; `created` is seconds since the epoch. `damage`:
    why its spec cannot be read; then there is only the image's ID in it, and all that one can do is remove it."""

    id: str
    name: str
    spec: ContainerSpec
    created: float
    layers: tuple[Digest, ...]
    damage: str = ""


class Containers:
    """containers/<id>/ holds upper, work and rootfs, and what the engine and the monitor put beside them."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.folder = disk.root / "containers"

    def home(self, id: str) -> Path:
        return Path(f"{self.folder}/{id}")

    def lock(self, id: str) -> AbstractContextManager[None]:
        """For changes of the container's state: start, stop and remove exclude each other."""
        return self._disk.lock(f"container {id}")

    def add(
        self,
        spec: ContainerSpec,
        name: str = "",
        first: Callable[[Transaction], object] = lambda transaction: None,
        last: Callable[[Transaction, str], object] = lambda transaction, container: None,
    ) -> ContainerRow:
        """A new container of an image that is in the store. The volumes of its spec are there, or made by `first`, in
        the same transaction; the caller holds their locks. `last` is told its ID when its row is there. Raises NotFound
        for the image, Conflict for a name that is taken, Invalid for one that no container can have."""
        _check_name(name)
        new = os.urandom(32).hex()
        created = time.time()
        with self._disk.temporary() as folder, self._disk.during("making a container"):
            home = folder / "home"
            make_home(home)
            with self._disk.db.write("making a container") as transaction:
                first(transaction)
                if transaction.execute("SELECT 1 FROM images WHERE id = ?", (spec.image_id,)).fetchone() is None:
                    raise NotFound(f"No such image: {spec.image}")
                name = _free_name(transaction, name)
                transaction.execute(
                    "INSERT INTO containers VALUES (?, ?, ?, ?, ?)",
                    (new, name, spec.image_id, msgspec.json.encode(spec), created),
                )
                transaction.execute(
                    "INSERT INTO container_layers SELECT ?, position, diff_id FROM image_layers WHERE image = ?",
                    (new, spec.image_id),
                )
                volumes = {mount.name for mount in spec.mounts if isinstance(mount, Volume)}
                transaction.execute_many(
                    "INSERT INTO container_volumes VALUES (?, ?)", ((new, volume) for volume in volumes)
                )
                last(transaction, new)
                transaction.execute_many(
                    "INSERT INTO container_layers VALUES (?, ?, ?)",
                    ((new, -position, layer) for position, layer in enumerate(_mounted_layers(spec), 1)),
                )
                layers = transaction.execute(f"{_LAYERS} AND container = ? ORDER BY position", (new,)).fetchall()
                transaction.rename(str(home), str(self.home(new)))
        return ContainerRow(new, name, spec, created, tuple(layer for _, layer in layers))

    def _rows(self, where: str, *values: str) -> list[ContainerRow]:
        """In two queries, however many there are."""
        layers: dict[str, list[Digest]] = {}
        with self._disk.db.snapshot():
            rows = self._disk.db.all(f"{_SELECT} {where}", values)
            those = ("AND container = ?", (rows[0][0],)) if len(rows) == 1 else ("", ())
            for container, layer in self._disk.db.all(f"{_LAYERS} {those[0]} ORDER BY position", those[1]):
                layers.setdefault(container, []).append(layer)
        return [_row(row, layers.get(row[0], ())) for row in rows]

    def get(self, text: str) -> ContainerRow:
        """By ID, name, or the beginning of an ID, in this order. Raises NotFound, or Invalid where it fits several or
        is empty."""
        if not text:
            raise Invalid("invalid container name or ID: value is empty")
        rows = self._rows("WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC", text.removeprefix("/"))
        if not rows and text and set(text) <= set("0123456789abcdef"):
            rows = self.beginning(text)
            if len(rows) > 1:
                raise Invalid(f"{text!r} is the beginning of several container IDs", hint="write more digits of the ID")
        if not rows:
            raise NotFound(f"No such container: {text}")
        return rows[0]

    def beginning(self, digits: str) -> list[ContainerRow]:
        """Two at most of those whose ID begins with these hexadecimal digits."""
        return self._rows("WHERE id BETWEEN ?1 AND ?1 || 'g' LIMIT 2", digits)

    def of_image(self, image_id: Digest) -> list[ContainerRow]:
        """The containers that were made from the image or mount it, newest first."""
        rows = self._rows("WHERE image = ?1 OR instr(spec, CAST(?1 AS BLOB)) ORDER BY created DESC", image_id)
        return [row for row in rows if image_id in _images(row.spec)]

    def list(self) -> list[ContainerRow]:
        """All, newest first."""
        return self._rows("ORDER BY created DESC")

    def update(self, id: str, spec: ContainerSpec, last: Callable[[], object] = lambda: None) -> None:
        """Replace its spec. `last` puts it in force within the same transaction: if that fails nothing has changed.
        Raises NotFound, and what `last` does."""
        with self._disk.db.write("updating a container") as transaction:
            if not transaction.execute(
                "UPDATE containers SET spec = ? WHERE id = ? RETURNING 1", (msgspec.json.encode(spec), id)
            ).fetchall():
                raise NotFound(f"No such container: {id}")
            last()

    def rename(self, id: str, name: str) -> None:
        """Raises NotFound, Conflict or Invalid."""
        _check_name(name)
        with self._disk.db.write("renaming a container") as transaction:
            name = _free_name(transaction, name)
            if not transaction.execute(
                "UPDATE containers SET name = ? WHERE id = ? RETURNING 1", (name, id)
            ).fetchall():
                raise NotFound(f"No such container: {id}")

    def remove(self, id: str) -> int:
        """Forget the container and its folder; returns the bytes that came free. The caller has stopped it. Raises
        NotFound."""
        home = self.home(id)
        with self._disk.db.write("removing a container") as transaction:
            if os.path.ismount(home / "rootfs"):
                raise Conflict(
                    f"container {id[:12]} is still mounted at {home / 'rootfs'}", hint="stop it, then try again"
                )
            if not transaction.execute("DELETE FROM containers WHERE id = ? RETURNING 1", (id,)).fetchall():
                raise NotFound(f"No such container: {id}")
        # Only now: a folder without a row is swept by anyone, a row without a folder would be a container that is lost.
        with self._disk.during(f"removing container {id[:12]}"):
            trash = self._disk.trash()
            with contextlib.suppress(FileNotFoundError):
                os.rename(home, trash)
            return removal.remove(trash)


def make_home(path: Path) -> None:
    """A container's folder with the folders in it, as before its first start."""
    path.mkdir(mode=0o710)
    for name, mode in _FOLDERS:
        (path / name).mkdir()
        (path / name).chmod(mode)  # whatever the umask


def _row(columns: Sequence[Any], layers: Sequence[Digest]) -> ContainerRow:
    container, name, encoded, created, image = columns
    try:
        spec, damage = _DECODER.decode(encoded), ""
    except msgspec.DecodeError as error:
        spec, damage = ContainerSpec(image=image, image_id=image), str(error)
    return ContainerRow(container, name, spec, created, tuple(layers), damage)


def _mounted(spec: ContainerSpec) -> Iterator[ImageMount]:
    return (mount for mount in spec.mounts if isinstance(mount, ImageMount))


def _mounted_layers(spec: ContainerSpec) -> Iterable[str]:
    return dict.fromkeys(layer for mount in _mounted(spec) for layer in mount.layers)


def _images(spec: ContainerSpec) -> set[str]:
    return {spec.image_id, *(mount.image_id for mount in _mounted(spec))}


def _check_name(name: str) -> None:
    if name and not _NAME.fullmatch(name):
        raise Invalid(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
            hint="a name has at least two characters and begins with a letter or a digit",
        )


def _free_name(transaction: Transaction, name: str) -> str:
    def owner(candidate: str) -> str | None:
        row = transaction.execute("SELECT id FROM containers WHERE name = ?", (candidate,)).fetchone()
        return None if row is None else str(row[0])

    if name:
        if (taken_by := owner(name)) is not None:
            raise Conflict(
                f'Conflict. The container name "/{name}" is already in use by container "{taken_by}"',
                hint="you have to remove (or rename) that container to be able to reuse that name",
            )
        return name
    attempt = 0
    while owner(candidate := names.pick(attempt)) is not None:
        attempt += 1
    return candidate
