"""A shared build cache at a registry, under a reference (store.shared.shelf.Shelf)."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from onggi.engine.registry.wire import Wire
from onggi.errors import Invalid, NotFound
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.reference import Reference
from onggi.registry import blobs, documents, resolve
from onggi.registry.documents import Document
from onggi.registry.flow import Body
from onggi.registry.place import Place
from onggi.registry.stream import BlobStream
from onggi.store.shared.shelf import Write

_BUFFER = 1 << 18
_DOCUMENTS = mediatype.INDEXES | mediatype.MANIFESTS


class RegistryShelf:
    """It is read from the first place that has it, and written to the registry itself. What is written goes through a
    file of `folder`, for a registry wants to know how long it is."""

    def __init__(self, wire: Wire, reference: Reference, folder: Path) -> None:
        self._wire = wire
        self._reference = reference
        self._name = resolve.tag_or_digest(reference)
        self._folder = folder
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

    def read(self, descriptor: Descriptor) -> bytes:
        if descriptor.media_type in _DOCUMENTS:
            return self._wire.driver.run(documents.fetch(self._at, descriptor.digest)).raw
        return self._wire.driver.run(blobs.read(self._at, descriptor))

    def open(self, descriptor: Descriptor) -> BinaryIO:
        stream = BlobStream(self._wire.driver, self._at, descriptor, 0, lambda count: None)
        return cast(BinaryIO, io.BufferedReader(stream, _BUFFER))

    def has(self, descriptor: Descriptor) -> bool:
        if descriptor.media_type in _DOCUMENTS:
            return self._wire.driver.run(documents.look(self._home, descriptor.digest)) is not None
        return self._wire.driver.run(blobs.look(self._home, descriptor.digest))

    def put(self, descriptor: Descriptor, write: Callable[[Write], object]) -> None:
        with tempfile.TemporaryFile(dir=self._folder) as file:
            write(file.write)
            file.flush()
            if descriptor.media_type in _DOCUMENTS:
                file.seek(0)
                document = Document(descriptor.media_type, file.read())
                self._wire.driver.run(documents.put(self._home, document))
                return
            upload = self._wire.driver.run(blobs.begin(self._home))
            body = Body(lambda: _chunks(cast(BinaryIO, file)), descriptor.size)
            self._wire.driver.run(blobs.finish(upload, descriptor.digest, body))

    def publish(self, descriptor: Descriptor, raw: bytes) -> None:
        self._wire.driver.run(documents.put(self._home, Document(descriptor.media_type, raw), self._name))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Registries have no locks: who writes looks afterwards whether it is there, and writes again if not."""
        yield

    @property
    def _at(self) -> Place:
        return self._source or self._home


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_BUFFER):
        yield chunk
