"""What a build reads first: its contexts, the Dockerfile and the ignore patterns."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from onggi.dockerfile.parse import parse
from onggi.dockerfile.syntax import Dockerfile
from onggi.engine.build import ignore_file
from onggi.engine.build.contexts import Contexts, Folder
from onggi.engine.build.errors import NoDockerfile
from onggi.engine.build.taken import taken
from onggi.engine.build.texts import Texts
from onggi.engine.types import BuildRequest, SentFolder
from onggi.errors import Invalid
from onggi.graph.vertex import Graph
from onggi.lower.request import FolderContext, NamedContext
from onggi.suggest import did_you_mean

_NAME = "Dockerfile"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """`name` and `file` say which project this is: builds that agree in both are comparable. `file` is the Dockerfile's
    path, or where it came from. `folders` are those of the build context, "", and of named ones; `ignore` holds the
    patterns as `.dockerignore` means them. `texts`: what was read of them all."""

    name: str
    file: str
    dockerfile: Dockerfile
    folders: Mapping[str, Folder]
    ignore: tuple[str, ...]
    contexts: Mapping[str, NamedContext]
    texts: Texts

    def fetched(self, graph: Graph) -> Project:
        """With what the graph takes of folders that are sent."""
        return replace(self, folders={key: each.fetched(taken(graph, key)) for key, each in self.folders.items()})


class _File(msgspec.Struct, frozen=True):
    """A Dockerfile. `path` is None if it comes without one; `shown` is what the person calls it; `identity` is the
    same for the same Dockerfile every time, wherever it was fetched to."""

    path: Path | None
    text: str
    shown: str
    identity: str


def read(request: BuildRequest, contexts: Contexts) -> Project:
    """Raises NotFound or Invalid for a context or Dockerfile that cannot be read, and what `parse` raises."""
    context = contexts.folder(request.context)
    named = contexts.named(request.contexts)
    texts = Texts()
    file = _dockerfile(request, context, texts)
    return Project(
        name=context.name,
        file=file.identity,
        dockerfile=parse(file.text, file.shown),
        folders={"": context, **{key: each for key, each in named.items() if isinstance(each, Folder)}},
        ignore=_ignored(context, file.path, file.shown, texts),
        contexts={
            key: FolderContext(_ignored(each, None, "", texts)) if isinstance(each, Folder) else each
            for key, each in named.items()
        },
        texts=texts,
    )


def _ignored(context: Folder, dockerfile: Path | None, name: str, texts: Texts) -> tuple[str, ...]:
    """The patterns that go with it."""
    if context.ignore is not None:
        return context.ignore
    return ignore_file.find(context.path, dockerfile, name, texts.read, where(context)).patterns


def _dockerfile(request: BuildRequest, context: Folder, texts: Texts) -> _File:
    """As Docker: a path given with -f is looked for where the person stands, or in a context that was fetched; the
    default in the context."""
    name = request.dockerfile or Path(_NAME)
    if request.dockerfile_text is not None:
        return _File(None, request.dockerfile_text, str(name), _named(name, context) if _is_sent(request) else "-")
    if context.text is not None:
        return _File(None, context.text, str(name), context.name)
    if context.is_own:
        path = (request.dockerfile or context.path / name).absolute()
        shown = str(request.dockerfile or f"{request.context}/{name}")
    else:
        name = Path(str(name).lstrip("/"))
        path = context.path / name
        shown = f"{name} in {context.shown or 'the build context'}"
    found = _found(path, shown, where(context), is_named=request.dockerfile is not None)
    name = name.with_name(found.name)
    text = texts.read(found)
    return _File(found, text, str(name), str(found) if context.is_own else _named(name, context))


def _is_sent(request: BuildRequest) -> bool:
    return isinstance(request.context, SentFolder)


def _named(name: Path, context: Folder) -> str:
    return f"{name} in {context.name}"


def candidates(path: Path) -> tuple[Path, ...]:
    """Where a Dockerfile is looked for: as in BuildKit, a `dockerfile` counts where a `Dockerfile` is missing."""
    return (path, path.with_name(_NAME.lower())) if path.name == _NAME else (path,)


def _found(named: Path, shown: str, place: Callable[[Path], Path], *, is_named: bool) -> Path:
    """`place`: what `where` gives."""
    for each in map(place, candidates(named)):
        if each.is_file():
            return each
    path = place(named)
    if path.is_dir():
        raise Invalid(f"{shown} is a folder, not a Dockerfile")
    if not is_named:
        raise NoDockerfile(
            f"{shown}: no such file", hint="name it with -f, or put a Dockerfile into the context folder"
        )
    beside = (each.name for each in path.parent.glob("*") if each.is_file())
    raise NoDockerfile(
        f"{shown}: no such file{did_you_mean(path.name, beside)}",
        hint="-f is a path from where you are or, in a context that is fetched, from its top",
    )


def where(context: Folder) -> Callable[[Path], Path]:
    """By which path a file of it may be read: what others have sent is not followed out of it, not even to see what is
    there. It raises Invalid."""
    return (lambda path: path) if context.is_own else partial(_within, context.path)


def _within(folder: Path, path: Path) -> Path:
    """A file of a fetched context, which must not lead out of it."""
    real = Path(os.path.realpath(path))  # unlike resolve(), of links in a circle too
    if not real.is_relative_to(os.path.realpath(folder)):
        raise Invalid(f"{path.name} leads out of the build context")
    return real
