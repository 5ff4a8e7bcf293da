"""Repositories that are served: what they name is there."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.store.db import Transaction
from onggi.store.fsck.finding import Check, Finding

_AGAIN = "push it again"
_LOST = "WHERE digest NOT IN (SELECT digest FROM blobs) ORDER BY repository, digest"


def blobs(check: Check) -> Iterator[Finding]:
    """The blobs of repositories are in the store."""
    with check.db.write("checking served repositories") as transaction:
        for repository, digest in _rows(transaction, f"SELECT repository, digest FROM served_blobs {_LOST}"):
            _drop(check, transaction, "served_blobs", repository, digest)
            yield check.found("repository", repository, f"the repository {repository} has lost its blob {digest}")


def manifests(check: Check) -> Iterator[Finding]:
    """The manifests of repositories are in the store."""
    with check.db.write("checking served repositories") as transaction:
        for repository, digest in _rows(transaction, f"SELECT repository, digest FROM served_manifests {_LOST}"):
            tags = _rows(
                transaction,
                "SELECT tag FROM served_tags WHERE repository = ? AND digest = ? ORDER BY tag",
                (repository, digest),
            )
            _drop(check, transaction, "served_manifests", repository, digest)
            called = f", which is called {', '.join(tag for (tag,) in tags)}" if tags else ""
            sentence = f"the repository {repository} has lost its manifest {digest}{called}"
            yield check.found("repository", repository, sentence, hint=_AGAIN)


def members(check: Check) -> Iterator[Finding]:
    """Repositories have all that their manifests name."""
    rows = check.db.all(
        "SELECT repository, manifest, digest FROM served_members WHERE (repository, digest) NOT IN"
        " (SELECT repository, digest FROM served_blobs UNION ALL SELECT repository, digest FROM served_manifests)"
        " ORDER BY repository, manifest, digest"
    )
    for repository, manifest, digest in rows:
        yield check.found(
            "repository",
            repository,
            f"the manifest {manifest} of the repository {repository} cannot be pulled: {digest} is gone",
            can_repair=False,
            hint=_AGAIN,
        )


def _rows(transaction: Transaction, query: str, values: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return transaction.execute(query, values).fetchall()


def _drop(check: Check, transaction: Transaction, table: str, repository: str, digest: str) -> None:
    if check.repair:
        transaction.execute(f"DELETE FROM {table} WHERE repository = ? AND digest = ?", (repository, digest))
