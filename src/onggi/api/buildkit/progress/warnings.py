"""What is found in a Dockerfile → warnings of a build (moby/buildkit, frontend/dockerfile/linter)."""

from __future__ import annotations

import msgspec

from onggi.api.buildkit.wire.control_pb2 import VertexWarning
from onggi.api.buildkit.wire.definition_pb2 import Position, Range, SourceInfo
from onggi.dockerfile.source import Source
from onggi.solve.events import Found

_LEVEL = 1
"""BuildKit's for all that its linter finds."""


class Dockerfile(msgspec.Struct, frozen=True):
    """A Dockerfile, as far as it is known, and the vertex that has fetched it."""

    vertex: str = ""
    source: Source | None = None

    def remark(self, text: str) -> VertexWarning:
        """Something to say of it, without a place."""
        return VertexWarning(vertex=self.vertex, level=_LEVEL, short=text.encode())

    def warning(self, found: Found) -> VertexWarning:
        said = self.remark(f"{found.code}: {found.message} (line {found.lines[0]})")
        said.detail.append(found.title.encode())
        said.url = found.url
        if self.source is not None:
            said.info.CopyFrom(_info(self.source))
        for line in range(found.lines[0], found.lines[1] + 1):
            said.ranges.append(Range(start=Position(line=line), end=Position(line=line)))
        return said


def _info(source: Source) -> SourceInfo:
    data = "\n".join(source.lines).encode("utf-8", "surrogateescape")
    return SourceInfo(filename=source.name, data=data, language="Dockerfile")
