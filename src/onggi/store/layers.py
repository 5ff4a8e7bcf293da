"""A layer of the store: its bytes come from the blob that was kept, or from packing the snapshot."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import msgspec

from onggi.errors import Corrupt, NotFound
from onggi.oci import digest as digests
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest

_CHUNK = 1 << 18
_AHEAD = 8  # chunks that packing may be ahead of the reader


class StoredLayer(msgspec.Struct, frozen=True, kw_only=True):
    """`size` is that of the uncompressed tar. `folder` is the snapshot, `blobs` the folder of blob files."""

    descriptor: Descriptor
    diff_id: Digest
    size: int
    folder: str
    blobs: str
    is_canonical: bool

    def open(self) -> BinaryIO:
        """The blob as the descriptor says; raises NotFound if the store cannot give these very bytes."""
        if (blob := self._blob(self.descriptor.digest)) is not None:
            return blob
        if self.descriptor.digest == self.diff_id:
            return self.uncompressed()
        raise NotFound(f"the store keeps layer {self.diff_id}, but not its compressed form {self.descriptor.digest}")

    def uncompressed(self) -> BinaryIO:
        """The tar."""
        if (blob := self._blob(self.diff_id)) is not None:
            return blob
        if self.is_canonical:
            return cast(BinaryIO, io.BufferedReader(_Packed(self.folder, self.diff_id), _CHUNK))
        if (blob := self._blob(self.descriptor.digest)) is not None:
            return Inflated(blob)
        raise NotFound(
            f"the tar of layer {self.diff_id} cannot be made again: its blob {self.descriptor.digest} is gone"
        )

    def copy(self, write: Callable[[bytes], object]) -> None:
        """Write the tar; without a detour through a reader where it is packed."""
        if self.is_canonical and self._blob_missing(self.diff_id):
            _pack(self.folder, write, self.diff_id)
            return
        with self.uncompressed() as stream:
            while chunk := stream.read(_CHUNK):
                write(chunk)

    def _blob(self, digest: Digest) -> BinaryIO | None:
        try:
            return open(self._path(digest), "rb")
        except FileNotFoundError:
            return None

    def _blob_missing(self, digest: Digest) -> bool:
        return not os.path.isfile(self._path(digest))

    def _path(self, digest: Digest) -> str:
        return os.path.join(self.blobs, digests.hex_of(digest))


class Inflated(io.BufferedReader):
    """What is inside a blob; closing it closes the blob."""

    def __init__(self, blob: BinaryIO) -> None:
        from onggi.layer.compress import decompress  # late: only archives and pushes need it

        self._blob = blob
        super().__init__(cast(io.RawIOBase, decompress(blob)), _CHUNK)

    def close(self) -> None:
        super().close()
        self._blob.close()


class _Stopped(Exception):
    """The reader has closed the stream."""


class _Packed(io.RawIOBase):
    """Turns packing, which writes, into something to read: a thread packs a few chunks ahead."""

    def __init__(self, folder: str, diff_id: Digest) -> None:
        self._folder, self._diff_id = folder, diff_id
        self._chunks: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
        self._rest = memoryview(b"")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pack", daemon=True)
        self._thread.start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            item = self._chunks.get()
            if item is None or isinstance(item, BaseException):
                self._chunks.put(item)  # the end stays the end
                if item is None:
                    return 0
                raise item
            self._rest = memoryview(item)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._stopped.set()
            with contextlib.suppress(queue.Empty):
                while True:
                    self._chunks.get_nowait()
            self._thread.join()
        super().close()

    def _run(self) -> None:
        pending = bytearray()

        def write(data: bytes) -> None:
            pending.extend(data)
            if len(pending) >= _CHUNK:
                self._hand(bytes(pending))
                pending.clear()

        end: BaseException | None = None
        try:
            _pack(self._folder, write, self._diff_id)
            self._hand(bytes(pending))
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - carried to the reader, who raises it
            end = error
        with contextlib.suppress(_Stopped):
            self._hand(end)

    def _hand(self, item: bytes | BaseException | None) -> None:
        if item == b"":
            return
        while not self._stopped.is_set():
            try:
                self._chunks.put(item, timeout=0.1)
            except queue.Full:
                continue
            return
        raise _Stopped


def _pack(folder: str, write: Callable[[bytes], object], expected: Digest) -> None:
    from onggi.layer.pack import pack

    found = pack(folder, write).diff_id
    if found != expected:
        raise Corrupt(
            f"the snapshot of layer {expected} was changed: it packs to {found}",
            hint="run onggi system check --deep",
        )
