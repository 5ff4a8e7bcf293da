"""The tar of a layer, made again from its snapshot."""

from __future__ import annotations

import contextlib
import io
import queue
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from onggi.errors import Corrupt
from onggi.layer.pack import pack
from onggi.oci.digest import Digest

_CHUNK = 1 << 18
_AHEAD = 8  # chunks that packing may be ahead of the reader


def open_packed(folder: str, diff_id: Digest) -> BinaryIO:
    """The tar, packed while it is read; the caller closes it."""
    return cast(BinaryIO, io.BufferedReader(_Packed(folder, diff_id), _CHUNK))


def pack_checked(folder: str, write: Callable[[bytes], object], expected: Digest) -> None:
    """Write the tar; raises Corrupt unless it has the diff ID that is expected."""
    found = pack(folder, write).diff_id
    if found != expected:
        raise Corrupt(
            f"the snapshot of layer {expected} was changed: it packs to {found}",
            hint="run onggi system check --deep",
        )


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
            pack_checked(self._folder, write, self._diff_id)
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
