"""Bytes named by their sha256, as files in blobs/sha256/: an OCI layout that other tools can read in place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from onggi.errors import NotFound
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.store.db import Transaction
from onggi.store.disk import Disk, Lease


class Blobs:
    """Immutable; made in tmp/ and renamed into place, so a blob that is there is whole."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def path(self, digest: Digest) -> str:
        return str(self._disk.root / "blobs" / "sha256" / digests.hex_of(digests.parse(digest)))

    def has(self, digest: Digest, lease: Lease | None = None) -> bool:
        """Is it there? With a lease it stays there."""
        if lease is None or lease.holds("blob", digest):
            return os.path.isfile(self.path(digest))
        if self._disk.db.one("SELECT 1 FROM blobs WHERE digest = ?", (digest,)) is None:
            return False
        with self._disk.db.write() as transaction:
            row = transaction.execute("SELECT 1 FROM blobs WHERE digest = ?", (digest,)).fetchone()
            if row is None or not os.path.isfile(self.path(digest)):
                return False
            lease.take(transaction, "blob", digest)
        return True

    def open(self, digest: Digest) -> BinaryIO:
        """Raises NotFound."""
        try:
            return open(self.path(digest), "rb")
        except FileNotFoundError:
            raise NotFound(f"no blob {digest} in the store {self._disk.root}") from None

    def read(self, digest: Digest) -> bytes:
        with self.open(digest) as stream:
            return stream.read()

    def add(self, file: Path, digest: Digest, lease: Lease) -> None:
        """Take over a file of tmp/ whose digest was checked."""
        with self._disk.db.write(f"storing blob {digest}") as transaction:
            self.take_over(transaction, str(file), digest, file.stat().st_size)
            lease.take(transaction, "blob", digest)

    def take_over(self, transaction: Transaction, file: str, digest: Digest, size: int) -> None:
        """As `add`, within a transaction that sees to it that the blob is named. What is there already stays."""
        target = self.path(digest)
        known = transaction.execute("SELECT 1 FROM blobs WHERE digest = ?", (digest,)).fetchone()
        if known is None or not os.path.isfile(target):
            transaction.rename(file, target)
            transaction.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?)", (digest, size))

    def put(self, data: bytes, lease: Lease) -> Digest:
        """Store small bytes."""
        digest = digests.of(data)
        if not self.has(digest, lease):
            with self._disk.temporary() as folder, self._disk.during(f"storing blob {digest}"):
                file = folder / "blob"
                file.write_bytes(data)
                self.add(file, digest, lease)
        return digest
