"""Which images and containers have a layer or a blob, in words for a person."""

from __future__ import annotations

from onggi.oci import digest as digests
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.store.db import Database

_MOST = 5


def images_of_layer(db: Database, diff_id: Digest) -> list[str]:
    """By name, or by short ID where they have none."""
    return _images(db, "SELECT DISTINCT image FROM image_layers WHERE diff_id = ? ORDER BY image", diff_id)


def images_of_blob(db: Database, digest: Digest) -> list[str]:
    """Those that cannot be given away as they came without it."""
    return _images(
        db,
        "SELECT DISTINCT image FROM image_layers JOIN snapshots USING (diff_id)"
        " WHERE digest = ? AND NOT (is_canonical AND digest = diff_id) ORDER BY image",
        digest,
    )


def containers_of_layer(db: Database, diff_id: Digest) -> list[str]:
    query = "SELECT name FROM containers JOIN container_layers ON container = id WHERE diff_id = ? ORDER BY name"
    return [name for (name,) in db.all(query, (diff_id,))]


def names_of(db: Database, image: Digest) -> list[str]:
    """What a person calls an image."""
    names = db.all("SELECT name FROM names WHERE image = ? ORDER BY name", (image,))
    return [references.parse(name).familiar() for (name,) in names] or [digests.short(image)]


def listed(names: list[str]) -> str:
    """`a, b and 3 more`."""
    rest = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")


def _images(db: Database, query: str, subject: Digest) -> list[str]:
    return [name for (image,) in db.all(query, (subject,)) for name in names_of(db, image)]
