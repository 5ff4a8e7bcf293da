"""Is the store's folder whole, and free of what dead processes left?"""

from __future__ import annotations

import os
from collections.abc import Iterator

from onggi.errors import Conflict
from onggi.store import layout, lockfile
from onggi.store.disk import FOLDERS, LAYOUT_FILE, SESSION, forget, lessees, write_layout
from onggi.store.fsck.finding import Check, Finding

_CUT_SHORT = "an onggi command was cut short"
"""By a kill, or by the end of the machine. What follows is harmless, and goes with the next mending."""


def database(check: Check) -> Iterator[Finding]:
    """SQLite finds no damage, and no row names one that is gone."""
    for (line,) in check.db.all("PRAGMA quick_check"):
        if line != "ok":
            yield check.found("database", "onggi.db", f"the database is damaged: {line}", can_repair=False)
    for table, *_ in check.db.all("PRAGMA foreign_key_check"):
        yield check.found("database", table, f"a row of {table} names something that is gone", can_repair=False)


def folders(check: Check) -> Iterator[Finding]:
    """The folders of every store are there."""
    for folder in FOLDERS:
        path = check.disk.root / folder
        if not path.is_dir():
            if check.repair:
                path.mkdir(mode=0o700, parents=True)
            yield check.found("folder", folder, f"the folder {folder} was missing")


def layout_file(check: Check) -> Iterator[Finding]:
    """The file that makes the folder an OCI layout is there."""
    if not (check.disk.root / LAYOUT_FILE).is_file():
        if check.repair:
            write_layout(check.disk.root)
        yield check.found("layout", LAYOUT_FILE, f"the file {LAYOUT_FILE} was missing")


def locks(check: Check) -> Iterator[Finding]:
    """No lock is left of a process that died."""
    for name in sorted(os.listdir(check.disk.root / "locks")):
        path = check.disk.lock_path(name)
        descriptor = lockfile.seize(path)
        if descriptor is None:
            continue
        if check.repair:
            lockfile.release(path, descriptor)
        else:
            os.close(descriptor)
        if name.startswith(SESSION):
            yield check.found("session", name, f"{_CUT_SHORT}: the file by which others saw that it ran is left")
        else:
            yield check.found("lock", name, f"{_CUT_SHORT}: a lock that it held is left")


def leases(check: Check) -> Iterator[Finding]:
    """No lease is left of a process that died."""
    with check.db.write("checking leases") as transaction:
        living = check.disk.sessions()
        for session, count in lessees(transaction).items():
            if session in living:
                continue
            if check.repair:
                forget(transaction, session)
            notes = "a note of what it used is" if count == 1 else f"{count} notes of what it used are"
            yield check.found("lease", session, f"{_CUT_SHORT}: {notes} left")


def temporary(check: Check) -> Iterator[Finding]:
    """Nothing is left of unfinished work."""
    for path in check.disk.orphans():
        name = os.path.basename(path)
        try:
            if check.repair:
                check.disk.discard(path)
        except Conflict as error:
            yield check.found("temporary", name, error.message, can_repair=False)
        else:
            yield check.found("temporary", name, f"{_CUT_SHORT}: its unfinished work is left in tmp/{name}")


def index(check: Check) -> Iterator[Finding]:
    """index.json says what the database says."""
    path = check.disk.root / "index.json"
    with check.db.write("checking index.json") as transaction:
        if not path.exists() or path.read_bytes() != layout.index(transaction):
            if check.repair:
                layout.publish(check.disk, transaction)
            yield check.found("layout", "index.json", "index.json does not agree with the database")
