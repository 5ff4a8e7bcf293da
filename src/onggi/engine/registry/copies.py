"""An image of one repository brought to another one, without the store: its blobs are mounted where the registry has
them already, else they stream from one registry to the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from onggi.engine.registry.wire import Wire
from onggi.errors import Corrupt
from onggi.oci import manifest as manifests
from onggi.oci.descriptor import Descriptor
from onggi.oci.reference import Reference
from onggi.registry import documents, resolve
from onggi.registry.chunks import without_first
from onggi.registry.documents import Document
from onggi.registry.driver import Driver
from onggi.registry.place import Place
from onggi.registry.push import Found, Sending, find
from onggi.registry.stream import open_stream
from onggi.registry.uploading import upload
from onggi.solve.together import together
from onggi.store.checked import Checked

_AT_ONCE = 4  # blobs
_CHUNK = 1 << 18


def copy(wire: Wire, source: Reference, image: Document, target: Place) -> None:
    """Have the target hold a manifest that `source` has, with all its blobs. Raises NotFound, Unauthorized, Denied,
    Unavailable, and Corrupt where the source gives other bytes than the manifest names."""
    manifest = manifests.parse(image.raw)
    # What has URLs is fetched from there by those who are allowed to (OCI image spec, descriptor.md, "urls").
    wanted = {each.digest: each for each in (manifest.config, *manifest.layers) if not each.urls}
    home = wire.home(source)
    is_neighbour = home.host == target.host
    origin = home if is_neighbour else _holder(wire, source, image)
    neighbour = home.repository if is_neighbour else ""
    pieces = [partial(_copy_blob, wire.driver, origin, target, each, neighbour) for each in wanted.values()]
    together(pieces, _AT_ONCE, wire.driver.cancel, "copy")
    wire.driver.run(documents.put(target, image))


def _holder(wire: Wire, source: Reference, image: Document) -> Place:
    place, _ = wire.driver.run(resolve.first(wire.places(source), lambda place: documents.fetch(place, image.digest)))
    return place


def _copy_blob(driver: Driver, origin: Place, target: Place, blob: Descriptor, neighbour: str) -> None:
    found = driver.run(find(target, {blob.digest: neighbour}))
    if not isinstance(found, Found):
        upload(driver, Sending(target, _Passing(driver, origin, blob), found), target.full_name(blob.digest))


class _Passing:
    """The bytes of a blob of one registry for another one, checked on the way (registry.push.Source)."""

    def __init__(self, driver: Driver, origin: Place, blob: Descriptor) -> None:
        self.descriptor = blob
        self._driver = driver
        self._origin = origin

    def chunks(self, skip: int) -> Iterator[bytes]:
        return without_first(skip, self._checked())

    def _checked(self) -> Iterator[bytes]:
        """All of it each time, for only all of it can be held against the digest."""
        with open_stream(self._driver, self._origin, self.descriptor) as stream:
            blob = Checked(stream, self.descriptor)
            try:
                while chunk := blob.read(_CHUNK):
                    yield chunk
                blob.finish()
            except Corrupt as error:
                raise Corrupt(f"{self._origin.full_name()} is damaged: {error.message}") from error
