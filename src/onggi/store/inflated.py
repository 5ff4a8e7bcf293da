"""What is inside a compressed blob."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from onggi.layer.compress import decompress

_CHUNK = 1 << 18


class Inflated(io.BufferedReader):
    """What is inside a blob; closing it closes the blob."""

    def __init__(self, blob: BinaryIO) -> None:
        self._blob = blob
        super().__init__(cast(io.RawIOBase, decompress(blob)), _CHUNK)

    def close(self) -> None:
        super().close()
        self._blob.close()
