"""`import`: a tar of a root file system becomes an image with one layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from onggi.image import empty, mutate
from onggi.layer.pack import pack
from onggi.layer.unpack import unpack
from onggi.oci.config import History, RunConfig
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.store.disk import make_folder
from onggi.store.store import Store


def import_tar(
    store: Store,
    stream: BinaryIO,
    names: Iterable[Reference] = (),
    *,
    platform: Platform,
    config: RunConfig,
    created: str = "",
    message: str = "",
) -> Digest:
    """The image's ID. `stream` may be compressed; `created` is RFC 3339. The layer's diff ID is that of its canonical
    tar, so the same tree imported twice is one layer, however it was packed."""
    with store.lease() as lease, store.temporary() as folder, store.disk.during("importing a tar"):
        root = make_folder(folder / "root")
        unpack(stream, str(root))
        ref = store.snapshots.add(root, pack(str(root)).ref, lease)
        line = History(created=created, comment=message)
        base = mutate.document(empty.image(platform), created=created)
        image = mutate.append(base, mutate.Addition(line, store.snapshots.layer(ref.diff_id)))
        return store.images.put(mutate.config(image, config), names, lease)
