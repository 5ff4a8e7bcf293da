"""What a stranger's image may unpack to, measured by what was sent of it."""

from __future__ import annotations

import threading

from onggi.amounts import human_size
from onggi.errors import Invalid

_GRANTED = 1 << 30
_RATIO = 100
_HINT = "if you trust it: `skopeo copy` saves it uncompressed to docker-archive:FILE, and `onggi load` takes that"


class Allowance:
    """How many bytes the layers of one image may unpack to, all together: some for nothing, and more with what arrives.

    Root file systems are two to five times as large as what is sent of them. Zeros are a thousand times as large with
    gzip and thirty thousand times with zstd, and files of zeros are nothing unusual: so there is room for some of them,
    and for more in an image that is large itself. For layers that are unpacked at the same time there is one of these.
    """

    def __init__(self, granted: int = _GRANTED) -> None:
        self._left = granted
        self._arrived = self._unpacked = 0
        self._lock = threading.Lock()

    def earn(self, size: int) -> None:
        """Counts bytes that arrived."""
        with self._lock:
            self._arrived += size
            self._left += _RATIO * size

    def spend(self, size: int) -> None:
        """Counts bytes that they unpack to; raises Invalid when these are too many."""
        with self._lock:
            self._unpacked += size
            self._left -= size
            is_spent = self._left < 0
        if is_spent:
            sizes = f"{human_size(self._arrived)} of it unpack to {human_size(self._unpacked)} and more"
            raise Invalid(f"the image is far larger than what is sent of it: {sizes}", hint=_HINT)
