"""Repositories: which manifests, tags and blobs each of them has. Their bytes are files of blobs/sha256/, one for all
repositories and for the store's own images.

A blob belongs to a repository once it was uploaded to it or mounted into it: knowing a digest gives nobody what others
keep. What a manifest names is there when the manifest comes, and cannot be deleted before it; so what can be looked up
can be pulled as a whole. A blob that no manifest names, not yet or no more, stays a day (`UNNAMED_SECONDS`): so long
has the client who pushed it to push the manifest too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

import msgspec

from onggi.errors import Conflict, Invalid
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.store.blobs import Blobs
from onggi.store.db import Transaction
from onggi.store.disk import Disk

if TYPE_CHECKING:
    from onggi.store.served.draft import Draft

UNNAMED_SECONDS = 24 * 3600.0
PAGE_BYTES = (4 << 20) - 1024
"""Of a list of referrers: with its head it is no larger than a manifest may be."""


class Member(msgspec.Struct, frozen=True):
    """What a manifest names, with the size that it says it has, in bytes."""

    digest: Digest
    size: int


class ServedManifest(msgspec.Struct, frozen=True):
    """`size` in bytes."""

    digest: Digest
    media_type: str
    size: int


class NewManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest as it comes. `members` must be in its repository; `subject` need not. `descriptor` is how the list of
    its subject's referrers shows it, as JSON."""

    raw: bytes
    media_type: str
    members: tuple[Member, ...] = ()
    subject: Digest = ""
    artifact_type: str = ""
    descriptor: bytes = b""


class Incomplete(Conflict):
    """A manifest names what its repository does not have: `missing`."""

    def __init__(self, repository: str, missing: tuple[Digest, ...]) -> None:
        super().__init__(f"the repository {repository} has no {missing[0]}, which the manifest names")
        self.missing = missing


class Served:
    """The repositories of one store."""

    def __init__(self, disk: Disk, blobs: Blobs, clock: Callable[[], float] = time.time) -> None:
        self._disk, self._blobs, self._clock = disk, blobs, clock

    def repositories(self, after: str = "", most: int = -1) -> list[str]:
        """Their names, those behind `after`; at most `most` of them, -1 for all."""
        rows = self._disk.db.all(
            "SELECT repository FROM served_manifests WHERE repository > ?1"
            " UNION SELECT repository FROM served_blobs WHERE repository > ?1 ORDER BY repository LIMIT ?2",
            (after, most),
        )
        return [name for (name,) in rows]

    def has_repository(self, repository: str) -> bool:
        """Is there anything in it?"""
        tables = ("served_manifests", "served_blobs")
        return any(self._disk.db.one(f"SELECT 1 FROM {table} WHERE repository = ?", (repository,)) for table in tables)

    # Blobs.

    def blob_size(self, repository: str, digest: Digest) -> int | None:
        """In bytes; None if the repository has no such blob."""
        row = self._disk.db.one(
            "SELECT size FROM served_blobs JOIN blobs USING (digest) WHERE repository = ? AND digest = ?",
            (repository, digest),
        )
        return None if row is None else int(row[0])

    def path(self, digest: Digest) -> str:
        """Of the file of a blob or a manifest. It may go at any time; whoever has opened it can read on."""
        return self._blobs.path(digest)

    def draft(self) -> Draft:
        """A new blob to write."""
        from onggi.store.served.draft import Draft  # late: garbage collection receives nothing

        return Draft(self._disk)

    def take(self, repository: str, draft: Draft) -> Digest:
        """Make a complete draft a blob of the repository."""
        digest = draft.digest
        if draft.size == 0:
            draft.append(b"")  # so that there is a file
        with self._disk.db.write(f"storing blob {digest}") as transaction:
            self._blobs.take_over(transaction, draft.path, digest, draft.size)
            self._link(transaction, repository, digest)
        draft.drop()
        return digest

    def mount(self, repository: str, digest: Digest, source: str = "") -> bool:
        """Make a blob of the repository `source`, or of any if it is "", one of this repository too; False if there is
        no such blob."""
        with self._disk.db.write(f"mounting blob {digest}") as transaction:
            found = transaction.execute(
                "SELECT 1 FROM served_blobs JOIN blobs USING (digest) WHERE digest = ? AND ? IN (repository, '')",
                (digest, source),
            ).fetchone()
            if found is not None:
                self._link(transaction, repository, digest)
        return found is not None

    def remove_blob(self, repository: str, digest: Digest) -> bool:
        """Take a blob out of the repository; False if it is not there. Raises Conflict while a manifest names it."""
        with self._disk.db.write(f"removing blob {digest}") as transaction:
            _refuse_if_named(transaction, repository, digest)
            return _delete(transaction, "served_blobs WHERE repository = ? AND digest = ?", (repository, digest))

    def _link(self, transaction: Transaction, repository: str, digest: Digest) -> None:
        transaction.execute("INSERT OR REPLACE INTO served_blobs VALUES (?, ?, ?)", (repository, digest, self._clock()))

    # Manifests.

    def manifest(self, repository: str, reference: str) -> ServedManifest | None:
        """By tag or by digest."""
        row = self._disk.db.one(
            "SELECT digest, media_type, size FROM served_manifests JOIN blobs USING (digest)"
            " WHERE repository = ?1 AND digest ="
            " ifnull((SELECT digest FROM served_tags WHERE repository = ?1 AND tag = ?2), ?2)",
            (repository, reference),
        )
        return None if row is None else ServedManifest(*row)

    def read(self, manifest: ServedManifest) -> bytes:
        """Raises NotFound if it went meanwhile."""
        return self._blobs.read(manifest.digest)

    def put_manifest(self, repository: str, new: NewManifest, tags: Collection[str] = ()) -> Digest:
        """Store a manifest, and let `tags` mean it. Raises Incomplete where the repository lacks what it names, Invalid
        where it names that with another size."""
        digest = digests.of(new.raw)
        with self._disk.temporary() as folder, self._disk.during(f"storing manifest {digest}"):
            file = folder / "manifest"
            file.write_bytes(new.raw)
            with self._disk.db.write(f"storing manifest {digest}") as transaction:
                _check_members(transaction, repository, new.members)
                self._blobs.take_over(transaction, str(file), digest, len(new.raw))
                _insert(transaction, repository, digest, new)
                transaction.execute_many(
                    "INSERT OR REPLACE INTO served_tags VALUES (?, ?, ?)", [(repository, tag, digest) for tag in tags]
                )
        return digest

    def remove_manifest(self, repository: str, digest: Digest) -> bool:
        """Forget a manifest and the tags that mean it; False if it is not there. Raises Conflict while another manifest
        names it."""
        with self._disk.db.write(f"removing manifest {digest}") as transaction:
            _refuse_if_named(transaction, repository, digest)
            transaction.execute(  # the day of grace begins: whoever has just seen a blob may name it yet
                "UPDATE served_blobs SET since = ?3 WHERE repository = ?1 AND digest IN"
                " (SELECT digest FROM served_members WHERE repository = ?1 AND manifest = ?2)",
                (repository, digest, self._clock()),
            )
            return _delete(transaction, "served_manifests WHERE repository = ? AND digest = ?", (repository, digest))

    # Tags.

    def tags(self, repository: str, after: str = "", most: int = -1) -> list[str]:
        """In lexical order, "i.e. case-insensitive alphanumeric order" (distribution spec, "Listing Tags"); those
        behind `after`, at most `most` of them, -1 for all."""
        rows = self._disk.db.all(
            "SELECT tag FROM served_tags WHERE repository = ? AND (lower(tag), tag) > (lower(?), ?)"
            " ORDER BY lower(tag), tag LIMIT ?",
            (repository, after, after, most),
        )
        return [tag for (tag,) in rows]

    def untag(self, repository: str, tag: str) -> bool:
        """Forget a tag; the manifest stays. False if it is not there."""
        with self._disk.db.write(f"removing tag {tag}") as transaction:
            return _delete(transaction, "served_tags WHERE repository = ? AND tag = ?", (repository, tag))

    # Referrers.

    def referrers(
        self, repository: str, subject: Digest, artifact_type: str = "", after: str = "", most_bytes: int = PAGE_BYTES
    ) -> tuple[list[bytes], Digest]:
        """The descriptors of the manifests whose subject is `subject`, and the digest behind which there are more; ""
        if these are all. Those behind `after` in the order of digests, `most_bytes` of them with their commas, or a
        single one that is larger; `artifact_type` "" is any."""
        rows = self._disk.db.all(
            "SELECT digest, descriptor, of_all FROM (SELECT digest, descriptor, count(*) OVER () AS of_all,"
            " sum(length(descriptor) + 1) OVER (ORDER BY digest) AS total FROM served_manifests"
            " WHERE repository = ? AND subject = ? AND digest > ? AND ? IN (artifact_type, ''))"
            " WHERE total <= ? OR total = length(descriptor) + 1 ORDER BY digest",
            (repository, subject, after, artifact_type, most_bytes),
        )
        goes_on = bool(rows) and rows[0][2] > len(rows)
        return [descriptor for _, descriptor, _ in rows], rows[-1][0] if goes_on else ""


