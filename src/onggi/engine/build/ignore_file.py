"""The `.dockerignore` file that goes with a Dockerfile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from onggi.dockerfile import ignore
from onggi.dockerfile.ignore import Line
from onggi.engine.build.text import decode


class IgnoreFile(msgspec.Struct, frozen=True):
    """`name` is what the person calls the file; "" if there is none."""

    name: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(line.pattern for line in self.lines)


def read_text(path: Path) -> str:
    """Raises Invalid for what is not UTF-8."""
    return decode(path.read_bytes(), str(path))


def find(
    context: Path,
    dockerfile: Path | None,
    name: str,
    read: Callable[[Path], str] = read_text,
    where: Callable[[Path], Path] = lambda path: path,
) -> IgnoreFile:
    """`<Dockerfile name>.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context. `name` is what
    the person calls the Dockerfile; `where` is asked for the path by which a file may be read. Raises DockerfileError
    for a malformed pattern, and what `where` and `read` do."""
    files = [(context / ".dockerignore", ".dockerignore")]
    if dockerfile is not None:
        files.insert(0, (dockerfile.with_name(dockerfile.name + ".dockerignore"), f"{name}.dockerignore"))
    for named, shown in files:
        path = where(named)
        if path.is_file():
            return IgnoreFile(shown, ignore.parse_lines(read(path), shown))
    return IgnoreFile()
