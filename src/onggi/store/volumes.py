"""Volumes: folders that outlive the containers that use them, a row and volumes/<name>/ each.

    volumes/<name>/_data/   what is in it, under the name that Docker's users know

Which container uses which volume stands in container_volumes, written in the same transaction as the container, so a
volume never goes while a container has it. A new volume is made whole in tmp/ and renamed into place in that
transaction too; one that is there already, and empty, is filled as filling.py tells. A volume's options may say that
what is in it is elsewhere. Whoever makes, fills or removes a volume holds its lock.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

import msgspec

from onggi.errors import Conflict, Invalid, NotFound
from onggi.layer import removal
from onggi.store import filling
from onggi.store.db import Transaction
from onggi.store.disk import Disk

FOLDER = "volumes"
DATA = "_data"
ANONYMOUS = "com.docker.volume.anonymous"
"""The label of volumes that nobody has named, as Docker writes it."""

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")  # Docker's RestrictedNamePattern
_LONGEST_NAME = 200  # so that it fits into the name of a folder, and into that of a lock file


class VolumeRow(msgspec.Struct, frozen=True, kw_only=True):
    """`created` is seconds since the epoch. `options` are those of the local driver, checked by who asks for them."""

    name: str
    created: float
    labels: Mapping[str, str] = {}
    options: Mapping[str, str] = {}

    @property
    def is_anonymous(self) -> bool:
        return ANONYMOUS in self.labels


class User(msgspec.Struct, frozen=True):
    """A container that uses a volume."""

    id: str
    name: str


_DECODER = msgspec.json.Decoder(VolumeRow)


class Draft(msgspec.Struct, frozen=True):
    """A volume that is about to be: its row, and the folder in tmp/ that becomes volumes/<name>."""

    row: VolumeRow
    folder: str

    @property
    def data(self) -> str:
        return f"{self.folder}/{DATA}"


def new_row(name: str, labels: Mapping[str, str], options: Mapping[str, str]) -> VolumeRow:
    """Of a volume that is made now; "" is one without a name, which gets 64 hexadecimal digits. Raises Invalid."""
    if not name:
        return VolumeRow(
            name=os.urandom(32).hex(), created=time.time(), labels={ANONYMOUS: "", **labels}, options=options
        )
    require_name(name)
    return VolumeRow(name=name, created=time.time(), labels=labels, options=options)


class Volumes:
    """The volumes of one store."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def folder(self, name: str) -> str:
        return str(self._disk.root / FOLDER / name)

    def data(self, name: str) -> str:
        """The folder of what is in it, unless its options say that this is elsewhere."""
        return f"{self.folder(name)}/{DATA}"

    def lock(self, name: str) -> AbstractContextManager[None]:
        """For making, filling and removing it. Raises Invalid for what no volume can be called."""
        require_name(name)
        return self._disk.lock(f"volume {name}")

    def get(self, name: str) -> VolumeRow:
        """Raises NotFound."""
        row = self.find(name)
        if row is None:
            raise NotFound(f"get {name}: no such volume")
        return row

    def find(self, name: str) -> VolumeRow | None:
        row = self._disk.db.one("SELECT volume FROM volumes WHERE name = ?", (name,))
        return None if row is None else _DECODER.decode(row[0])

    def users(self) -> dict[str, list[User]]:
        """Volume → the containers that use it, in whatever state, the newest first. One that none uses is not in it."""
        found: dict[str, list[User]] = {}
        for volume, *user in self._disk.db.all(f"{_USERS} ORDER BY created DESC"):
            found.setdefault(volume, []).append(User(*user))
        return found

    @contextlib.contextmanager
    def drafted(self, row: VolumeRow) -> Iterator[Draft]:
        """An empty volume that is not there yet, gone at the end of the block unless it was added."""
        with self._disk.temporary() as place, self._disk.during(f"making volume {row.name}"):
            draft = Draft(row, str(place / "volume"))
            make_folder(draft.folder)
            (self._disk.root / FOLDER).mkdir(mode=0o700, exist_ok=True)
            yield draft

    def add(self, transaction: Transaction, draft: Draft) -> None:
        """Make it one of the store's. The caller holds its lock, and has seen that there is none of its name."""
        insert(transaction, draft.row)
        if not filling.is_empty(self.data(draft.row.name)):
            return  # of a volume that has lost its row: what is in it stays
        trash = self._disk.trash()
        with contextlib.suppress(FileNotFoundError):
            transaction.rename(self.folder(draft.row.name), trash)
            transaction.afterwards(lambda: removal.remove(trash))
        transaction.rename(draft.folder, self.folder(draft.row.name))

    def create(self, row: VolumeRow) -> None:
        """A new and empty one. The caller holds its lock, and has seen that there is none of its name."""
        with self.drafted(row) as draft, self._disk.db.write("making a volume") as transaction:
            self.add(transaction, draft)

    def fill(self, name: str, target: str, write: Callable[[str], None]) -> None:
        """Put into `target`, the folder of what is in the volume, all that `write` makes in the empty folder that it is
        given, and that folder's owner and mode. The caller holds the volume's lock."""
        with self._disk.during(f"filling volume {name}"):
            filling.fill(self._place(name, target), target, write)

    def complete(self, name: str, target: str) -> None:
        """Finish the filling that a killed process has begun. The caller does not hold the volume's lock."""
        place = self._place(name, target)
        if filling.is_due(place):
            with self.lock(name), self._disk.during(f"filling volume {name}"):
                filling.complete(place, target)

    def remove(self, name: str) -> int:
        """Forget the volume and what is in it; returns the bytes that came free. Raises NotFound, and Conflict where a
        container has it."""
        self.get(name)
        with self.lock(name):
            with self._disk.db.write("removing a volume") as transaction:
                users = transaction.execute(f"{_USERS} WHERE volume = ? ORDER BY created DESC", (name,)).fetchall()
                if users:
                    raise _in_use(name, [User(*user) for _, *user in users])
                if not transaction.execute("DELETE FROM volumes WHERE name = ? RETURNING 1", (name,)).fetchall():
                    raise NotFound(f"get {name}: no such volume")
                # Within the transaction: a folder that is left without its row would be a volume again.
                trash = self._disk.trash()
                with contextlib.suppress(FileNotFoundError):
                    transaction.rename(self.folder(name), trash)
            with self._disk.during(f"removing volume {name}"):
                return removal.remove(trash)

    def _place(self, name: str, target: str) -> str:
        """Where what fills the volume is made: beside the folder that it goes into, else within it."""
        return self.folder(name) if target == self.data(name) else target

    # Last, because its name hides the type in what follows.
    def list(self) -> list[VolumeRow]:
        """All, by name."""
        return [_DECODER.decode(raw) for (raw,) in self._disk.db.all("SELECT volume FROM volumes ORDER BY name")]


