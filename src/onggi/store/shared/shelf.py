"""Where a shared cache lies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from onggi.errors import NotFound, Unsupported
from onggi.image.validate import check_bytes
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.store.shared import document
from onggi.store.shared.document import Group

Write = Callable[[bytes], object]


class Shelf(Protocol):
    """A folder or a repository that holds a cache under one name. `str()` is what people call it."""

    def named(self) -> bytes | None:
        """The document that the name means; None if there is none."""
        ...

    def own(self) -> Descriptor | None:
        """The manifest of the group that this shelf was made for, where it can be had beside the named document."""
        ...

    def keep(self, own: Descriptor) -> None:
        """Have `own` give this manifest, which is on the shelf."""
        ...

    def read(self, descriptor: Descriptor) -> bytes:
        """A document, unchecked. Raises NotFound."""
        ...

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """A blob, unchecked. Raises NotFound."""
        ...

    def has(self, descriptor: Descriptor) -> bool: ...

    def put(self, descriptor: Descriptor, write: Callable[[Write], object]) -> None:
        """Add a blob or manifest, which `write` gives piece by piece."""
        ...

    def publish(self, descriptor: Descriptor, raw: bytes) -> None:
        """Have the name mean this document. What it names is there."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Keep other writers of the name away until the end of the block, as far as that is possible."""
        ...


def groups(shelf: Shelf) -> list[Group]:
    """What is in the cache. Raises NotFound, Corrupt, Unsupported, and what the shelf raises."""
    raw, own = shelf.named(), shelf.own()
    if raw is None and own is None:
        raise NotFound(f"there is no cache {shelf} yet")
    members = () if raw is None else document.members(raw)
    if own is not None:
        members = document.joined(members, own).manifests
    found: list[Group] = []
    other: Unsupported | None = None
    for member in members:
        try:
            found.append(_group(shelf, member))
        except Unsupported as error:  # an image may have more in its index than images
            other = error
    if other is not None and not found:
        raise other
    return found


def _group(shelf: Shelf, member: Descriptor) -> Group:
    if member.media_type not in mediatype.MANIFESTS:
        document.check_is_cache(member)  # BuildKit has blobs in its index
    raw_manifest = _checked(shelf, member)
    manifest = manifests.parse(raw_manifest)
    if document.INLINE in manifest.annotations:
        return document.inline(manifest, _checked(shelf, manifest.config))
    if manifest.config.media_type in mediatype.CONFIGS:
        document.check_is_not_buildkits(_checked(shelf, manifest.config))
    document.check_is_cache(manifest.config)
    return document.group(raw_manifest, _checked(shelf, manifest.config))


def _checked(shelf: Shelf, descriptor: Descriptor) -> bytes:
    data = shelf.read(descriptor)
    check_bytes("the document", data, descriptor)
    return data