def forget_unnamed(transaction: Transaction, now: float) -> None:
    """Take the blobs out of their repositories that no manifest has named for a day."""
    transaction.execute(
        "DELETE FROM served_blobs WHERE since < ? AND (repository, digest) NOT IN"
        " (SELECT repository, digest FROM served_members)",
        (now - UNNAMED_SECONDS,),
    )


def _check_members(transaction: Transaction, repository: str, members: Iterable[Member]) -> None:
    missing = []
    for member in members:
        row = transaction.execute(  # BuildKit's caches are indexes that name blobs in the place of manifests
            "SELECT size FROM blobs WHERE digest = ?1 AND ("
            " EXISTS (SELECT 1 FROM served_blobs WHERE repository = ?2 AND digest = ?1)"
            " OR EXISTS (SELECT 1 FROM served_manifests WHERE repository = ?2 AND digest = ?1))",
            (member.digest, repository),
        ).fetchone()
        if row is None:
            missing.append(member.digest)
        elif row[0] != member.size:
            raise Invalid(f"the manifest says that {member.digest} has {member.size} bytes, but it has {row[0]}")
    if missing:
        raise Incomplete(repository, tuple(missing))


def _insert(transaction: Transaction, repository: str, digest: Digest, new: NewManifest) -> None:
    """A manifest that is there already may come as another media type."""
    transaction.execute(
        "INSERT INTO served_manifests VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET media_type = excluded.media_type, descriptor = excluded.descriptor",
        (repository, digest, new.media_type, new.subject, new.artifact_type, new.descriptor),
    )
    transaction.execute_many(
        "INSERT OR IGNORE INTO served_members VALUES (?, ?, ?)",
        [(repository, digest, member.digest) for member in new.members],
    )


def _refuse_if_named(transaction: Transaction, repository: str, digest: Digest) -> None:
    row = transaction.execute(
        "SELECT manifest FROM served_members WHERE repository = ? AND digest = ?", (repository, digest)
    ).fetchone()
    if row is not None:
        raise Conflict(f"the manifest {row[0]} of the repository {repository} names {digest}", hint="delete that first")


def _delete(transaction: Transaction, what: str, values: tuple[str, ...]) -> bool:
    return bool(transaction.execute(f"DELETE FROM {what} RETURNING 1", values).fetchall())
