"""What a build reads first: the Dockerfile and the ignore patterns that go with it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from onggi.dockerfile import ignore
from onggi.dockerfile.parse import parse
from onggi.dockerfile.syntax import Dockerfile
from onggi.engine.types import BuildRequest
from onggi.errors import Invalid, NotFound


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """`context` is absolute; `ignore` holds the patterns as `.dockerignore` means them."""

    context: Path
    path: Path
    dockerfile: Dockerfile
    ignore: tuple[str, ...]


def read(request: BuildRequest) -> Project:
    """Raises NotFound or Invalid for a context or Dockerfile that cannot be read, and what `parse` raises."""
    context = _context(request)
    path = _dockerfile(request, context)
    name = str(request.dockerfile or "Dockerfile")
    return Project(
        context=context,
        path=path,
        dockerfile=parse(_read(path), name),
        ignore=_ignore(context, path, name),
    )


def _context(request: BuildRequest) -> Path:
    context = request.context.absolute()
    hint = "the last argument of build is the context folder"
    if not context.exists():
        raise NotFound(f"{request.context}: no such folder", hint=hint)
    if not context.is_dir():
        raise Invalid(f"{request.context} is not a folder", hint=hint)
    return context


def _dockerfile(request: BuildRequest, context: Path) -> Path:
    """As Docker: a path given with -f is looked for where the person stands, the default in the context."""
    path = (request.dockerfile or context / "Dockerfile").absolute()
    if path.is_file():
        return path
    shown = request.dockerfile or request.context / "Dockerfile"
    if path.is_dir():
        raise Invalid(f"{shown} is a folder, not a Dockerfile")
    raise NotFound(f"{shown}: no such file", hint="name it with -f, or put a Dockerfile into the context folder")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8 text (byte {error.start})") from error


def _ignore(context: Path, dockerfile: Path, name: str) -> tuple[str, ...]:
    """`<Dockerfile name>.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context. `name` is what
    the person calls the Dockerfile."""
    beside = dockerfile.with_name(dockerfile.name + ".dockerignore")
    for path, shown in ((beside, f"{name}.dockerignore"), (context / ".dockerignore", ".dockerignore")):
        if path.is_file():
            return ignore.parse(_read(path), shown)
    return ()
