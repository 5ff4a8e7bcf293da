"""SQLite: one connection per thread, opened when first needed and closed with the thread; write transactions that take
renames along."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onggi.errors import Unsupported
from onggi.store import faults, lockfile, reserve

SCHEMA_VERSION = 16
"""A store of an older version gains what schema.sql has more, when it is opened."""
_BUSY_SECONDS = 60.0


class Transaction:
    """Rows and folders that change together: when the transaction fails, what was renamed or made is taken back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._undo: list[Callable[[], object]] = []
        self._afterwards: list[Callable[[], object]] = []

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def execute_many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._connection.executemany(statement, rows)

    def rename(self, source: str, target: str) -> None:
        os.rename(source, target)
        self._undo.append(lambda: os.rename(target, source))

    def make_folder(self, path: str) -> None:
        os.mkdir(path, 0o700)
        self._undo.append(lambda: os.rmdir(path))

    def replace(self, draft: str, target: str, backup: str) -> None:
        """Put the file `draft` at `target`; what was there is at `backup` until the end."""
        os.link(target, backup)
        self._undo.append(lambda: os.rename(backup, target))
        self._afterwards.append(lambda: os.unlink(backup))
        os.rename(draft, target)

    def afterwards(self, action: Callable[[], object]) -> None:
        """Call `action` if and when the transaction is committed."""
        self._afterwards.append(action)

    def commit(self) -> None:
        self._connection.execute("COMMIT")
        for action in self._afterwards:
            action()

    def undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for action in reversed(self._undo):
            action()


class _Kept:
    """A thread's connection, one of those that are `opened`. It is closed with its thread, which lets go of this then:
    who serves others has many threads, each for a short time."""

    def __init__(self, connection: sqlite3.Connection, opened: set[sqlite3.Connection]) -> None:
        self.connection = connection
        self.pid = os.getpid()
        self._opened = opened
        opened.add(connection)

    def __del__(self) -> None:
        if self.pid == os.getpid():
            self._opened.discard(self.connection)
            self.connection.close()


class Database:
    """`onggi.db` of a store. Opening an existing one runs no schema script."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._path = root / "onggi.db"
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: set[sqlite3.Connection] = set()
        self._watch: tuple[int, sqlite3.Connection] | None = None  # which writes nothing, so it sees all changes

    def all(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """The rows of one query."""
        with faults.during(self.root, "reading it"):
            return self._connection().execute(query, values).fetchall()

    def one(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        """The first row, or None."""
        with faults.during(self.root, "reading it"):
            return self._connection().execute(query, values).fetchone()

    def moment(self) -> int:
        """A number that is another one after each change of the database, by whichever process and thread. Whoever
        asks for it before it reads keeps what it has read until then."""
        with self._lock:
            if self._watch is None or self._watch[0] != os.getpid():
                self._watch = os.getpid(), self._connect()
                self._open.add(self._watch[1])
            found: int = self._watch[1].execute("PRAGMA data_version").fetchone()[0]
            return found

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several reads of this thread that see one moment."""
        with faults.during(self.root, "reading it"):
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                yield
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def write(self, work: str = "writing to it") -> Iterator[Transaction]:
        """A short write transaction; nothing else writes meanwhile, in any process."""
        with faults.during(self.root, work):
            connection = self._connection()
            reserve.give_up(self.root)
            connection.execute("BEGIN IMMEDIATE")
            transaction = Transaction(connection)
            try:
                yield transaction
                transaction.commit()
            except BaseException:
                transaction.undo()
                raise

    def close(self) -> None:
        with self._lock:
            connections, self._open = self._open, set()
            self._watch = None
            self._local = threading.local()
        for connection in tuple(connections):  # a thread that ends takes out its own
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        # A connection must not cross a fork (sqlite.org/howtocorrupt.html, section 2.6): the child opens its own.
        kept: _Kept | None = getattr(self._local, "kept", None)
        if kept is None or kept.pid != os.getpid():
            kept = self._local.kept = _Kept(self._connect(), self._open)
        return kept.connection

    def _connect(self) -> sqlite3.Connection:
        reserve.give_up(self.root)
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._check_version(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        if version < SCHEMA_VERSION:
            with lockfile.held(str(self.root / "locks" / "create")):
                if _version(connection) < SCHEMA_VERSION:
                    _create(connection)
        elif version > SCHEMA_VERSION:
            raise Unsupported(
                f"the store {self.root} was written by a newer onggi"
                f" (its version is {version}, this one reads {SCHEMA_VERSION})",
                hint="update onggi, or choose another store with --root",
            )


def _version(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _create(connection: sqlite3.Connection) -> None:
    from importlib import resources  # late: only a new store needs it

    schema = resources.files("onggi.store").joinpath("schema.sql").read_text("utf-8")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN IMMEDIATE;\n{schema}\nPRAGMA user_version = {SCHEMA_VERSION};\nCOMMIT;")
