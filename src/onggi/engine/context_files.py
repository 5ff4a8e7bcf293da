"""What a build context holds for a build, and why the rest is left out."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from onggi.dockerfile.ignore import Matcher
from onggi.engine.build import ignore_file
from onggi.errors import Invalid, NotFound
from onggi.layer.context import Context


class ContextFile(msgspec.Struct, frozen=True):
    """`path` is relative to the context; `size` in bytes, 0 of what is no regular file."""

    path: str
    size: int


class IgnoredPath(msgspec.Struct, frozen=True):
    """`path` ends with / for a folder that is left out as a whole. `file`, `line` and `pattern` say by what."""

    path: str
    file: str
    line: int
    pattern: str


class ContextFiles(msgspec.Struct, frozen=True):
    """Names that are not UTF-8 have their bytes as \\xff."""

    context: str
    files: tuple[ContextFile, ...]
    ignored: tuple[IgnoredPath, ...]
    bytes: int


def context_files(context: Path, dockerfile: Path | None = None) -> ContextFiles:
    """What a build of the folder `context` with `dockerfile` could copy; a socket it could not.

    Raises NotFound and Invalid for what is no folder or no file, DockerfileError for a malformed ignore pattern, Denied
    for a folder that may not be read.
    """
    if not context.is_dir():
        raise (Invalid if context.exists() else NotFound)(f"{context} is not a folder")
    if dockerfile is not None and not dockerfile.is_file():
        raise NotFound(f"{dockerfile}: no such file")
    name = str(dockerfile or "Dockerfile")
    found = ignore_file.find(context, dockerfile or context / "Dockerfile", name)
    survey = Context(str(context), found.patterns).survey()
    files = tuple(
        ContextFile(_shown(node.path[1:]), node.stat.st_size if node.is_file else 0)
        for node in survey.nodes
        if not node.is_folder and not stat.S_ISSOCK(node.stat.st_mode)
    )
    matcher = Matcher(found.patterns)
    ignored = []
    for path in survey.ignored:
        culprit = matcher.culprit(path)
        assert culprit is not None
        line = found.lines[culprit]
        ignored.append(IgnoredPath(_shown(path), found.name, line.number, line.pattern))
    return ContextFiles(str(context), files, tuple(ignored), sum(file.size for file in files))


def _shown(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")
