"""Layers from afar, whose server is the test's."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable

from onggi.image import random
from onggi.image.image import Image, Layer, with_manifest

from .test_images import Squeezed

SIZE = 3_000_000


class Stream(io.RawIOBase):
    """Bytes that end, or break off with an error, or with silence that is told to `hung`."""

    def __init__(self, data: bytes, error: Exception | None = None, hung: int | None = None) -> None:
        self._data = io.BytesIO(data)
        self._error = error
        self._hung = hung

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        count = self._data.readinto(memoryview(buffer)[:10_000])  # type: ignore[arg-type]
        if not count and self._hung is not None:
            os.write(self._hung, b".")
            time.sleep(60)
        if not count and self._error:
            raise self._error
        return count


class Far:
    """A layer from afar (image.image.Resumable). `offsets`: where it was opened from. `sent`: what its server gives
    instead of the blob, `error` and `hung` how that ends. `met`: called when it is opened."""

    def __init__(self, seed: int, *, files: int = 3, size: int = SIZE // 3, kind: str = "gzip") -> None:
        self._send(Squeezed(random.layer(seed, files=files, size=size), kind))

    @classmethod
    def of(cls, squeezed: Squeezed) -> Far:
        made = cls.__new__(cls)
        made._send(squeezed)
        return made

    def _send(self, squeezed: Squeezed) -> None:
        with squeezed.open() as stream:
            self.blob = stream.read()
        self.diff_id = squeezed.diff_id
        self.descriptor = squeezed.descriptor
        self.uncompressed = squeezed.uncompressed
        self.offsets: list[int] = []
        self.sent = self.blob
        self.error: Exception | None = None
        self.hung: int | None = None
        self.met: Callable[[], object] = lambda: None

    def open(self) -> io.BufferedReader:
        return self.open_from(0)

    def open_from(self, offset: int) -> io.BufferedReader:
        self.offsets.append(offset)
        self.met()
        return io.BufferedReader(Stream(self.sent[offset:], self.error, self.hung))


def image_of(*layers: Layer) -> Image:
    rootfs = {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    history = [{"created_by": "COPY"} for _ in layers]
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs, "history": history}
    return with_manifest(json.dumps(config).encode(), layers)
