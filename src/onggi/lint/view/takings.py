"""What COPY and ADD take from the build context."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import msgspec

from onggi.dockerfile import glob
from onggi.dockerfile.ignore import Matcher
from onggi.dockerfile.syntax import Add, Copy, Word
from onggi.errors import Invalid
from onggi.lint.knowledge.ballast import Amount, Ballast, Kind
from onggi.lint.pattern import Pattern
from onggi.lint.view.context import Context
from onggi.lint.view.subject import Step, Subject, once
from onggi.lint.violation import Text, Violation, listed

_REMOTE = Pattern(r"(?:https?|git|ssh)://|[\w.+-]+@[\w.-]+:", re.IGNORECASE)
_ROOT = "."
_MOST_PATHS = 3
_LONGEST_PATH = 4096  # of bytes, limits.h: PATH_MAX
_FILES = Pattern(r".*[^/]\.\w+")
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
        return self.path in (_ROOT, "*") and not self.excluded

    @cached_property
    def is_pattern(self) -> bool:
        return glob.has_wildcard(self.path)

    def takes(self, path: str) -> bool:
        """Whether a file or folder of the context is copied: it is what the source names, or lies in it."""
        inner = self._inner(path)
        if inner == "":  # what a pattern finds is told to --exclude by its name
            return not (self.is_pattern and self._exclusion.excludes(path.rpartition("/")[2]))
        return inner is not None and not self._exclusion.excludes(inner)

    def sweeps(self, path: str) -> bool:
        """Whether it is copied without being named: along with the folder that it lies in, or by a `*`."""
        inner = self._inner(path)
        is_named = inner == "" and self.path.rpartition("/")[2] != "*"
        return not is_named and self.takes(path)

    def _inner(self, path: str) -> str | None:
        """Its place in what the source names, "" if it is just that; None if it is not in it."""
        if self.path == _ROOT:
            return path
        parts = path.split("/")
        own = self.path.split("/")
        is_in = len(parts) >= len(own) and all(map(self._matches, own, parts))
        return "/".join(parts[len(own) :]) if is_in else None

    def _matches(self, pattern: str, name: str) -> bool:
        return glob.compile_part(pattern).fullmatch(name) is not None if glob.has_wildcard(pattern) else pattern == name

    @cached_property
    def _exclusion(self) -> Matcher:
        return Matcher(self.excluded)


@once
def takings(subject: Subject) -> tuple[Taking, ...]:
    """Those of the file and of its bases' triggers, in their order. None where the context is nowhere to be seen: most
    of the files that are named are not in it, so it must be another folder that the file is built with. Left out is
    what cannot be told: sources with a variable that has no value, what --parents finds by a pattern."""
    context = subject.facts.context
    if context is None:
        return ()
    found = tuple(taking for step in subject.steps() for taking in taken(step))
    named = {taking.path for taking in found if taking.path != _ROOT and not taking.is_pattern}
    return found if 2 * sum(map(context.has, named)) >= len(named) else ()


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
    if len(word.text) > _LONGEST_PATH:
        return None
    expansion = step.standing.scope.look_up(word.text)
    if expansion.missed or not expansion.text or _REMOTE.match(expansion.text):
        return None
    path = posixpath.normpath(expansion.text.lstrip("/") or _ROOT)
    return None if path.split("/")[0] == ".." else path


def _is_readable(patterns: Sequence[str]) -> bool:
    try:
        Matcher(patterns[1:])
        for part in filter(glob.has_wildcard, patterns[0].split("/")):
            glob.compile_part(part)
    except Invalid:  # the build tells
        return False
    return True


class Swept(msgspec.Struct, frozen=True):
    """Ballast that a source takes along without naming it. `taking` is the first source of its instruction that
    does."""

    taking: Taking
    ballast: tuple[Ballast, ...]

    @property
    def total(self) -> Amount:
        """All of it, under the path of the first."""
        amounts = [each.amount for each in self.ballast]
        return Amount(amounts[0].path, sum(each.files for each in amounts), sum(each.size for each in amounts))

    @property
    def paths(self) -> str:
        """Those of the largest, as text."""
        largest = sorted(self.ballast, key=lambda each: -each.amount.size)
        return printable(listed([each.path for each in largest], _MOST_PATHS))

    @property
    def ignore_lines(self) -> str:
        """What a `.dockerignore` has to say, as text: `**/name` for what lies in several places."""
        lines: dict[str, None] = {}
        for each in self.ballast:
            name = each.path.rpartition("/")[2]
            places = sum(other.path.rpartition("/")[2] == name for other in self.ballast)
            lines[each.path if places == 1 else f"**/{name}"] = None
        return printable(listed([*lines], _MOST_PATHS))

    def violation(self, message: Text) -> Violation:
        """`message` may speak of {verb}, {paths}, {amount} and {lines}."""
        step, word = self.taking.step, self.taking.word
        told = message.format(
            verb=step.instruction.keyword, paths=self.paths, amount=self.total.text, lines=self.ignore_lines
        )
        return step.violation(word.span, told)


def swept(subject: Subject, *kinds: Kind, is_wanted: Callable[[Ballast], bool] = lambda each: True) -> Iterator[Swept]:
    """One for each instruction that takes some of the kinds along."""
    context = subject.facts.context
    done: set[int] = set()
    for taking in takings(subject):
        if context is None or id(taking.step) in done or not _may_sweep(taking, context):
            continue
        ballast = (each for each in context.contents.ballast if each.kind in kinds and _sweeps(taking, each))
        found = tuple(filter(is_wanted, ballast))
        if found:
            done.add(id(taking.step))
            yield Swept(taking, found)


def printable(path: str) -> str:
    """A name may hold any byte."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in path)


def _sweeps(taking: Taking, ballast: Ballast) -> bool:
    """A secret is not meant by a pattern that finds it, as `.env*`; a folder may be."""
    is_found = ballast.kind is Kind.SECRET and taking.is_pattern
    return taking.takes(ballast.path) if is_found else taking.sweeps(ballast.path)


def _may_sweep(taking: Taking, context: Context) -> bool:
    """Whether it can name a folder. A file has nothing in it, and needs no look at the whole context."""
    if taking.is_pattern:
        return _FILES.fullmatch(taking.path) is None
    return taking.path == _ROOT or context.is_folder(taking.path)
