"""What is found in a Dockerfile → warnings of a build (moby/buildkit, frontend/dockerfile/linter)."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.api.buildkit.wire.control_pb2 import VertexWarning
from onggi.api.buildkit.wire.definition_pb2 import Position, Range, SourceInfo
from onggi.dockerfile.source import Source
from onggi.engine.types import BuildResult
from onggi.lint.finding import Finding

_LEVEL = 1
"""BuildKit's for all that its linter finds."""


def of_result(result: BuildResult, source: Source | None, vertex: str) -> Iterator[VertexWarning]:
    """What the rules found, with its place where the Dockerfile is known; and what else there is to say."""
    info = None if source is None else _info(source)
    for finding in result.findings:
        yield _of_finding(finding, info, vertex)
    for warning in result.warnings:
        yield VertexWarning(vertex=vertex, level=_LEVEL, short=warning.encode())


def _of_finding(finding: Finding, info: SourceInfo | None, vertex: str) -> VertexWarning:
    rule = finding.rule
    first, last = finding.lines
    short = f"{rule.code}: {finding.message.en} (line {first})"
    lines = (Position(line=line) for line in range(first, last + 1))
    ranges = [Range(start=line, end=line) for line in lines]
    return VertexWarning(
        vertex=vertex,
        level=_LEVEL,
        short=short.encode(),
        detail=[rule.title.en.encode()],
        url=rule.url,
        info=info,
        ranges=ranges,
    )


def _info(source: Source) -> SourceInfo:
    data = "\n".join(source.lines).encode("utf-8", "surrogateescape")
    return SourceInfo(filename=source.name, data=data, language="Dockerfile")
