"""Blobs: a row and a file each, with the bytes that their digest says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.store import users
from onggi.store.db import Transaction
from onggi.store.fsck.finding import Check, Finding


def rows(check: Check) -> Iterator[Finding]:
    """Each row has its file, of the right size."""
    with check.db.write("checking blobs") as transaction:
        for digest, size in transaction.execute("SELECT digest, size FROM blobs ORDER BY digest").fetchall():
            path = Path(check.store.blobs.path(digest))
            if path.is_file() and path.stat().st_size == size:
                continue
            what = f"has {path.stat().st_size} bytes instead of {size}" if path.is_file() else "is gone"
            if check.repair:
                _forget(check, transaction, digest)
            yield _lost(check, digest, f"the file of blob {digest} {what}")


def files(check: Check) -> Iterator[Finding]:
    """Each file has its row."""
    with check.db.write("checking blobs") as transaction:
        known = {digests.hex_of(digest) for (digest,) in transaction.execute("SELECT digest FROM blobs")}
        for name in sorted(set(os.listdir(check.disk.root / "blobs" / "sha256")) - known):
            check.drop(transaction, check.disk.root / "blobs" / "sha256" / name)
            yield check.found("blob", name, f"the file blobs/sha256/{name} is known to nothing")


def contents(check: Check) -> Iterator[Finding]:
    """The bytes of each file are those of its digest."""
    for (digest,) in check.db.all("SELECT digest FROM blobs ORDER BY digest"):
        with check.store.lease() as lease:
            if not check.store.blobs.has(digest, lease):
                continue  # collected meanwhile
            with check.store.blobs.open(digest) as stream:
                found = digests.of_stream(stream)
        if found != digest:
            if check.repair:
                with check.db.write("forgetting a blob") as transaction:
                    _forget(check, transaction, digest)
            yield _lost(check, digest, f"the bytes of blob {digest} were changed")


def _lost(check: Check, digest: Digest, what: str) -> Finding:
    images = users.images_of_blob(check.db, digest)
    if not images:
        return check.found("blob", digest, what)
    return check.found(
        "blob",
        digest,
        f"{what}: without it {users.listed(images)} can run, but not be saved",
        hint="once the store has forgotten the blob, load the image again from the archive that it came from",
    )


def _forget(check: Check, transaction: Transaction, digest: Digest) -> None:
    transaction.execute("DELETE FROM blobs WHERE digest = ?", (digest,))
    check.drop(transaction, Path(check.store.blobs.path(digest)))
