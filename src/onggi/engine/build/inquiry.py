"""`build --call`: what there is to know of a Dockerfile without building it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec.structs import replace

from onggi.dockerfile.source import DockerfileError, Source
from onggi.engine.build import ignore_file
from onggi.engine.build.contexts import Contexts
from onggi.engine.build.prepare import ask, known_bases
from onggi.engine.build.project import Project, read, where
from onggi.engine.build.remotes import open_remotes
from onggi.engine.build.survey import Checked, Demands, survey
from onggi.engine.types import BuildRequest
from onggi.lint.rules.buildkit import RULES as CHECKS
from onggi.lower.parameters import Parameters, parameters
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.targets import Target, targets
from onggi.settings import Settings
from onggi.store.store import Store


class Inquiry:
    """Base images need not be in the store. Raises what is wrong with the Dockerfile or its context."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def check(self, request: BuildRequest, *, is_brief: bool = False) -> Checked:
        """What the rules find, all but ShellCheck's, as the project has them count (docs/decisions/0012). is_brief:
        BuildKit's checks alone, as a build tells of them."""
        with self._read(request) as (project, asked, bases):
            demands = _demands(request, project)
            if is_brief:
                demands = replace(demands, rules=CHECKS)
            return survey(project.dockerfile, asked, bases, demands)

    def parameters(self, request: BuildRequest) -> tuple[Source, Parameters]:
        """The Dockerfile, and what a build of the target takes."""
        with self._read(request) as (project, asked, bases):
            return project.dockerfile.source, parameters(project.dockerfile, asked, bases)

    def targets(self, request: BuildRequest) -> tuple[Source, tuple[Target, ...]]:
        """The Dockerfile, and its stages."""
        with self._read(request) as (project, _, _):
            return project.dockerfile.source, targets(project.dockerfile)

    @contextmanager
    def _read(self, request: BuildRequest) -> Iterator[tuple[Project, LowerRequest, dict[ImageName, BaseImage]]]:
        with ExitStack() as scope:
            lease = scope.enter_context(self._store.lease())
            project = read(request, Contexts.of(request, open_remotes(request, self._store, self._settings, scope)))
            asked = ask(request, project, self._settings)
            try:
                bases = known_bases(project, asked, self._store, lease)
            except DockerfileError:  # the check tells it
                bases = {}
            yield project, asked, bases


def _demands(request: BuildRequest, project: Project) -> Demands:
    """A project that was fetched has its files, but nothing around it is asked for what it demands. Of a folder that is
    sent nothing but what it ignores has come: no rule looks into it."""
    from onggi.engine.lint.configuration import Configurations  # late, as in all of these: other inquiries are quick
    from onggi.engine.lint.context import FolderContext as LintContext
    from onggi.lint.rules.table import BY_CODE, RULES

    context = project.folders[""]
    folder = context.path
    is_own = isinstance(request.context, Path)
    file = Path(project.file) if is_own and request.dockerfile_text is None else None
    held = Configurations(BY_CODE, is_looked_for=is_own).of(folder.absolute())
    ignored = ignore_file.find(folder, file, project.dockerfile.source.name, where=where(context))
    return Demands(
        rules=RULES,
        policy=held.policy(file or folder.absolute() / "Dockerfile"),
        context=LintContext(folder, ignored) if context.fetch is None else None,
        now=time.time(),
    )
