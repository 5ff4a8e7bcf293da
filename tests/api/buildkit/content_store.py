"""A store of a client's, which gRPC's own library serves: a folder with a cache, or an OCI layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import grpc
from tests.api.buildkit import grpc_client

from onggi.api.buildkit.session.content import INFO, READ, WRITE
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import (
    ContentInfo,
    ContentInfoRequest,
    ContentInfoResponse,
    ReadContentRequest,
    ReadContentResponse,
    WriteContentRequest,
    WriteContentResponse,
)
from onggi.oci import digest as digests


class ContentStore:
    """What a client has in a store of that name, by digest. `is_broken`: it takes less than it is sent."""

    def __init__(self, name: str, blobs: Mapping[str, bytes], *, is_broken: bool = False) -> None:
        self._name = name
        self._blobs = dict(blobs)
        self._is_broken = is_broken

    @contextmanager
    def session(self) -> Iterator[Session]:
        with grpc_client.session({INFO: self._info}, {READ: self._read, WRITE: self._write}) as session:
            yield session

    def _info(self, message: bytes, context: grpc.ServicerContext) -> bytes:
        name = self._known(ContentInfoRequest.FromString(message).digest, context)
        return ContentInfoResponse(info=ContentInfo(digest=name, size=len(self._blobs[name]))).SerializeToString()

    def _read(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        blob = self._blobs[self._known(ReadContentRequest.FromString(next(messages)).digest, context)]
        for start in range(0, len(blob), 1000):
            yield ReadContentResponse(offset=start, data=blob[start : start + 1000]).SerializeToString()

    def _write(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        taken = b""
        for message in messages:
            asked = WriteContentRequest.FromString(message)
            if asked.expected in self._blobs:
                context.abort(grpc.StatusCode.ALREADY_EXISTS, "it is there")
            assert asked.offset == len(taken)
            taken += asked.data[: -1 if self._is_broken else None]
            if asked.action == WriteContentRequest.COMMIT:
                assert (digests.of(taken), len(taken)) == (asked.expected, asked.total)
                self._blobs[asked.expected] = taken
            yield WriteContentResponse(offset=len(taken)).SerializeToString()

    def _known(self, name: str, context: grpc.ServicerContext) -> str:
        assert dict(context.invocation_metadata())["buildkit-attachable-store-id"] == self._name
        if name not in self._blobs:
            context.abort(grpc.StatusCode.NOT_FOUND, f"{name}: not found")
        return name


def by_digest(*blobs: bytes) -> dict[str, bytes]:
    return {digests.of(blob): blob for blob in blobs}
