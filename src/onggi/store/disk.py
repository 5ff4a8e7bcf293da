"""What every part of the store stands on: the folder, the database, temporary folders, leases and locks."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from onggi.errors import Conflict, Denied, Invalid
from onggi.layer import removal
from onggi.store import faults, lockfile, reserve
from onggi.store.db import Database, Transaction

FOLDERS = ("blobs/sha256", "snapshots", "containers", "builds", "tmp", "locks", "events")
NEWEST_FOLDER = FOLDERS[-1]
"""A store from before there was this one gains it, when it is opened."""
LAYOUT_FILE = "oci-layout"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_LAYOUT_FILES = {
    LAYOUT_FILE: LAYOUT,
    "index.json": b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
}
SESSION = "session-"

Kind: TypeAlias = Literal["snapshot", "blob", "image"]
_TABLES = ("leases", "leased_endpoints")


class Lease:
    """Names what its process uses, so that no process collects it, until it is released or the process dies."""

    def __init__(self, session: str, number: int) -> None:
        self._key = (session, number)
        self._held: set[tuple[Kind, str]] = set()

    def holds(self, kind: Kind, subject: str) -> bool:
        return (kind, subject) in self._held

    def take(self, transaction: Transaction, kind: Kind, subject: str) -> None:
        """Lease within the transaction that has just seen the subject."""
        if (kind, subject) not in self._held:
            transaction.execute("INSERT OR IGNORE INTO leases VALUES (?, ?, ?, ?)", (*self._key, kind, subject))
            transaction.afterwards(lambda: self._held.add((kind, subject)))

    def take_endpoint(self, transaction: Transaction, network: str, ipv4: str, ipv6: str, mac: str) -> None:
        """Lease addresses of that network, within the transaction that has seen that nobody has them."""
        row = (*self._key, network, ipv4, ipv6, mac)
        transaction.execute("INSERT INTO leased_endpoints VALUES (?, ?, ?, ?, ?, ?)", row)

    def drop(self, transaction: Transaction) -> None:
        for table in _TABLES:
            transaction.execute(f"DELETE FROM {table} WHERE session = ? AND lease = ?", self._key)
        self._held.clear()


def lessees(transaction: Transaction) -> dict[str, int]:
    """Session → how much it leases, of living processes and of dead ones."""
    every = " UNION ALL ".join(f"SELECT session FROM {table}" for table in _TABLES)
    return dict(transaction.execute(f"SELECT session, count(*) FROM ({every}) GROUP BY session").fetchall())


def forget(transaction: Transaction, session: str) -> None:
    """It leases nothing any more."""
    for table in _TABLES:
        transaction.execute(f"DELETE FROM {table} WHERE session = ?", (session,))


class Disk:
    """One store's folder. Made on first use, opened without touching the database."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        if not (os.path.exists(self.root / "onggi.db") and os.path.exists(self.root / NEWEST_FOLDER)):
            _make(self.root)
        self.db = Database(self.root)
        self._mutex = threading.Lock()
        self._session: tuple[str, int] | None = None
        self._numbers = itertools.count(1)

    def during(self, work: str) -> AbstractContextManager[None]:
        """Translate errors of `work`, an -ing form: "storing layer sha256:…"."""
        return faults.during(self.root, work)

    @contextmanager
    def temporary(self, *, reserved: bool = False) -> Iterator[Path]:
        """An empty folder of this process on the store's file system, gone at the end of the block. Rename out of it
        what shall stay. `reserved`: it is for some bytes, which may be of those that are reserved for a full disk."""
        folder = self.trash()
        with self.during("making a temporary folder"):
            if not reserved:
                reserve.require_room(self.root)
            os.mkdir(folder, 0o700)
        try:
            yield Path(folder)
        finally:
            with self.during("removing a temporary folder"):
                removal.remove(folder)

    def trash(self) -> str:
        """A fresh path in tmp/ that belongs to this process: rename there what shall be removed, then remove it."""
        return str(self.root / "tmp" / f"{self.session_id()}-{next(self._numbers)}")

    def is_full(self) -> bool:
        """Is there no room but what is reserved for a full disk?"""
        reserve.give_up(self.root)
        return reserve.is_given_up(self.root)

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """What is leased cannot be collected until the end of the block."""
        lease = Lease(self.session_id(), next(self._numbers))
        try:
            yield lease
        finally:
            with self.db.write("releasing a lease") as transaction:
                lease.drop(transaction)

    @contextmanager
    def lock(self, key: str, ask: Callable[[], None] | None = None) -> Iterator[None]:
        """Wait until no thread of any process holds `key`, which is a part of a file's name, then hold it. `ask` is
        called now and then while waiting; what it raises ends the wait."""
        path = self.lock_path(f"key-{key}")
        with self.during("taking a lock"):
            descriptor = lockfile.take(path, ask)
        try:
            yield
        finally:
            lockfile.release(path, descriptor)

    def lock_path(self, name: str) -> str:
        return str(self.root / "locks" / name)

    def reap(self) -> int:
        """Forget the processes that died: their leases, temporary folders and lock files. Returns the bytes that came
        free."""
        with self.during("tidying up after processes that died"):
            for name in os.listdir(self.root / "locks"):
                descriptor = lockfile.seize(self.lock_path(name))
                if descriptor is not None:
                    lockfile.release(self.lock_path(name), descriptor)
            with self.db.write("forgetting processes that died") as transaction:
                living = self.sessions()
                for session in lessees(transaction):
                    if session not in living:
                        forget(transaction, session)
            freed = 0
            for entry in self.orphans():
                with contextlib.suppress(Conflict):  # a mount; `fsck` tells of it
                    freed += self.discard(entry)
            return freed

    def discard(self, orphan: str) -> int:
        """Remove what a dead process left in tmp/; returns the bytes that came free, 0 if another process is at it.
        Raises Conflict for a mount beneath it."""
        mine = self.trash()
        try:
            os.rename(orphan, mine)
        except FileNotFoundError:
            return 0
        return removal.remove(mine)

    def sessions(self) -> list[str]:
        """The sessions of living processes."""
        return [name.removeprefix(SESSION) for name in self._session_files() if lockfile.is_held(self.lock_path(name))]

    def orphans(self) -> list[str]:
        """What dead processes left in tmp/."""
        names = os.listdir(self.root / "tmp")  # before asking who lives: a session is there before its folders
        living = set(self.sessions())
        return [str(self.root / "tmp" / name) for name in names if name.partition("-")[0] not in living]

    def close(self, *, ends_process: bool = False) -> None:
        """Tidy up after processes that died meanwhile, release the session and its leases, close the database. Who
        closes that last brings it into order, and waits for the disk; a process that `ends` leaves that to others."""
        try:
            if self._session is not None:
                self.reap()
        finally:
            try:
                self._end_session()
            finally:
                if not ends_process:
                    self.db.close()
                reserve.take_back(self.root)

    def _end_session(self) -> None:
        with self._mutex:
            session, self._session = self._session, None
        if session is not None:
            name, descriptor = session
            with self.db.write("ending the session") as transaction:
                forget(transaction, name)
            lockfile.release(self.lock_path(SESSION + name), descriptor)

    def session_id(self) -> str:
        """Of this process: as long as it lives, `sessions` has it."""
        with self._mutex:
            if self._session is None:
                name = os.urandom(8).hex()
                with self.during("starting a session"):
                    descriptor = lockfile.take(self.lock_path(SESSION + name))
                self._session = (name, descriptor)
            return self._session[0]

    def _session_files(self) -> list[str]:
        return [name for name in os.listdir(self.root / "locks") if name.startswith(SESSION)]


def _make(root: Path) -> None:
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in FOLDERS:
            (root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        write_layout(root)
    except (FileExistsError, NotADirectoryError) as error:
        raise Invalid(f"{root} cannot be a store: {error.filename} is not a folder") from error
    except PermissionError as error:
        raise Denied(
            f"no permission to make the store {root}", hint="run as root, or choose another store with --root"
        ) from error
    except OSError as error:
        with faults.during(root, "making the store"):
            raise
        raise Invalid(f"{root} cannot be a store: {error.strerror}") from error


def write_layout(root: Path) -> None:
    """`oci-layout`, which marks the folder as an OCI image layout, and an index without images."""
    for name, content in _LAYOUT_FILES.items():
        if not (root / name).exists():
            draft = root / "tmp" / f"{os.urandom(8).hex()}-{name}"
            draft.write_bytes(content)
            os.rename(draft, root / name)


def make_folder(path: Path) -> Path:
    """A new folder as a layer's root is: 0755, whatever the umask."""
    path.mkdir()
    path.chmod(0o755)
    return path
