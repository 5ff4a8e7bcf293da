"""The files of the context that say what a project needs: which of them an install reads, whether a lock file goes with
them, and which of what they list has a version."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from onggi.dockerfile.syntax import Copy
from onggi.lint.knowledge.managers import Deed, deed
from onggi.lint.pattern import Pattern
from onggi.lint.view.context import Context
from onggi.lint.view.lineage import Lineage, lineages
from onggi.lint.view.mounts import mounts
from onggi.lint.view.subject import Step, Subject
from onggi.lint.view.takings import Taking

_MOST_FILES = 16


class Install(msgspec.Struct, frozen=True):
    """A command of a step that brings what manifests list. `sources` is what was copied from the context before it, in
    its stage and those below."""

    step: Step
    deed: Deed
    sources: tuple[Taking, ...]
    before: tuple[Step, ...]

    @property
    def program(self) -> str:
        return self.deed.manager.name

    def holders(self, context: Context, name: str) -> Iterator[tuple[Taking, str]]:
        """The sources that bring a file of this name, and its path in the context. Of a folder it lies at the top, or
        where the name says."""
        for source in self.sources:
            for path in _places(source, name):
                if source.takes(path) and context.has(path) and not context.is_folder(path):
                    yield source, path
                    break

    def brings(self, path: str) -> bool:
        """Whether a file of the context is there when it runs."""
        return any(source.takes(path) for source in self.sources) or self.may_have(posixpath.basename(path))

    def may_have(self, name: str) -> bool:
        """Whether a file of this name may be there that is not in the context: it is mounted, or copied all the
        same."""
        mounted = mounts(self.step.run) if self.step.run is not None else ()
        return (
            any(mount.has_context or name in mount.source or name in mount.target for mount in mounted)
            or any(posixpath.basename(source.path) == name for source in self.sources)
            or any(_copies_from_elsewhere(step, name) for step in self.before)
        )


def installs(subject: Subject, copied: Iterable[Taking]) -> Iterator[Install]:
    """Those in RUNs of the file that something of `copied` comes before, each once, in their stages' order."""
    sources: dict[int, list[Taking]] = {}
    for taking in copied:
        sources.setdefault(id(taking.step), []).append(taking)
    for line in lineages(subject) if sources else ():
        yield from _of(line, sources)


def _of(line: Lineage, sources: Mapping[int, Sequence[Taking]]) -> Iterator[Install]:
    own = {id(step) for step in line.stage.steps}
    copied: list[Taking] = []
    before: list[Step] = []
    for step in line.steps:
        if id(step) in own and step.run is not None and copied:
            for found in filter(None, map(deed, step.commands)):
                yield Install(step, found, tuple(copied), tuple(before))
        copied += sources.get(id(step), ())
        before.append(step)


def _places(source: Taking, name: str) -> Iterator[str]:
    """Where in the context a file may lie that has this name in the image."""
    if source.is_pattern or posixpath.basename(source.path) == posixpath.basename(name):
        yield posixpath.join(posixpath.dirname(source.path), posixpath.basename(name))
        return
    parts = name.split("/")
    for number in range(len(parts)):
        yield posixpath.normpath(posixpath.join(source.path, *parts[number:]))


def _copies_from_elsewhere(step: Step, name: str) -> bool:
    instruction = step.instruction
    return (
        isinstance(instruction, Copy)
        and instruction.stage is not None
        and any(posixpath.basename(word.text.rstrip("/")) in (name, ".", "*") for word in instruction.sources)
    )


# Lock files.


class Locked(msgspec.Struct, frozen=True):
    """`locks` are the names that a lock file may have, the usual one first; `needs_one` tells by the manifest whether
    there is something to lock."""

    manifest: str
    locks: tuple[str, ...]
    needs_one: Callable[[str], bool]


