"""Volumes: a row and a folder each. What somebody may have put into one is never removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from onggi.store import filling
from onggi.store.db import Transaction
from onggi.store.fsck.finding import Check, Finding
from onggi.store.volumes import DATA, FOLDER, insert, is_name, make_folder, new_row


def folders(check: Check) -> Iterator[Finding]:
    """Each folder is a volume's."""
    folder = check.disk.root / FOLDER
    if not folder.is_dir():
        return  # as in a store that never had a volume
    with check.db.write("checking volumes") as transaction:
        rows = _rows(transaction)
        for name in sorted(set(os.listdir(folder)) - rows):
            yield _without_row(check, transaction, folder / name)


def rows(check: Check) -> Iterator[Finding]:
    """Each volume has its folder."""
    with check.db.write("checking volumes") as transaction:
        for name in sorted(_rows(transaction)):
            if os.path.isdir(check.store.volumes.data(name)):
                continue
            if check.repair:
                make_folder(check.store.volumes.folder(name))
            yield check.found("volume", name, f"the folder of volume {name} is gone, and what was in it")


def fillings(check: Check) -> Iterator[Finding]:
    """What an image began to bring into a volume is in it."""
    volumes = check.store.volumes
    for row in volumes.list():
        folder = volumes.folder(row.name)
        if not filling.leftovers(folder):
            continue
        with volumes.lock(row.name):
            if not filling.leftovers(folder):
                continue  # another process was at it
            if check.repair:
                filling.complete(folder, volumes.data(row.name))
        yield check.found("volume", row.name, f"a process ended while it filled volume {row.name}")


def _without_row(check: Check, transaction: Transaction, folder: Path) -> Finding:
    name, data = folder.name, folder / DATA
    is_volume = data.is_dir() and not data.is_symlink()
    if is_volume and is_name(name) and not filling.is_empty(str(data)):
        if check.repair:
            insert(transaction, new_row(name, {}, {}))
        return check.found("volume", name, f"the volume in volumes/{name} was forgotten")
    if folder.is_dir() and filling.is_empty(str(folder), besides=(DATA,)) and filling.is_empty(str(data)):
        check.drop(transaction, folder)
        return check.found("volume", name, f"the empty folder volumes/{name} belongs to no volume")
    return check.found(
        "volume",
        name,
        f"what is in volumes/{name} belongs to no volume",
        can_repair=False,
        hint=f"look at {folder}, and move it elsewhere",
    )


def _rows(transaction: Transaction) -> set[str]:
    return {name for (name,) in transaction.execute("SELECT name FROM volumes")}
