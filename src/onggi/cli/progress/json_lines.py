"""One JSON object per event and line: for programs that watch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TextIO


class JsonLines:
    """Writes to `stream` at once what `document` makes of an event. Implements the Renderer of builds, and that of
    transfers."""

    def __init__(self, stream: TextIO, document: Callable[[Any], Mapping[str, Any]]) -> None:
        self._stream = stream
        self._document = document

    def __call__(self, event: object) -> None:
        self._stream.write(json.dumps(self._document(event), separators=(",", ":")) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is left to say."""
