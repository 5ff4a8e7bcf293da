"""Build records as all `builds` commands tell them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from onggi.cli.progress import words

if TYPE_CHECKING:
    from onggi.solve.record import VertexRecord


def shorter_path(path: str) -> str:
    """A Dockerfile's path from here, where that is shorter."""
    near = os.path.relpath(path) if path.startswith("/") else path
    return near if len(near) < len(path) else path


def seconds(value: float) -> str:
    return words.seconds(value) if value else ""


def outcome(vertex: VertexRecord) -> str:
    """What became of a step: "kept", "ran", "exit code 2"."""
    return vertex.outcome if vertex.exit_code is None else f"exit code {vertex.exit_code}"
