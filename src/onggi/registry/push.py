"""A blob on its way to a registry (OCI distribution spec, "Pushing blobs").

It is not sent where it is there already, nor where the registry has it in another repository and gives it to this one.
Else it goes out in one request that streams, or in pieces where the settings bound them. An upload that breaks off goes
on where the registry says that it is; one that the registry has forgotten begins anew.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Literal, Protocol

import msgspec
from msgspec.structs import replace

from onggi.errors import Unauthorized, Unavailable
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry import blobs
from onggi.registry.blobs import Upload
from onggi.registry.flow import Body, Conversation
from onggi.registry.place import Place

LONGEST_PIECE = 8 << 20
"""Bytes of a piece, which is held in memory, unless the registry wants longer ones."""


class Found(msgspec.Struct, frozen=True):
    """A blob that the registry has: it was there, or is now."""

    digest: Digest
    how: Literal["exists", "mounted"]


class Source(Protocol):
    """The bytes of a blob, which are made while they are sent."""

    @property
    def descriptor(self) -> Descriptor | None:
        """What the blob is; None as long as that was not seen."""
        ...

    def chunks(self, skip: int) -> Iterator[bytes]:
        """All but the first `skip` bytes, made anew: the ones before end with that. Once they are through, `descriptor`
        is known."""
        ...


def find(place: Place, candidates: Mapping[Digest, str]) -> Conversation[Found | Upload]:
    """The first of some blobs that the registry has, or gets from the other repository that is named with it, "" for
    none. Else where a blob can be sent."""
    upload = None
    for digest, source in candidates.items():
        if (yield from blobs.look(place, digest, blobs.PUSH)):
            return Found(digest, "exists")
        if source:
            try:
                upload = yield from blobs.mount(place, digest, source)
            except Unauthorized:  # to read it there, perhaps; whether it is to write here, the next request tells
                continue
            if upload is None:
                return Found(digest, "mounted")
    return upload or (yield from blobs.begin(place))


class Attempt(Protocol):
    """One blob, sent in as many attempts as it takes."""

    @property
    def arrived(self) -> int:
        """How many bytes the registry has, as far as it has said."""
        ...

    def attempt(self) -> Conversation[Descriptor]:
        """Sends what is missing. Raises Unavailable where another attempt may succeed, and what others do not mend."""
        ...


class Single:
    """A small one, in one request. `upload`: where to, for the first attempt."""

    arrived = 0

    def __init__(self, place: Place, data: bytes, descriptor: Descriptor, upload: Upload) -> None:
        self._place = place
        self._data = data
        self._descriptor = descriptor
        self._upload: Upload | None = upload
        self._has_failed = False

    def attempt(self) -> Conversation[Descriptor]:
        if self._has_failed and (yield from blobs.look(self._place, self._descriptor.digest, blobs.PUSH)):
            return self._descriptor
        upload, self._upload = self._upload, None
        self._has_failed = True
        if upload is None:
            upload = yield from blobs.begin(self._place)
        yield from blobs.finish(upload, self._descriptor.digest, self._data)
        return self._descriptor


class Sending:
    """A large one, as a stream or piece by piece. `upload`: where to, for the first attempt."""

    def __init__(self, place: Place, source: Source, upload: Upload) -> None:
        self._place = place
        self._source = source
        self._upload: Upload | None = upload
        self._has_failed = False

    @property
    def arrived(self) -> int:
        return self._upload.size if self._upload is not None else 0

    def attempt(self) -> Conversation[Descriptor]:
        if self._has_failed and (yield from self._is_there()):
            return self._made()
        if self._has_failed and self._upload is not None:
            self._upload = self._sound((yield from blobs.resume(self._upload)))
        self._has_failed = True
        if self._upload is None:
            self._upload = yield from blobs.begin(self._place)
        if self._source.descriptor is None or self._upload.size != self._source.descriptor.size:
            yield from self._send(self._upload)
        made = self._made()
        if self._upload.size != made.size:
            raise Unavailable(f"{self._place.host} has {self._upload.size} bytes of the {made.size} that it was sent")
        try:
            yield from blobs.finish(self._upload, made.digest)
        except Unavailable:
            self._upload = None  # it ends with this, whatever comes of it
            raise
        return made

    def _send(self, upload: Upload) -> Conversation[None]:
        if not self._place.chunk:
            after = yield from blobs.send(upload, Body(lambda: self._source.chunks(upload.size)))
            if self._source.descriptor is None:
                raise Unavailable(f"{self._place.host} answered before all was sent")
            self._upload = after if after.size else replace(after, size=self._made().size)
            return
        # A piece is held in memory: there is an end to what a registry may want.
        size = min(max(self._place.chunk, upload.least), LONGEST_PIECE)
        for piece in _pieces(self._source.chunks(upload.size), size):
            before, upload = upload.size, (yield from _send_piece(upload, piece))
            self._upload = upload
            if upload.size != before + len(piece):
                raise Unavailable(f"{self._place.host} took {upload.size - before} bytes of a piece of {len(piece)}")

    def _is_there(self) -> Conversation[bool]:
        """Whether it was the answer alone that got lost."""
        made = self._source.descriptor
        return made is not None and (yield from blobs.look(self._place, made.digest, blobs.PUSH))

    def _sound(self, upload: Upload | None) -> Upload | None:
        """Not one that has more than there is."""
        made = self._source.descriptor
        return None if upload is not None and made is not None and upload.size > made.size else upload

    def _made(self) -> Descriptor:
        assert self._source.descriptor is not None, "all chunks were made"
        return self._source.descriptor


def _send_piece(upload: Upload, piece: bytes) -> Conversation[Upload]:
    return (yield from blobs.send(upload, Body(lambda: iter((piece,)), len(piece))))


def _pieces(chunks: Iterator[bytes], size: int) -> Generator[bytes, None, None]:
    """The same bytes in pieces of one size, the last of which may be shorter."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
