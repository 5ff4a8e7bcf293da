"""What registries know the images of the store by: for those that were pulled or pushed, the repository and the digest
there, which is that of the manifest or, of an image that was chosen from an index, the index's.

Images of one index are siblings: where a name leads to one of them, who wants another platform is given another one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.store.db import Transaction
from onggi.store.disk import Disk


class Origin(msgspec.Struct, frozen=True, order=True):
    """`repository` is a full name without tag: "docker.io/library/debian"."""

    repository: str
    digest: Digest


class Origins:
    """What the images of one store are known by."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def add(self, repository: str, digest: Digest, image: Digest) -> None:
        """The registry has the image of this ID under the digest. Of an image that is gone by now nothing is noted."""
        with self._disk.db.write(f"noting where image {image} is") as transaction:
            put(transaction, (Origin(repository, digest),), image)

    def remove(self, repository: str, image: Digest, digest: Digest = "") -> None:
        """The image is no longer known from the repository; with a digest only not by this."""
        with self._disk.db.write(f"forgetting where image {image} is") as transaction:
            transaction.execute(
                "DELETE FROM origins WHERE repository = ?1 AND image = ?2 AND ?3 IN ('', digest)",
                (repository, image, digest),
            )

    def of(self, image: Digest) -> tuple[Origin, ...]:
        """What an image is known by."""
        rows = self._disk.db.all(
            "SELECT repository, digest FROM origins WHERE image = ? ORDER BY repository, digest", (image,)
        )
        return tuple(Origin(*row) for row in rows)

    def has(self, repository: str) -> bool:
        """Is any image known from the repository?"""
        return self._disk.db.one("SELECT 1 FROM origins WHERE repository = ? LIMIT 1", (repository,)) is not None

    def images(self, origin: Origin) -> tuple[Digest, ...]:
        """The IDs of the images that a registry knows by this, or whose own manifest has this digest."""
        rows = self._disk.db.all(
            "SELECT image FROM origins WHERE repository = ?1 AND digest = ?2"
            " UNION SELECT image FROM origins JOIN images ON images.id = image"
            " WHERE repository = ?1 AND manifest_digest = ?2 ORDER BY image",
            (origin.repository, origin.digest),
        )
        return tuple(image for (image,) in rows)

    def siblings(self, image: Digest, repository: str) -> tuple[Digest, ...]:
        """The IDs of the other images of the indexes that an image of a repository was chosen from."""
        rows = self._disk.db.all(
            "SELECT DISTINCT other.image FROM origins JOIN origins AS other USING (repository, digest)"
            " WHERE origins.image = ?1 AND repository = ?2 AND other.image != ?1 ORDER BY other.image",
            (image, repository),
        )
        return tuple(other for (other,) in rows)


def put(transaction: Transaction, origins: Iterable[Origin], image: Digest) -> None:
    """As `Origins.add`, within a transaction."""
    transaction.execute_many(
        "INSERT OR IGNORE INTO origins SELECT ?, ?, id FROM images WHERE id = ?",
        [(each.repository, each.digest, image) for each in origins],
    )


def forget(transaction: Transaction, name: Reference) -> bool:
    """No image is known by this any more; whether one was."""
    rows = transaction.execute(
        "DELETE FROM origins WHERE repository = ? AND digest = ? RETURNING 1", (name.name(), name.digest)
    )
    return bool(rows.fetchall())
