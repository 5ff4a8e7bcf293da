"""What a build reads first: its contexts, the Dockerfile and the ignore patterns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from onggi.dockerfile.parse import parse
from onggi.dockerfile.syntax import Dockerfile
from onggi.engine.build import ignore_file
from onggi.engine.build.contexts import Contexts, Folder
from onggi.engine.types import BuildRequest
from onggi.errors import Invalid, NotFound
from onggi.lower.request import FolderContext, NamedContext

_NAME = "Dockerfile"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """`name` and `file` say which project this is: builds that agree in both are comparable. `folders` are those of the
    build context, "", and of named ones; `ignore` holds the patterns as `.dockerignore` means them."""

    name: str
    file: str
    dockerfile: Dockerfile
    folders: Mapping[str, Path]
    ignore: tuple[str, ...]
    contexts: Mapping[str, NamedContext]


def read(request: BuildRequest, contexts: Contexts) -> Project:
    """Raises NotFound or Invalid for a context or Dockerfile that cannot be read, and what `parse` raises."""
    context = contexts.folder(request.context)
    named = contexts.named(request.contexts)
    path, text = _dockerfile(request, context)
    shown = str(request.dockerfile or _NAME)
    return Project(
        name=context.name,
        file=str(path or "-"),
        dockerfile=parse(text, shown),
        folders={"": context.path, **{key: each.path for key, each in named.items() if isinstance(each, Folder)}},
        ignore=ignore_file.find(context.path, path, shown).patterns,
        contexts={
            key: FolderContext(ignore_file.find(each.path, None, "").patterns) if isinstance(each, Folder) else each
            for key, each in named.items()
        },
    )


def _dockerfile(request: BuildRequest, context: Folder) -> tuple[Path | None, str]:
    """Its path, None if it comes without one, and its text."""
    if request.dockerfile_text is not None:
        return None, request.dockerfile_text
    if context.text is not None:
        return None, context.text
    path = _path(request, context)
    return path, ignore_file.read_text(path)


def _path(request: BuildRequest, context: Folder) -> Path:
    """As Docker: a path given with -f is looked for where the person stands, or in a context that was fetched; the
    default in the context."""
    if context.is_own:
        path = (request.dockerfile or context.path / _NAME).absolute()
        shown = request.dockerfile or f"{request.context}/{_NAME}"
    else:
        path = _within(context.path, request.dockerfile or Path(_NAME))
        shown = f"{request.dockerfile or _NAME} in {context.name}"
    if path.is_file():
        return path
    if path.is_dir():
        raise Invalid(f"{shown} is a folder, not a Dockerfile")
    raise NotFound(f"{shown}: no such file", hint="name it with -f, or put a Dockerfile into the context folder")


def _within(folder: Path, name: Path) -> Path:
    """A file of a fetched context, which must not lead out of it."""
    path = (folder / str(name).lstrip("/")).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Invalid(f"{name} leads out of the build context")
    return path
