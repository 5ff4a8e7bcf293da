"""Does the store hold together? Each check looks at one thing that a process killed at any instant, a full disk or a
stranger's hand can leave behind, and mends it if asked; no named image, container or volume is lost by mending.

Rows and folders are compared inside a write transaction, so nothing appears or goes while they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from onggi.errors import Conflict, Corrupt, NotFound
from onggi.layer import removal
from onggi.layer.pack import pack
from onggi.layer.unpack import unpack
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.store import layout, lockfile, users
from onggi.store.containers import make_home
from onggi.store.db import Transaction
from onggi.store.disk import FOLDERS, LAYOUT_FILE, SESSION, write_layout
from onggi.store.store import Store


class Finding(msgspec.Struct, frozen=True):
    """`kind` is a short noun for programs, `sentence` is for people. can_repair: mending it is in our power. hint: what
    is left for the person to do."""

    kind: str
    subject: str
    sentence: str
    is_repaired: bool
    can_repair: bool = True
    hint: str = ""


def check(store: Store, *, repair: bool = False, deep: bool = False) -> list[Finding]:
    """What is wrong, in the order in which it is mended. `deep` reads every byte and compares digests."""
    with store.disk.during("checking it"):
        missing = [*_folders(_Check(store, repair))]
        if missing and not repair:
            return missing  # so there is nothing to look into
        checks = (*_CHECKS, *(_DEEP_CHECKS if deep else ()), *_LAST_CHECKS)
        return missing + [finding for each in checks for finding in each(_Check(store, repair))]


class _Check:
    """What a check needs: the store, and whether to mend."""

    def __init__(self, store: Store, repair: bool) -> None:
        self.store, self.repair = store, repair
        self.disk, self.db = store.disk, store.disk.db

    def found(self, kind: str, subject: str, sentence: str, *, can_repair: bool = True, hint: str = "") -> Finding:
        return Finding(kind, subject, sentence, self.repair and can_repair, can_repair, hint)

    def drop(self, transaction: Transaction, path: Path) -> None:
        """When mending: rename it into tmp/ now, to be unlinked after the commit."""
        if self.repair and path.exists():
            trash = self.disk.trash()
            transaction.rename(str(path), trash)
            transaction.afterwards(lambda: removal.remove(trash))


def _database(check: _Check) -> Iterator[Finding]:
    for (line,) in check.db.all("PRAGMA quick_check"):
        if line != "ok":
            yield check.found("database", "onggi.db", f"the database is damaged: {line}", can_repair=False)
    for table, *_ in check.db.all("PRAGMA foreign_key_check"):
        yield check.found("database", table, f"a row of {table} names something that is gone", can_repair=False)


def _folders(check: _Check) -> Iterator[Finding]:
    for folder in FOLDERS:
        path = check.disk.root / folder
        if not path.is_dir():
            if check.repair:
                path.mkdir(mode=0o700, parents=True)
            yield check.found("folder", folder, f"the folder {folder} was missing")


def _layout(check: _Check) -> Iterator[Finding]:
    if not (check.disk.root / LAYOUT_FILE).is_file():
        if check.repair:
            write_layout(check.disk.root)
        yield check.found("layout", LAYOUT_FILE, f"the file {LAYOUT_FILE} was missing")


def _locks(check: _Check) -> Iterator[Finding]:
    for name in sorted(os.listdir(check.disk.root / "locks")):
        path = check.disk.lock_path(name)
        descriptor = lockfile.seize(path)
        if descriptor is None:
            continue
        if check.repair:
            lockfile.release(path, descriptor)
        else:
            os.close(descriptor)
        if name.startswith(SESSION):
            yield check.found("session", name, "a process ended without tidying up after itself")
        else:
            yield check.found("lock", name, "a lock of a process that died was left")


def _leases(check: _Check) -> Iterator[Finding]:
    with check.db.write("checking leases") as transaction:
        living = check.disk.sessions()
        for session, count in transaction.execute("SELECT session, count(*) FROM leases GROUP BY session").fetchall():
            if session in living:
                continue
            if check.repair:
                transaction.execute("DELETE FROM leases WHERE session = ?", (session,))
            yield check.found("lease", session, f"{count} leases of a process that died were left")


def _temporary(check: _Check) -> Iterator[Finding]:
    for path in check.disk.orphans():
        name = os.path.basename(path)
        try:
            if check.repair:
                check.disk.discard(path)
        except Conflict as error:
            yield check.found("temporary", name, error.message, can_repair=False)
        else:
            yield check.found("temporary", name, f"unfinished work of a process that died was left in tmp/{name}")


def _layer_rows(check: _Check) -> Iterator[Finding]:
    for (diff_id,) in check.db.all("SELECT diff_id FROM snapshots ORDER BY diff_id"):
        if not os.path.isdir(check.store.snapshots.path(diff_id)):
            yield _mend_layer(check, diff_id, f"the folder of layer {diff_id} is gone")


def _layer_folders(check: _Check) -> Iterator[Finding]:
    with check.db.write("checking layers") as transaction:
        rows = {digests.hex_of(diff_id) for (diff_id,) in transaction.execute("SELECT diff_id FROM snapshots")}
        for name in sorted(set(os.listdir(check.disk.root / "snapshots")) - rows):
            check.drop(transaction, check.disk.root / "snapshots" / name)
            yield check.found("layer", name, f"the folder snapshots/{name} belongs to no layer")


def _blob_rows(check: _Check) -> Iterator[Finding]:
    with check.db.write("checking blobs") as transaction:
        for digest, size in transaction.execute("SELECT digest, size FROM blobs ORDER BY digest").fetchall():
            path = Path(check.store.blobs.path(digest))
            if path.is_file() and path.stat().st_size == size:
                continue
            what = f"has {path.stat().st_size} bytes instead of {size}" if path.is_file() else "is gone"
            if check.repair:
                _forget_blob(check, transaction, digest)
            yield _lost_blob(check, digest, f"the file of blob {digest} {what}")


def _blob_files(check: _Check) -> Iterator[Finding]:
    with check.db.write("checking blobs") as transaction:
        rows = {digests.hex_of(digest) for (digest,) in transaction.execute("SELECT digest FROM blobs")}
        for name in sorted(set(os.listdir(check.disk.root / "blobs" / "sha256")) - rows):
            check.drop(transaction, check.disk.root / "blobs" / "sha256" / name)
            yield check.found("blob", name, f"the file blobs/sha256/{name} is known to nothing")


def _documents(check: _Check) -> Iterator[Finding]:
    for image_id, digest, manifest, config in check.db.all("SELECT id, manifest_digest, manifest, config FROM images"):
        if digests.of(config) != image_id or digests.of(manifest) != digest:
            yield check.found("image", image_id, f"the documents of image {image_id} were changed", can_repair=False)


def _image_layers(check: _Check) -> Iterator[Finding]:
    """Every image can still be given away as it came."""
    rows = check.db.all(
        "SELECT DISTINCT image, digest FROM image_layers JOIN snapshots USING (diff_id)"
        " WHERE digest NOT IN (SELECT digest FROM blobs) AND NOT (is_canonical AND digest = diff_id)"
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


def _container_homes(check: _Check) -> Iterator[Finding]:
    folder = check.disk.root / "containers"
    with check.db.write("checking containers") as transaction:
        names = dict(transaction.execute("SELECT id, name FROM containers").fetchall())
        homes = set(os.listdir(folder))
        for name in sorted(homes - names.keys()):
            if lockfile.is_held(str(folder / name / "monitor.lock")):
                yield check.found("container", name, f"a process still runs in containers/{name}", can_repair=False)
                continue
            check.drop(transaction, folder / name)
            yield check.found("container", name, f"the folder containers/{name} belongs to no container")
        for row in sorted(names.keys() - homes):
            if check.repair:
                make_home(folder / row)
            yield check.found(
                "container", row, f"the folder of container {names[row]} is gone, and what it wrote with it"
            )


def _build_folders(check: _Check) -> Iterator[Finding]:
    folder = check.disk.root / "builds"
    with check.db.write("checking build records") as transaction:
        rows = {build for (build,) in transaction.execute("SELECT id FROM builds")}
        folders = set(os.listdir(folder))
        for build in sorted(folders - rows):
            check.drop(transaction, folder / build)
            yield check.found("build", build, f"the logs in builds/{build} belong to no build")
        for build in sorted(rows - folders):
            if check.repair:
                (folder / build).mkdir(mode=0o700)
            yield check.found("build", build, f"the logs of build {build} are gone")


def _index(check: _Check) -> Iterator[Finding]:
    path = check.disk.root / "index.json"
    with check.db.write("checking index.json") as transaction:
        if not path.exists() or path.read_bytes() != layout.index(transaction):
            if check.repair:
                layout.publish(check.disk, transaction)
            yield check.found("layout", "index.json", "index.json does not agree with the database")


def _blob_contents(check: _Check) -> Iterator[Finding]:
    for (digest,) in check.db.all("SELECT digest FROM blobs ORDER BY digest"):
        with check.store.lease() as lease:
            if not check.store.blobs.has(digest, lease):
                continue  # collected meanwhile
            with check.store.blobs.open(digest) as stream:
                found = digests.of_stream(stream)
        if found != digest:
            if check.repair:
                with check.db.write("forgetting a blob") as transaction:
                    _forget_blob(check, transaction, digest)
            yield _lost_blob(check, digest, f"the bytes of blob {digest} were changed")


def _layer_contents(check: _Check) -> Iterator[Finding]:
    for ref in check.store.snapshots.list():
        with check.store.lease() as lease:
            if check.store.snapshots.get(ref.diff_id, lease) is None:
                continue  # collected meanwhile
            packed = pack(check.store.snapshots.path(ref.diff_id))
            is_canonical = check.store.snapshots.is_canonical(ref.diff_id)
        if packed.tree_digest != ref.tree_digest or (is_canonical and packed.diff_id != ref.diff_id):
            yield _mend_layer(check, ref.diff_id, f"the files of layer {ref.diff_id} were changed")


def _lost_blob(check: _Check, digest: Digest, what: str) -> Finding:
    images = users.images_of_blob(check.db, digest)
    if not images:
        return check.found("blob", digest, what)
    return check.found(
        "blob",
        digest,
        f"{what}: without it {users.listed(images)} can run, but not be saved",
        hint="once the store has forgotten the blob, load the image again from the archive that it came from",
    )


def _mend_layer(check: _Check, diff_id: Digest, what: str) -> Finding:
    """Make a layer again from its blob; forget it where nothing but the build cache needs it."""
    if _forget_layer(check, diff_id):
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


def _forget_layer(check: _Check, diff_id: Digest) -> bool:
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


_NEEDED = (
    "SELECT 1 FROM image_layers WHERE diff_id = ?1 UNION ALL SELECT 1 FROM container_layers WHERE diff_id = ?1"
    " UNION ALL SELECT 1 FROM leases WHERE kind = 'snapshot' AND subject = ?1"
)


def _unpack_again(check: _Check, diff_id: Digest) -> bool:
    """Whether a blob has the layer; when mending, it is then unpacked into its place."""
    row = check.db.one(
        "SELECT digest FROM image_layers JOIN blobs USING (digest) WHERE diff_id = ? LIMIT 1", (diff_id,)
    )
    if row is None:
        return False
    with check.store.temporary() as folder:
        root = folder / "root"
        root.mkdir()
        root.chmod(0o755)  # whatever the umask
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


def _forget_blob(check: _Check, transaction: Transaction, digest: Digest) -> None:
    transaction.execute("DELETE FROM blobs WHERE digest = ?", (digest,))
    check.drop(transaction, Path(check.store.blobs.path(digest)))


_CHECKS: tuple[Callable[[_Check], Iterator[Finding]], ...] = (
    _database,
    _layout,
    _locks,
    _leases,
    _temporary,
    _layer_rows,
    _layer_folders,
    _blob_rows,
    _blob_files,
    _documents,
    _container_homes,
    _build_folders,
)
_DEEP_CHECKS = (_blob_contents, _layer_contents)
_LAST_CHECKS = (_image_layers, _index)  # what follows from the rest