_USERS = "SELECT volume, id, name FROM container_volumes JOIN containers ON id = container"


def insert(transaction: Transaction, row: VolumeRow) -> None:
    """The row alone; the folder is there."""
    transaction.execute("INSERT INTO volumes VALUES (?, ?)", (row.name, msgspec.json.encode(row)))


def make_folder(path: str) -> None:
    """volumes/<name>, or what becomes it, with nothing in it; what of it is there stays."""
    os.makedirs(f"{path}/{DATA}", exist_ok=True)
    os.chmod(f"{path}/{DATA}", 0o755)  # whatever the umask


def is_name(text: str) -> bool:
    """Can a volume be called this?"""
    return _NAME.fullmatch(text) is not None and len(text) <= _LONGEST_NAME


def require_name(name: str) -> None:
    """Raises Invalid for what no volume can be called."""
    if len(name) < 2:
        raise Invalid(
            f"create {name}: volume name is too short, names should be at least two alphanumeric characters",
            hint="to mount a folder of the host, write its absolute path",
        )
    if len(name) > _LONGEST_NAME:
        raise Invalid(f"create {name[:20]}…: volume name is too long, {_LONGEST_NAME} characters are the most")
    if not is_name(name):
        raise Invalid(
            f'create {name}: "{name}" includes invalid characters for a local volume name, only'
            ' "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
        )


def _in_use(name: str, users: list[User]) -> Conflict:
    """What to tell of a volume that should go and cannot."""
    ids = ", ".join(user.id for user in users)
    names = ", ".join(user.name for user in users)
    return Conflict(
        f"remove {name}: volume is in use - [{ids}]",
        hint=f"used by {names}: remove {'them' if len(users) > 1 else 'it'} first",
    )
