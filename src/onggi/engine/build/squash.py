"""--squash: all that a build adds to its base becomes one layer (moby, daemon/images/image_squash.go)."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.engine.rootfs import union
from onggi.image import mutate
from onggi.image.image import Image, assemble, image_id
from onggi.layer.pack import pack
from onggi.oci.config import History
from onggi.store.disk import Lease, make_folder
from onggi.store.store import Store


def squash(store: Store, image: Image, base: Image, lease: Lease) -> Image:
    """The image with one layer on top of those of `base`. Its history tells what was done, and then of the merging."""
    from onggi.layer import squash as layers  # few builds need it

    below, above = base.config(), image.config()
    count = len(below.rootfs.diff_ids)
    own = above.rootfs.diff_ids[count:]
    if not own:
        return image
    with store.temporary() as folder:
        root = make_folder(folder / "root")
        paths = [store.snapshots.path(diff_id) for diff_id in reversed(own)]
        layers.squash(paths, union(store, below.rootfs.diff_ids), str(root))
        ref = store.snapshots.add(root, pack(str(root)).ref, lease)
    merged = f"merge {image_id(image)} to {image_id(base)}" if count else f"create new from {image_id(image)}"
    told = [replace(line, empty_layer=True) for line in above.history[len(below.history) :]]
    kept = replace(above, history=(*below.history, *told))
    lower = assemble(kept, image.layers()[:count], dict(image.manifest().annotations))
    line = History(created=above.created, comment=merged)
    return mutate.append(lower, mutate.Addition(line, store.snapshots.layer(ref.diff_id)))