def found_lock(context: Context, manifest: str, locked: Locked) -> str | None:
    """The lock file beside the manifest, or above it, where that of a workspace is."""
    folder = posixpath.dirname(manifest)
    while True:
        for name in locked.locks:
            path = posixpath.join(folder, name)
            if context.has(path):
                return path
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _json(text: str) -> Mapping[str, Any]:
    import json  # late, as tomllib: few lints come to this

    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _toml(text: str) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _package_json(text: str) -> bool:
    found = _json(text)
    return any(found.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies"))


def _composer_json(text: str) -> bool:
    required = _json(text).get("require")
    return isinstance(required, dict) and any("/" in name for name in required)


def _cargo_toml(text: str) -> bool:
    """A library is built against what its user has locked."""
    found = _toml(text)
    return bool(found.get("dependencies")) and ("bin" in found or "lib" not in found)


def _pyproject(text: str) -> bool:
    found = _toml(text)
    tool = found.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    project = found.get("project")
    listed = poetry.get("dependencies") if isinstance(poetry, dict) else None
    return bool(isinstance(project, dict) and project.get("dependencies")) or (
        isinstance(listed, dict) and len(listed) > 1
    )


def _has(pattern: str) -> Callable[[str], bool]:
    search = Pattern(pattern, re.MULTILINE).search
    return lambda text: search(text) is not None


_NODE = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
LOCKED: Mapping[str, Locked] = {
    "npm": Locked("package.json", _NODE, _package_json),
    "yarn": Locked("package.json", ("yarn.lock", *_NODE), _package_json),
    "pnpm": Locked("package.json", ("pnpm-lock.yaml", *_NODE), _package_json),
    "bun": Locked("package.json", ("bun.lock", *_NODE), _package_json),
    "bundle": Locked("Gemfile", ("Gemfile.lock",), _has(r"^\s*gem\b")),
    "composer": Locked("composer.json", ("composer.lock",), _composer_json),
    "go": Locked("go.mod", ("go.sum",), _has(r"^require\b")),
    "cargo": Locked("Cargo.toml", ("Cargo.lock",), _cargo_toml),
    "poetry": Locked("pyproject.toml", ("poetry.lock",), _pyproject),
    "uv": Locked("pyproject.toml", ("uv.lock",), _pyproject),
    "pdm": Locked("pyproject.toml", ("pdm.lock",), _pyproject),
    "pipenv": Locked("Pipfile", ("Pipfile.lock",), _has(r"^\[packages\]\s*\n\s*[^\s\[#]")),
}
"""By the name of the manager."""


# Requirements files of pip.

_REQUIREMENT = Pattern(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(.*)")
_EXACT = Pattern(r"===?\s*[^\s*,;]+\s*(?:$|[,;])")


class Requirements(msgspec.Struct, frozen=True):
    """What a requirements file and those that it includes list, and which of that may be any of several versions."""

    all: int
    loose: tuple[str, ...]
    has_constraints: bool = False


def requirements(context: Context, path: str) -> Requirements:
    pending, seen = [path], {path}
    every = 0
    loose: list[str] = []
    has_constraints = False
    while pending:
        path = pending.pop(0)
        for line in _lines(context.text(path) or ""):
            flag, _, file = line.partition(" ") if " " in line else line.partition("=")
            if flag in ("-c", "--constraint"):
                has_constraints = True
            elif flag in ("-r", "--requirement"):
                included = posixpath.normpath(posixpath.join(posixpath.dirname(path), file.strip()))
                if included not in seen and len(seen) < _MOST_FILES:
                    seen.add(included)
                    pending.append(included)
            elif (found := _REQUIREMENT.fullmatch(line)) is not None and not _is_place(line):
                every += 1
                name, version = found[1], found[2].partition(";")[0].strip()
                if not version.startswith("@") and not _EXACT.match(version):
                    loose.append(f"{name}{version}")
    return Requirements(every, tuple(loose), has_constraints)


def _is_place(line: str) -> bool:
    """A path, a wheel or a URL instead of a name."""
    first = line.split()[0]
    return "/" in first.partition("[")[0].partition("@")[0] or first.endswith((".whl", ".tar.gz", ".zip"))


def _lines(text: str) -> Iterator[str]:
    """What is no comment, lines that a backslash continues joined, without options behind a requirement."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        kept = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if kept:
            yield kept if kept.startswith("-") else re.split(r"\s--?\w", kept)[0].strip()
