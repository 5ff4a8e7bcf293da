"""What COPY and ADD take from the build context."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from onggi.dockerfile import glob
from onggi.dockerfile.ignore import Matcher
from onggi.dockerfile.syntax import Add, Copy, Word
from onggi.errors import Invalid
from onggi.lint.ballast import Ballast, Kind
from onggi.lint.subject import Step, Subject

_REMOTE = re.compile(r"(?:https?|git|ssh)://|[\w.+-]+@[\w.-]+:", re.IGNORECASE)
_ROOT = "."
_FILES = re.compile(r".*[^/]\.\w+")
"""A pattern with an extension means files: `package*.json`."""


class Taking(msgspec.Struct, frozen=True, dict=True):
    """One source of a COPY or ADD. `path` is relative to the context, without `./` and a slash at its end, `.` for all
    of it; it may be a pattern. `excluded` is what --exclude says."""

    step: Step
    word: Word
    path: str
    excluded: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        return self.path == _ROOT and not self.excluded

    @cached_property
    def is_pattern(self) -> bool:
        return glob.has_wildcard(self.path)

    def takes(self, path: str) -> bool:
        """Whether a file or folder of the context is copied: it is what the source names, or lies in it."""
        inner = self._inner(path)
        return inner is not None and not (inner and self._exclusion.excludes(inner))

    def sweeps(self, path: str) -> bool:
        """Whether it is copied without being named, along with the folder that it lies in."""
        inner = self._inner(path)
        return bool(inner) and self.takes(path)

    def _inner(self, path: str) -> str | None:
        """Its place in what the source names, "" if it is just that; None if it is not in it."""
        if self.path == _ROOT:
            return path
        parts = path.split("/")
        own = self.path.split("/")
        is_in = len(parts) >= len(own) and all(map(self._matches, own, parts))
        return "/".join(parts[len(own) :]) if is_in else None

    def _matches(self, pattern: str, name: str) -> bool:
        return glob.compile_part(pattern).fullmatch(name) is not None if self.is_pattern else pattern == name

    @cached_property
    def _exclusion(self) -> Matcher:
        return Matcher(self.excluded)


def takings(subject: Subject) -> list[Taking]:
    """Those of the file and of its bases' triggers, in their order. None where the context is nowhere to be seen: none
    of the files that are named is in it, so it must be another folder that the file is built with. Left out is what
    cannot be told: sources with a variable that has no value, what --parents finds by a pattern."""
    context = subject.facts.context
    if context is None:
        return []
    found = [taking for step in subject.steps() for taking in taken(step)]
    named = {taking.path for taking in found if taking.path != _ROOT and not taking.is_pattern}
    return found if not named or any(map(context.has, named)) else []


def taken(step: Step) -> Iterator[Taking]:
    """What one instruction takes; nothing if it is no COPY or ADD, or copies from a stage."""
    instruction = step.instruction
    if not isinstance(instruction, Copy | Add) or (isinstance(instruction, Copy) and instruction.stage is not None):
        return
    has_parents = isinstance(instruction, Copy) and instruction.parents is not None
    excluded = tuple(step.standing.scope.expand(word.text) for word in instruction.exclude)
    for word in instruction.sources:
        path = _path(step, word)
        if path is not None and not (has_parents and glob.has_wildcard(path)) and _is_readable((path, *excluded)):
            yield Taking(step, word, path, excluded)


def _path(step: Step, word: Word) -> str | None:
    """None for what is fetched, what leads out of the context, and what depends on a value that nobody knows."""
    expansion = step.standing.scope.look_up(word.text)
    if expansion.missed or not expansion.text or _REMOTE.match(expansion.text):
        return None
    path = posixpath.normpath(expansion.text.lstrip("/") or _ROOT)
    return None if path.split("/")[0] == ".." else path


def _is_readable(patterns: Sequence[str]) -> bool:
    try:
        Matcher(patterns[1:])
        for part in patterns[0].split("/"):
            glob.compile_part(part)
    except Invalid:  # the build tells
        return False
    return True


class Swept(msgspec.Struct, frozen=True):
    """Ballast that a source takes along without naming it. `step` is the COPY or ADD, `word` its source."""

    step: Step
    word: Word
    ballast: tuple[Ballast, ...]

    @property
    def files(self) -> int:
        return sum(each.amount.files for each in self.ballast)

    @property
    def size(self) -> int:
        return sum(each.amount.size for each in self.ballast)


def swept(subject: Subject, kind: Kind) -> Iterator[Swept]:
    """One for each instruction that takes some of the kind along, at the first source that does."""
    context = subject.facts.context
    done: set[int] = set()
    for taking in takings(subject):
        if context is None or id(taking.step) in done or not _may_sweep(taking, subject):
            continue
        found = tuple(each for each in context.contents.ballast if each.kind is kind and taking.sweeps(each.path))
        if found:
            done.add(id(taking.step))
            yield Swept(taking.step, taking.word, found)


def _may_sweep(taking: Taking, subject: Subject) -> bool:
    """Whether it can name a folder. A file has nothing in it, and needs no look at the whole context."""
    context = subject.facts.context
    if taking.is_pattern:
        return _FILES.fullmatch(taking.path) is None
    return taking.path == _ROOT or (context is not None and context.is_folder(taking.path))
