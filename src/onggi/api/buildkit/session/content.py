"""A shared cache in a folder of a client: `containerd.services.content.v1.Content` (moby/buildkit, session/content).

The client has blobs by their digests, and says itself which of them its index names: before a build of what it is to
look into, and afterwards of what was written.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO, TypeAlias

from onggi.api.buildkit.grpc.status import ALREADY_EXISTS, NOT_FOUND, CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session.calls import ask
from onggi.api.buildkit.session.messages import hear, tell
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import (
    ContentInfoRequest,
    ContentInfoResponse,
    ReadContentRequest,
    ReadContentResponse,
    WriteContentRequest,
    WriteContentResponse,
)
from onggi.errors import Corrupt, NotFound, OnggiError, Unavailable
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.reader import Reader
from onggi.store.shared.shelf import Write

_SERVICE = "/containerd.services.content.v1.Content"
INFO, READ, WRITE = f"{_SERVICE}/Info", f"{_SERVICE}/Read", f"{_SERVICE}/Write"
_STORE = "buildkit-attachable-store-id"
Written: TypeAlias = Callable[[Descriptor], object]
_PIECE = 1 << 18
_LARGEST = 64 << 20
"""Bytes of what tells a cache's keys."""


class ClientShelf:
    """The one in a folder, by the client's path; to be read, with the digest of what it begins with
    (store.shared.shelf.Shelf). `written` is told of what the client is to name. kind: of the client's stores, "local"
    for caches."""

    def __init__(
        self,
        session: Session,
        folder: str,
        digest: Digest = "",
        written: Written = lambda descriptor: None,
        kind: str = "local",
    ) -> None:
        self._written = written
        self._session = session
        self._folder = folder
        self._digest = digest
        self._metadata = ((_STORE, f"{kind}:{folder}"),)

    def __str__(self) -> str:
        return self._folder

    def named(self) -> bytes | None:
        if not self._digest:
            return None
        size = self._size(self._digest)
        return None if size is None else self.read(Descriptor("", self._digest, size))

    def own(self) -> Descriptor | None:
        return None

    def keep(self, own: Descriptor) -> None:
        pass

    def read(self, descriptor: Descriptor) -> bytes:
        if descriptor.size > _LARGEST:
            raise Corrupt(f"{descriptor.digest} of the cache {self} is said to have {descriptor.size} bytes")
        with self.open(descriptor) as stream:
            return stream.read(descriptor.size + 1)  # one more is seen to be too long

    def open(self, descriptor: Descriptor) -> BinaryIO:
        return io.BufferedReader(Reader(self._pieces(descriptor.digest)), _PIECE)

    def has(self, descriptor: Descriptor) -> bool:
        return self._size(descriptor.digest) == descriptor.size

    def put(self, descriptor: Descriptor, write: Callable[[Write], object]) -> None:
        try:
            with _Ingest(self._session.channel.call(WRITE, self._metadata), descriptor) as ingest:
                write(ingest.write)
        except CallError as error:
            if error.code != ALREADY_EXISTS:
                raise self._failure(error) from error

    def publish(self, descriptor: Descriptor, raw: bytes) -> None:
        if not self.has(descriptor):
            self.put(descriptor, lambda write: write(raw))
        self._written(descriptor)

    def alone(self) -> AbstractContextManager[None]:
        """The index is the client's to write."""
        return nullcontext()

    def _pieces(self, digest: Digest) -> Generator[bytes, None, None]:
        try:
            stream = self._session.channel.call(READ, self._metadata)
            try:
                tell(stream, ReadContentRequest(digest=digest))
                stream.finish()
                while (message := hear(stream, ReadContentResponse)) is not None:
                    yield message.data
            finally:
                stream.give_up()
        except CallError as error:
            raise self._failure(error) from error

    def _size(self, digest: Digest) -> int | None:
        """None where the client does not have it."""
        try:
            found = ask(
                self._session, INFO, ContentInfoRequest(digest=digest), ContentInfoResponse, metadata=self._metadata
            )
        except CallError as error:
            if error.code == NOT_FOUND:
                return None
            raise self._failure(error) from error
        return found.info.size

    def _failure(self, error: CallError) -> OnggiError:
        kind = NotFound if error.code == NOT_FOUND else Unavailable
        return kind(f"the client's folder {self}: {error.message}")


class _Ingest:
    """A blob that is written, each piece answered before the next one; the client has it at the end of a `with` block
    that succeeds. Raises CallError, ALREADY_EXISTS for what the client has."""

    def __init__(self, stream: Stream, descriptor: Descriptor) -> None:
        self._stream = stream
        self._descriptor = descriptor
        self._name = f"onggi-{secrets.token_hex(8)}"
        self._offset = 0

    def __enter__(self) -> _Ingest:
        self._ask(WriteContentRequest.STAT)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            self._ask(WriteContentRequest.COMMIT)
            self._stream.finish()
        else:
            self._stream.give_up()

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self._ask(WriteContentRequest.WRITE, piece)
            self._offset += len(piece)

    def _ask(self, action: WriteContentRequest.Action, data: bytes = b"") -> None:
        message = WriteContentRequest(
            action=action,
            ref=self._name,
            total=self._descriptor.size,
            expected=self._descriptor.digest,
            offset=self._offset,
            data=data,
        )
        tell(self._stream, message)
        answer = hear(self._stream, WriteContentResponse)
        if answer is None or answer.offset != self._offset + len(data):
            raise Corrupt(f"the client has not taken {self._descriptor.digest} as it was sent")
