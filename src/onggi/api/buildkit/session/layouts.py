"""An image of an OCI layout that a client has, by its digest: what it is made of, as a layout here (moby/buildkit,
session/content; the names of such stores begin with "oci:")."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from onggi.api.buildkit.session.content import ClientShelf
from onggi.api.buildkit.session.session import Session
from onggi.errors import Corrupt, Invalid, NotFound
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci import platform as platforms
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.manifest import Index
from onggi.store.disk import LAYOUT, LAYOUT_FILE

SCHEME = "oci-layout://"
_STORE = "oci"
_DOCUMENTS = mediatype.INDEXES | mediatype.MANIFESTS
_PIECE = 1 << 18


def fetch(session: Session, address: str, folder: Path) -> str:
    """The address of the layout that it makes of an empty folder. `address`: oci-layout://STORE@DIGEST, with a tag that
    means nothing behind the store's name. Of an image for several platforms the one for this machine comes. Raises
    Invalid, NotFound, Unavailable, and Corrupt for what is not as it is named; of layers and configurations whoever
    takes the image looks at that."""
    store, _, digest = address.removeprefix(SCHEME).rpartition("@")
    if not store or not digests.is_digest(digest):
        raise Invalid(f"{address} does not name an image of a client's OCI layout", hint="it is STORE@DIGEST")
    shelf = ClientShelf(session, store.partition(":")[0], digest, kind=_STORE)
    raw = shelf.named()
    if raw is None:
        raise NotFound(f"the client's OCI layout has no image {digest}")
    root = Descriptor(manifests.media_type_of(raw), digest, len(raw))
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    for each in _parts(root, blobs):
        place = _blob(blobs, each.digest)
        if each.media_type in _DOCUMENTS:
            place.write_bytes(_document(shelf, each))
        else:
            _copy(shelf, each, place)
    (folder / LAYOUT_FILE).write_bytes(LAYOUT)
    (folder / "index.json").write_bytes(manifests.encode(Index(schema_version=2, manifests=(root,))))
    return f"{SCHEME}{folder}@{digest}"


def _document(shelf: ClientShelf, descriptor: Descriptor) -> bytes:
    """What names others, which are asked for then."""
    raw = shelf.read(descriptor)
    if digests.of(raw) != descriptor.digest:
        raise Corrupt(f"the client's OCI layout has something else as {descriptor.digest}")
    return raw


def _copy(shelf: ClientShelf, descriptor: Descriptor, place: Path) -> None:
    """No more than it is said to have, for there may be no end to it."""
    left = descriptor.size
    with shelf.open(descriptor) as source, place.open("wb") as target:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise Corrupt(f"{descriptor.digest} of the client's OCI layout has more than {descriptor.size} bytes")
            target.write(piece)


def _parts(root: Descriptor, blobs: Path) -> Iterator[Descriptor]:
    """It, and what it names; each once, and what it names only after it has been written."""
    waiting, known = [root], {root.digest}
    while waiting:
        current = waiting.pop()
        yield current
        for each in _named(current, _blob(blobs, current.digest)):
            if each.digest not in known:
                known.add(each.digest)
                waiting.append(each)


def _named(descriptor: Descriptor, path: Path) -> Iterator[Descriptor]:
    """Raises Corrupt for what is not as its type says."""
    if descriptor.media_type in mediatype.INDEXES:
        host = platforms.of_host()
        for each in manifests.parse_index(path.read_bytes()).manifests:
            if each.platform is None or (each.platform.os, each.platform.architecture) == (host.os, host.architecture):
                yield each
    elif descriptor.media_type in mediatype.MANIFESTS:
        manifest = manifests.parse(path.read_bytes())
        yield manifest.config
        yield from manifest.layers


def _blob(blobs: Path, digest: Digest) -> Path:
    return blobs / digests.hex_of(digests.parse(digest))
