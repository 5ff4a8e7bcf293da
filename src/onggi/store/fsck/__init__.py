"""Does the store hold together? Each check looks at one thing that a process killed at any instant, a full disk or a
stranger's hand can leave behind, and mends it if asked; no named image, container or volume is lost by mending.

Rows and folders are compared inside a write transaction, so nothing appears or goes while they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onggi.store.fsck import blobs, disk, homes, images, layers, served, volumes
from onggi.store.fsck.finding import Check, Finding
from onggi.store.store import Store

__all__ = ["Finding", "check"]

_CHECKS: tuple[Callable[[Check], Iterator[Finding]], ...] = (
    disk.database,
    disk.layout_file,
    disk.locks,
    disk.leases,
    disk.temporary,
    layers.rows,
    layers.folders,
    blobs.rows,
    blobs.files,
    images.documents,
    homes.containers,
    homes.documents,
    volumes.folders,
    volumes.rows,
    volumes.fillings,
    homes.builds,
    served.blobs,
    served.manifests,
)
_DEEP_CHECKS = (blobs.contents, layers.contents)
_LAST_CHECKS = (images.layers, served.members, disk.index)  # what follows from the rest


def check(store: Store, *, repair: bool = False, deep: bool = False) -> list[Finding]:
    """What is wrong, in the order in which it is mended. `deep` reads every byte and compares digests."""
    with store.disk.during("checking it"):
        missing = [*disk.folders(Check(store, repair))]
        if missing and not repair:
            return missing  # so there is nothing to look into
        checks = (*_CHECKS, *(_DEEP_CHECKS if deep else ()), *_LAST_CHECKS)
        return missing + [finding for each in checks for finding in each(Check(store, repair))]
