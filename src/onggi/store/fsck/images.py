"""Images: documents that are what their digests say, and layers that can be given away."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.oci import digest as digests
from onggi.store import users
from onggi.store.fsck.finding import Check, Finding


def documents(check: Check) -> Iterator[Finding]:
    """Manifest and config are what their digests say."""
    for image_id, digest, manifest, config in check.db.all("SELECT id, manifest_digest, manifest, config FROM images"):
        if digests.of(config) != image_id or digests.of(manifest) != digest:
            yield check.found("image", image_id, f"the documents of image {image_id} were changed", can_repair=False)
    for digest, raw in check.db.all("SELECT digest, raw FROM indexes"):
        if digests.of(raw) != digest:
            yield check.found("image", digest, f"the index {digest} was changed", can_repair=False)


def layers(check: Check) -> Iterator[Finding]:
    """Every image can still be given away. One that came from a registry need not have the blobs of layers whose tar
    can be made again: they are squeezed anew where they are wanted."""
    rows = check.db.all(
        "SELECT DISTINCT image, digest FROM image_layers JOIN snapshots USING (diff_id)"
        " WHERE digest NOT IN (SELECT digest FROM blobs) AND NOT is_canonical"
        " ORDER BY image, position"
    )
    for image, digest in rows:
        named = users.listed(users.names_of(check.db, image))
        yield check.found(
            "image",
            image,
            f"image {named} runs, but cannot be saved: its blob {digest} is gone",
            can_repair=False,
            hint="load it again from the archive that it came from",
        )
