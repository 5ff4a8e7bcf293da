"""What a build is made of: Dockerfile and contexts, by the options of the frontend (moby/buildkit, frontend/dockerui:
context.go, config.go, namedcontext.go).

The Dockerfile and the ignore files of a client's folders are fetched at once, the folders when the build says what it
takes of them. What came of a folder is kept for the next build of it, where the client says which folder it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from onggi.api.buildkit.frontend import definitions
from onggi.api.buildkit.frontend.attempt import Attempt
from onggi.api.buildkit.frontend.few_files import FewFiles
from onggi.api.buildkit.frontend.options import beneath
from onggi.api.buildkit.progress.progress import DEFINITION, Step
from onggi.api.buildkit.session import files, layouts
from onggi.api.buildkit.session.files import Wanted
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.session.uploads import is_upload, open_upload
from onggi.engine.build.contexts import is_remote
from onggi.engine.build.errors import NoDockerfile
from onggi.engine.build.project import candidates
from onggi.engine.types import NamedSource, SentFolder, SentLayout
from onggi.errors import Invalid, Unsupported
from onggi.store.disk import make_folder

_CONTEXT, _DOCKERFILE = "context", "Dockerfile"
_IGNORE = ".dockerignore"
_OF_CLIENT = "local:"
_AS_THEY_ARE = ("docker-image://", "target:")


class Sources(msgspec.Struct, frozen=True):
    """As of a BuildRequest. dockerfile: what it is called; of a context that is fetched, where it is in it."""

    context: str | BinaryIO | SentFolder
    dockerfile: Path | None
    dockerfile_text: str | None
    contexts: Mapping[str, NamedSource]


def of_body(body: BinaryIO, options: Mapping[str, str]) -> Sources:
    """Of a context that comes as a tar, with the Dockerfile in it."""
    name = options.get("filename", "")
    return Sources(body, Path(name) if name else None, None, {})


def fetch(attempt: Attempt) -> Sources:
    """What is fetched stays until the attempt ends. Raises what is wrong with the options, NotFound for a Dockerfile
    that is not there, Unavailable for what the client does not send."""
    client = _Client(attempt)
    return Sources(*client.project(), client.named())


class _Client:
    """Whose folders they are."""

    def __init__(self, attempt: Attempt) -> None:
        self._hub = attempt.hub
        self._store = attempt.hub.engine.store
        self._session = attempt.session
        self._progress = attempt.job.progress
        self._options = attempt.solve.options
        self._inputs = attempt.solve.inputs
        self._scope = attempt.scope
        self._cancel = attempt.cancel

    def project(self) -> tuple[str | BinaryIO | SentFolder, Path | None, str | None]:
        """Context, and name and text of the Dockerfile."""
        if self._options.get("contextsubdir"):
            raise Unsupported(
                "contextsubdir is not supported", hint="the URL of a repository names a folder: URL#branch:folder"
            )
        name = self._options.get("filename", _DOCKERFILE)
        remote = self._options.get(self._options.get("contextkey", _CONTEXT), "")
        if remote and "dockerfilekey" not in self._options:
            return self._remote(remote), Path(name) if name != _DOCKERFILE else None, None
        text, rules = self._dockerfile(name)
        return self._remote(remote) if remote else self._folder(_CONTEXT, rules), Path(name), text

    def named(self) -> dict[str, NamedSource]:
        """Raises Invalid, Unsupported."""
        results = definitions.contexts(self._inputs)
        return {name: self._named(name, value, results) for name, value in beneath(self._options, "context:").items()}

    def _named(self, name: str, value: str, results: Mapping[str, str]) -> NamedSource:
        """A path means nothing here: it is the client's."""
        if value.startswith(_OF_CLIENT):
            return self._folder(value.removeprefix(_OF_CLIENT))
        if value in results:
            return results[value]
        if value.startswith(definitions.INPUT):
            raise Invalid(f"the context {name}: there is no input {value.removeprefix(definitions.INPUT)}")
        if value.startswith(layouts.SCHEME):
            return SentLayout(lambda: layouts.fetch(self._session, value, self._temporary(self._scope)))
        if value.startswith(_AS_THEY_ARE) or is_remote(value):
            return value
        raise Invalid(f"the context {name} is {value!r}, which is no folder, image or URL")

    def _remote(self, url: str) -> str | BinaryIO:
        if is_upload(url):
            return self._scope.enter_context(open_upload(self._session, url))
        return url

    def _dockerfile(self, name: str) -> tuple[str, tuple[str, ...] | None]:
        """Its text, and the patterns of its own ignore file, if it has one."""
        local = self._options.get("dockerfilekey", "dockerfile")
        names = [str(each) for each in candidates(Path(name))]
        step = self._progress.step(DEFINITION.format(name=name), "transferring dockerfile:")
        came = self._fetch_files(step, local, *names, f"{name}{_IGNORE}")
        for each in names:
            if (text := came.text(each)) is not None:
                return text, came.patterns(f"{name}{_IGNORE}")
        if came.is_folder(name):
            raise Invalid(f"{name} is a folder, not a Dockerfile")
        raise NoDockerfile(f"{name}: no such file", hint="name it with -f, or put a Dockerfile into the context folder")

    def _folder(self, local: str, rules: tuple[str, ...] | None = None) -> SentFolder:
        """rules: which patterns it has, unless its own file says so."""
        if rules is None:
            rules = self._fetch_files(self._step(local, f"load {_IGNORE}"), local, _IGNORE).patterns(_IGNORE) or ()

        def fetch(only: tuple[str, ...]) -> Path:
            return self._fetch(Wanted(name=local, only=only, ignored=rules))

        def outline() -> Path:
            folder = self._temporary(self._scope)
            self._receive(Wanted(name=local, ignored=rules), folder, is_outline=True)
            return folder

        return SentFolder(name=self._name(local), ignore=rules, fetch=fetch, outline=outline)

    def _fetch(self, wanted: Wanted) -> Path:
        local = wanted.name
        what = "load build context" if local == _CONTEXT else "load from client"
        with self._step(local, what) as step:

            def receive(scope: ExitStack) -> Path:
                key = self._key(local)
                folder = self._kept_folder(key, local, scope) if key else self._temporary(scope)
                self._receive(wanted, folder, step.transferred)
                return folder

            return self._scope.enter_context(self._hub.received.use((self._owner(local).id, wanted), receive))

    def _fetch_files(self, step: AbstractContextManager[Step], local: str, *names: str) -> FewFiles:
        """Those that there are."""
        folder = self._temporary(self._scope)
        with step as told:
            self._receive(Wanted(name=local, only=names), folder, told.transferred)
        return FewFiles(folder)

    def _step(self, local: str, what: str) -> AbstractContextManager[Step]:
        """As BuildKit calls it (frontend/dockerui)."""
        owner = "internal" if local == _CONTEXT else f"context {self._name(local)}"
        return self._progress.step(f"[{owner}] {what}", "transferring context:")

    def _receive(
        self,
        wanted: Wanted,
        folder: Path,
        tell: Callable[[int], object] = lambda size: None,
        *,
        is_outline: bool = False,
    ) -> None:
        with self._store.disk.during("receiving a client's files"):
            files.receive(self._owner(wanted.name), wanted, folder, self._cancel, tell, is_outline=is_outline)

    def _owner(self, local: str) -> Session:
        """Builds that are asked for together share sessions for their folders."""
        name = self._options.get(f"local-sessionid:{local}")
        return self._hub.sessions.get(name) if name else self._session

    def _key(self, local: str) -> str:
        """The same for the same folder of the same client; "" where it does not say, and where clients are not to be
        believed."""
        if self._hub.permission.is_limited:
            return ""
        shared = self._options.get(f"sharedkey:localdir:{local}") or self._owner(local).shared_key
        told = (shared, self._options.get("vcs:source", ""), self._options.get(f"vcs:localdir:{local}", ""), local)
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest() if shared else ""

    def _name(self, local: str) -> str:
        """What people know it by: a client gives the folder's name, and then its own."""
        folder, colon, client = self._owner(local).shared_key.rpartition(":")
        return (folder if colon else client) if local == _CONTEXT else local

    def _kept_folder(self, key: str, local: str, scope: ExitStack) -> Path:
        """What came of it before; another one, if a build has that."""
        using = self._store.kept_folders.use(
            key, self._name(local), "private", lambda empty: empty.chmod(0o755), kind="source.local"
        )
        return Path(scope.enter_context(using))

    def _temporary(self, scope: ExitStack) -> Path:
        return make_folder(scope.enter_context(self._store.temporary()) / "sent")
