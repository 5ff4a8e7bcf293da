"""One JSON object per event and line: for programs that watch a build."""

from __future__ import annotations

import json
from typing import Any, TextIO

import msgspec

from onggi.solve.events import Event, Planned, Wrote


class JsonLines:
    """Writes to `stream` at once. The bytes of a step's output are text: UTF-8, where what is not UTF-8 becomes the
    surrogates U+DC80…U+DCFF, so that `data.encode("utf-8", "surrogateescape")` gives the very bytes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        self._stream.write(json.dumps(_document(event), separators=(",", ":")) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is left to say."""


def _document(event: Event) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(event, builtin_types=(bytes,))
    match event:
        case Wrote():
            document["data"] = event.data.decode(errors="surrogateescape")
        case Planned():
            document["vertices"] = [
                {"stage": stage, "text": text, "line": line} for stage, text, line in event.vertices
            ]
    return document
