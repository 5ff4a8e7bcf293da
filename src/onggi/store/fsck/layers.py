"""Layers: a row and a folder each, with the files that its digests say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from onggi.errors import Corrupt, NotFound
from onggi.layer.pack import pack
from onggi.layer.unpack import unpack
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.store import users
from onggi.store.db import Transaction
from onggi.store.disk import make_folder
from onggi.store.fsck.finding import Check, Finding

_NEEDED = (
    "SELECT 1 FROM image_layers WHERE diff_id = ?1 UNION ALL SELECT 1 FROM container_layers WHERE diff_id = ?1"
    " UNION ALL SELECT 1 FROM leases WHERE kind = 'snapshot' AND subject = ?1"
)


def rows(check: Check) -> Iterator[Finding]:
    """Each row has its folder."""
    for (diff_id,) in check.db.all("SELECT diff_id FROM snapshots ORDER BY diff_id"):
        if not os.path.isdir(check.store.snapshots.path(diff_id)):
            yield _mend(check, diff_id, f"the folder of layer {diff_id} is gone")


def folders(check: Check) -> Iterator[Finding]:
    """Each folder has its row."""
    with check.db.write("checking layers") as transaction:
        known = {digests.hex_of(diff_id) for (diff_id,) in transaction.execute("SELECT diff_id FROM snapshots")}
        for name in sorted(set(os.listdir(check.disk.root / "snapshots")) - known):
            check.drop(transaction, check.disk.root / "snapshots" / name)
            yield check.found("layer", name, f"the folder snapshots/{name} belongs to no layer")


def contents(check: Check) -> Iterator[Finding]:
    """The files of each folder are those of its digests."""
    for ref in check.store.snapshots.list():
        with check.store.lease() as lease:
            if check.store.snapshots.get(ref.diff_id, lease) is None:
                continue  # collected meanwhile
            packed = pack(check.store.snapshots.path(ref.diff_id))
            is_canonical = check.store.snapshots.is_canonical(ref.diff_id)
        if packed.tree_digest != ref.tree_digest or (is_canonical and packed.diff_id != ref.diff_id):
            yield _mend(check, ref.diff_id, f"the files of layer {ref.diff_id} were changed")


def _mend(check: Check, diff_id: Digest, what: str) -> Finding:
    """Make a layer again from its blob; forget it where nothing but the build cache needs it."""
    if _forget(check, diff_id):
        return check.found("layer", diff_id, f"{what}; only the build cache knew it")
    images, containers = users.images_of_layer(check.db, diff_id), users.containers_of_layer(check.db, diff_id)
    having = users.listed([*images, *(f"container {name}" for name in containers)])
    what = f"{what}, which is part of {having}" if having else what
    if _unpack_again(check, diff_id):
        return check.found("layer", diff_id, f"{what}; its blob is whole")
    if check.repair:
        with check.db.write("forgetting what was cached on a layer") as transaction:
            _forget_cached(transaction, diff_id)  # so that a build makes it again
    is_there = having and os.path.isdir(check.store.snapshots.path(diff_id))
    hint = f"remove {having}, then build or load again" if is_there else "build or load again what it is part of"
    return check.found("layer", diff_id, what, can_repair=False, hint=hint)


def _forget(check: Check, diff_id: Digest) -> bool:
    """Whether nothing but the build cache needs it; when mending, it is then forgotten."""
    with check.db.write("forgetting a layer") as transaction:
        if transaction.execute(_NEEDED, (diff_id,)).fetchone() is not None:
            return False
        if check.repair:
            _forget_cached(transaction, diff_id)
            transaction.execute("DELETE FROM snapshots WHERE diff_id = ?", (diff_id,))
            check.drop(transaction, Path(check.store.snapshots.path(diff_id)))
    return True


def _forget_cached(transaction: Transaction, diff_id: Digest) -> None:
    transaction.execute("DELETE FROM cache WHERE key IN (SELECT key FROM cache_layers WHERE diff_id = ?)", (diff_id,))


def _unpack_again(check: Check, diff_id: Digest) -> bool:
    """Whether a blob has the layer; when mending, it is then unpacked into its place."""
    row = check.db.one(
        "SELECT digest FROM image_layers JOIN blobs USING (digest) WHERE diff_id = ? LIMIT 1", (diff_id,)
    )
    if row is None:
        return False
    with check.store.temporary() as folder:
        root = make_folder(folder / "root")
        try:
            with check.store.blobs.open(row[0]) as stream:
                packed = unpack(stream, str(root))
        except (Corrupt, NotFound):
            return False
        if packed.diff_id != diff_id:
            return False
        if check.repair:
            with check.db.write("unpacking a layer again") as transaction:
                check.drop(transaction, Path(check.store.snapshots.path(diff_id)))
                transaction.rename(str(root), check.store.snapshots.path(diff_id))
    return True
