"""Images for several platforms: what a name means beside the one image that those get who ask for no platform.

Such a name stands in two tables. In `names` it leads to the first image of the index, so that all who know nothing of
platforms have an image; in `index_names` to the index, as long as `names` has it: a name that moves or goes takes the
index along. An index without a name is forgotten at once, and so is one of whose images one was removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from onggi.oci import platform as platforms
from onggi.oci.config import parse
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.store.db import Database, Transaction


class Member(msgspec.Struct, frozen=True):
    """One image of an index; `manifest` is the digest of the manifest that the index names."""

    image: Digest
    manifest: Digest
    platform: Platform


class StoredIndex(msgspec.Struct, frozen=True):
    """`raw` are the bytes of the index; `members` its images, the first of them what a name leads to."""

    digest: Digest
    raw: bytes
    members: tuple[Member, ...]

    def for_platform(self, wanted: Platform) -> Member | None:
        return next(iter(platforms.fitting([(each.platform, each) for each in self.members], wanted)), None)


def put(
    transaction: Transaction,
    digest: Digest,
    raw: bytes,
    members: Sequence[tuple[Digest, Digest]],
    names: Iterable[Reference],
) -> None:
    """Store an index; its images (each with the digest of its manifest) and names are there."""
    transaction.execute("INSERT OR IGNORE INTO indexes VALUES (?, ?)", (digest, raw))
    transaction.execute("DELETE FROM index_images WHERE index_digest = ?", (digest,))
    transaction.execute_many(
        "INSERT INTO index_images VALUES (?, ?, ?, ?)",
        [(digest, position, image, manifest) for position, (image, manifest) in enumerate(members)],
    )
    name(transaction, digest, names)


def name(transaction: Transaction, digest: Digest, names: Iterable[Reference]) -> None:
    """Names that lead to the first of its images mean the index."""
    transaction.execute_many(
        "INSERT OR REPLACE INTO index_names VALUES (?, ?)", [(str(each), digest) for each in names]
    )


def forget(transaction: Transaction, image: Digest) -> None:
    """The indexes that have an image which is about to be removed; their names lead to the first image still."""
    transaction.execute(
        "DELETE FROM indexes WHERE digest IN (SELECT index_digest FROM index_images WHERE image = ?)", (image,)
    )


def drop_unnamed(transaction: Transaction) -> None:
    """The last thing of a transaction that has changed names."""
    transaction.execute("DELETE FROM indexes WHERE digest NOT IN (SELECT index_digest FROM index_names)")


def named(database: Database, text: str) -> StoredIndex | None:
    """The index that a full reference means, or one with this digest."""
    row = database.one(
        "SELECT digest, raw FROM indexes WHERE digest = ?"
        " OR digest = (SELECT index_digest FROM index_names WHERE name = ?)",
        (text.rpartition("@")[2], text),
    )
    if row is None:
        return None
    members = database.all(
        "SELECT image, index_images.manifest_digest, config FROM index_images JOIN images ON images.id = image"
        " WHERE index_digest = ? ORDER BY position",
        (row[0],),
    )
    return StoredIndex(
        row[0], row[1], tuple(Member(image, manifest, platform_of(config)) for image, manifest, config in members)
    )


def platform_of(raw_config: bytes) -> Platform:
    """What a config says its image is for."""
    config = parse(raw_config)
    return Platform(config.architecture, config.os, config.variant)
