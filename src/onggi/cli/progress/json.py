"""The events of a build as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from onggi.solve.events import Event, Planned, Wrote


def document(event: Event) -> dict[str, Any]:
    """What JSON has of an event. The bytes of a step's output are text: UTF-8, where what is not UTF-8 becomes the
    surrogates U+DC80…U+DCFF, so that `data.encode("utf-8", "surrogateescape")` gives the very bytes."""
    found: dict[str, Any] = msgspec.to_builtins(event, builtin_types=(bytes,))
    match event:
        case Wrote():
            found["data"] = event.data.decode(errors="surrogateescape")
        case Planned():
            found["vertices"] = [{"stage": stage, "text": text, "line": line} for stage, text, line in event.vertices]
    return found
