"""How BuildKit's JSON names a Dockerfile and places in it (solver/pb: SourceInfo, Location)."""

from __future__ import annotations

import base64
from typing import Any

from onggi.dockerfile.source import Source


def location(first: int, last: int) -> dict[str, Any]:
    """One range for each line, without columns: BuildKit knows none."""
    return {"ranges": [{"start": {"line": line}, "end": {"line": line}} for line in range(first, last + 1)]}


def data(source: Source) -> str:
    """The text, in base64."""
    return base64.b64encode("\n".join(source.lines).encode("utf-8", "surrogateescape")).decode()


def source(source: Source) -> dict[str, str]:
    return {"filename": source.name, "data": data(source), "language": "Dockerfile"}
