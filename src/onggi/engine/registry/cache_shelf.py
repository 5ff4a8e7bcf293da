"""A shared build cache at a registry, under a reference (store.shared.shelf.Shelf)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from onggi.engine.registry.wire import Wire
from onggi.errors import Corrupt, Invalid, NotFound
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.reference import Reference
from onggi.registry import blobs, documents, resolve
from onggi.registry.documents import Document
from onggi.registry.place import Place
from onggi.registry.push import Sending
from onggi.registry.stream import open_stream
from onggi.registry.uploading import upload
from onggi.store.shared.document import GROUP
from onggi.store.shared.shelf import Write

_BUFFER = 1 << 18
_LARGEST = 64 << 20  # bytes of what tells a cache's keys
_LONGEST = 100  # characters of a tag that are left for the reference's own; the spec allows 128 in all
_DOCUMENTS = mediatype.INDEXES | mediatype.MANIFESTS


class RegistryShelf:
    """It is read from the first place that has it, and written to the registry itself. What is written goes through a
    file of `folder`, from which it can be sent again; `sent` hears how many bytes of it went out.

    The manifest of `group` has a tag of its own beside the reference's. Registries cannot change a tag on condition
    that nobody else has: of two who write the index at the same time one may be left out of it, but not out of its own
    tag.
    """

    def __init__(
        self, wire: Wire, reference: Reference, group: str, folder: Path, sent: Callable[[int], object]
    ) -> None:
        self._wire = wire
        self._reference = reference
        self._name = resolve.tag_or_digest(reference)
        self._group = group
        self._folder = folder
        self._sent = sent
        self._size = 0  # bytes of what was sent whole
        self._source: Place | None = None

    def __str__(self) -> str:
        return self._reference.familiar()

    @cached_property
    def _home(self) -> Place:
        if self._reference.digest:
            raise Invalid(f"{self} cannot be written: a digest means what it means", hint="name a tag")
        return self._wire.home(self._reference)

    def named(self) -> bytes | None:
        places = self._wire.places(self._reference)
        ask = resolve.first(places, lambda place: documents.fetch(place, self._name))
        try:
            self._source, document = self._wire.driver.run(ask)
        except NotFound:
            return None
        return document.raw

    def own(self) -> Descriptor | None:
        if self._reference.digest:
            return None
        found = self._wire.driver.run(documents.look(self._at, self._own_tag))
        return found and Descriptor(found.media_type, found.digest, found.size, annotations={GROUP: self._group})

    def keep(self, own: Descriptor) -> None:
        self._wire.driver.run(documents.put(self._home, Document(own.media_type, self.read(own)), self._own_tag))

    def read(self, descriptor: Descriptor) -> bytes:
        if descriptor.media_type in _DOCUMENTS:
            return self._wire.driver.run(documents.fetch(self._at, descriptor.digest)).raw
        if descriptor.size > _LARGEST:
            raise Corrupt(f"{descriptor.digest} of the cache {self} is said to have {descriptor.size} bytes")
        with self.open(descriptor) as stream:
            return stream.read(descriptor.size + 1)  # one more is seen to be too long

    def open(self, descriptor: Descriptor) -> BinaryIO:
        return open_stream(self._wire.driver, self._at, descriptor)

    def has(self, descriptor: Descriptor) -> bool:
        if descriptor.media_type in _DOCUMENTS:
            return self._wire.driver.run(documents.look(self._home, descriptor.digest, blobs.PUSH)) is not None
        return self._wire.driver.run(blobs.look(self._home, descriptor.digest, blobs.PUSH))

    def put(self, descriptor: Descriptor, write: Callable[[Write], object]) -> None:
        with tempfile.TemporaryFile(dir=self._folder) as file:
            write(file.write)
            source = _Written(cast(BinaryIO, file), descriptor, lambda size: self._sent(self._size + size))
            if descriptor.media_type in _DOCUMENTS:
                document = Document(descriptor.media_type, b"".join(source.chunks()))
                self._wire.driver.run(documents.put(self._home, document))
            else:
                sending = Sending(self._home, source, self._wire.driver.run(blobs.begin(self._home)))
                upload(self._wire.driver, sending, f"{descriptor.digest} of the cache {self}")
                self._size += descriptor.size

    def publish(self, descriptor: Descriptor, raw: bytes) -> None:
        self._wire.driver.run(documents.put(self._home, Document(descriptor.media_type, raw), self._name))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Registries have no locks."""
        yield

    @property
    def _own_tag(self) -> str:
        return f"{self._name[:_LONGEST]}.{digests.short(digests.of(self._group.encode()))}"

    @property
    def _at(self) -> Place:
        return self._source or self._home


class _Written:
    """What a file holds, on its way (registry.push.Source)."""

    def __init__(self, file: BinaryIO, descriptor: Descriptor, sent: Callable[[int], object]) -> None:
        self.descriptor = descriptor
        self._file = file
        self._sent = sent

    def chunks(self, skip: int = 0) -> Iterator[bytes]:
        self._file.seek(skip)
        while chunk := self._file.read(_BUFFER):
            yield chunk
            self._sent(self._file.tell())
