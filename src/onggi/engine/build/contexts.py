"""Build contexts, the main one and named ones: whatever a person gives becomes a folder, an image or a stage."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.boolean import parse_bool
from onggi.engine.build.remotes import Remotes
from onggi.engine.build.text import decode
from onggi.engine.naming import new_name
from onggi.engine.types import BuildRequest, NamedSource, SentFolder, SentLayout
from onggi.errors import Invalid, NotFound
from onggi.lower.request import ImageContext, StageContext, context_key
from onggi.oci import platform, reference
from onggi.store.disk import make_folder

_STREAM = "-"
_IMAGE = "docker-image://"
_LAYOUT = "oci-layout://"
_STAGE = "target:"
_STORED = "stored-image:"
"""Then an image ID: one that the store has only for the sake of this build, perhaps."""
_KEEP_GIT_DIR = "BUILDKIT_CONTEXT_KEEP_GIT_DIR"
_NOWHERE = Path(os.devnull)
"""Where nothing is."""


class Folder(msgspec.Struct, frozen=True):
    """Files to build from. `name` is the same for the same context every time; `is_own`: it is the person's own
    folder, not one that was fetched for this build. `text` is the Dockerfile, where that is all that was given.
    `ignore`: what a .dockerignore says; None: it is read. `fetch`: a SentFolder's, as long as nothing of it
    has come; `outline`: a SentFolder's, as long as not all of it has."""

    path: Path
    name: str
    is_own: bool = True
    text: str | None = None
    ignore: tuple[str, ...] | None = None
    fetch: Callable[[tuple[str, ...]], Path] | None = None
    outline: Callable[[], Path] | None = None

    def fetched(self, patterns: tuple[str, ...]) -> Folder:
        """With what a build takes of it, as `taken` says."""
        if self.fetch is None or not patterns:
            return self
        if "." in patterns:
            return replace(self, path=self.fetch(()), fetch=None, outline=None)
        return replace(self, path=self.fetch(patterns), fetch=None)

    @property
    def shown(self) -> str:
        """What people know it by; "" for what came by a stream."""
        return "" if self.name.split(" ", 1)[0] == _STREAM else self.name


Named: TypeAlias = Folder | ImageContext | StageContext


class Contexts:
    """Folders for what has to be fetched are kept until the scope of `remotes` ends."""

    def __init__(self, remotes: Remotes, *, keep_git_dir: bool = False, of_stream: str = _STREAM) -> None:
        """`keep_git_dir`: a repository comes with its .git. of_stream: the name of what comes by one."""
        self._remotes = remotes
        self._store = remotes.store
        self._scope = remotes.scope
        self._keep_git_dir = keep_git_dir
        self._of_stream = of_stream

    @classmethod
    def of(cls, request: BuildRequest, remotes: Remotes) -> Contexts:
        """As the request's build arguments say. A stream has no name: what is built of it tells it from others."""
        made = [new_name(text).familiar_name() for text in request.references]
        return cls(
            remotes,
            keep_git_dir=parse_bool(request.build_args.get(_KEEP_GIT_DIR, "")) is True,
            of_stream=f"{_STREAM} ({made[0]})" if made else _STREAM,
        )

    def folder(self, given: Path | str | BinaryIO | SentFolder) -> Folder:
        """A folder as it is, a URL's repository, tar or Dockerfile, a stream's tar or Dockerfile. One that is sent
        comes later.

        Raises NotFound and Invalid for what is none of these, and what fetching raises.
        """
        if isinstance(given, Path):
            return _own(given, str(given), "the last argument of build is the context folder")
        if isinstance(given, str):
            if not is_remote(given):
                raise Invalid(f"the context {given!r} is no URL", hint="a folder has to be a pathlib.Path, not text")
            return self._remote(given)
        if isinstance(given, SentFolder):
            return self._sent(given)
        return self._archive(given, self._of_stream)

    def named(self, contexts: Mapping[str, NamedSource]) -> dict[str, Named]:
        """Named contexts by the key of their names."""
        return {context_key(name): self._one(name, given) for name, given in contexts.items()}

    def _one(self, name: str, given: NamedSource) -> Named:
        if isinstance(given, SentFolder):
            return self._sent(given)
        return self._named(name, given.fetch() if isinstance(given, SentLayout) else given)

    def _sent(self, given: SentFolder) -> Folder:
        name = given.name or self._of_stream
        return Folder(_NOWHERE, name, is_own=False, ignore=given.ignore, fetch=given.fetch, outline=given.outline)

    def _named(self, name: str, text: str) -> Named:
        if text.startswith(_IMAGE):
            return ImageContext(reference.parse(text.removeprefix(_IMAGE)).familiar())
        if text.startswith(_STORED):
            return ImageContext(text.removeprefix(_STORED))
        if text.startswith(_LAYOUT):
            return ImageContext(self._layout(name, text.removeprefix(_LAYOUT)))
        if text.startswith(_STAGE):
            return StageContext(text.removeprefix(_STAGE).lower())
        if is_remote(text):
            return self._remote(text)
        return _own(
            Path(text),
            f"--build-context {name}={text}",
            f"it is a folder, a URL, {_IMAGE}IMAGE, {_LAYOUT}FOLDER or {_STAGE}STAGE",
        )

    def _layout(self, name: str, text: str) -> str:
        """The ID of an image of an OCI layout on disk: PATH, PATH:TAG or PATH@DIGEST."""
        from onggi.store import archive  # late: few builds read archives

        path, _, digest = text.partition("@")
        tag = ""
        if not digest and ":" in path and not Path(path).exists():
            path, _, tag = path.rpartition(":")
        if not Path(path).is_dir():
            raise NotFound(
                f"--build-context {name}={_LAYOUT}{path}: no such folder", hint="name a folder that is an OCI layout"
            )
        lease = self._scope.enter_context(self._store.lease())
        return archive.take(self._store, Path(path), tag or digest, platform.of_host(), lease)

    def _remote(self, url: str) -> Folder:
        from onggi.fetch import git_address
        from onggi.fetch.url import redacted

        if git_address.is_git_address(url):
            return Folder(self._repository(url), redacted(url), is_own=False)
        from tempfile import TemporaryFile

        with TemporaryFile(dir=self._temporary()) as file:
            self._remotes.fetch(url, file)
            file.seek(0)
            return self._archive(file, redacted(url))

    def _repository(self, url: str) -> Path:
        repository = self._remotes.repository(url)
        folder = make_folder(self._temporary() / "context")
        repository.checkout(repository.resolve(), folder, keep_git_dir=self._keep_git_dir)
        return folder

    def _archive(self, stream: BinaryIO, name: str) -> Folder:
        """A tar's files or, of what is no tar, a Dockerfile without any."""
        from onggi.fetch.tarball import receive
        from onggi.layer.archive import unpack_context

        folder = make_folder(self._temporary() / "context")
        data = receive(stream, folder, unpack_context)
        text = None if data is None else decode(data, f"the Dockerfile from {name}")
        return Folder(folder, name, is_own=False, text=text)

    def _temporary(self) -> Path:
        return self._scope.enter_context(self._store.temporary())


def is_remote(text: str) -> bool:
    """Whether a context is fetched rather than a folder here."""
    from onggi.fetch import git_address

    return text.startswith(("http://", "https://")) or git_address.is_git_address(text)


def _own(given: Path, shown: str, hint: str) -> Folder:
    path = given.absolute()
    if not path.exists():
        raise NotFound(f"{shown}: no such folder", hint=hint)
    if not path.is_dir():
        raise Invalid(f"{shown} is not a folder", hint=hint)
    return Folder(path, str(path))
