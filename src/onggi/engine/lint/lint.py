"""Lints Dockerfiles: reads them and what is around them, has ShellCheck look at their scripts while the rules look at
the rest, and puts the findings together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from onggi.dockerfile.parse import parse_all
from onggi.dockerfile.source import DockerfileError, Source, Span
from onggi.dockerfile.syntax import Dockerfile
from onggi.engine.build import ignore_file
from onggi.engine.build.ignore_file import IgnoreFile
from onggi.engine.build.text import decode
from onggi.engine.lint.bases import LocalImages, StageBases
from onggi.engine.lint.context import Contexts, FolderContext
from onggi.errors import Invalid, OnggiError
from onggi.lint import draft
from onggi.lint.draft import Draft
from onggi.lint.finding import Finding
from onggi.lint.policy import Policy
from onggi.lint.rule import Rule
from onggi.lint.rules.table import RULES
from onggi.lint.shellcheck import Comment, Question, answers, questions
from onggi.lint.view.facts import Facts
from onggi.lint.violation import Violation
from onggi.lower.request import LowerRequest
from onggi.lower.scope import automatic_arguments
from onggi.oci.platform import Platform


class LintFile(msgspec.Struct, frozen=True):
    """A Dockerfile to lint. `name` is what the person calls it; `path` where it is, None if it came by standard input.
    `context` is the folder that it is built with, None if nobody knows."""

    name: str
    data: bytes
    path: Path | None = None
    context: Path | None = None
    policy: Policy = Policy()


class Linted(msgspec.Struct, frozen=True):
    """A file and what was found in it, from top to bottom."""

    file: LintFile
    source: Source
    findings: tuple[Finding, ...]


class _Desk(msgspec.Struct, frozen=True):
    """What all files of a lint have in common."""

    platform: Platform
    now: float
    images: LocalImages
    contexts: Contexts


class _Work(msgspec.Struct, frozen=True):
    """A file that was read, and what ShellCheck is asked about it."""

    file: LintFile
    draft: Draft
    questions: tuple[Question, ...]


def lint(files: Sequence[LintFile], platform: Platform, now: float, images: LocalImages) -> list[Linted]:
    """`platform` is what a build would be for; `now` in seconds since the epoch. Raises Unavailable where ShellCheck
    is missing."""
    desk = _Desk(platform, now, images, Contexts())
    works = [_begin(file, desk) for file in files]
    told = _asked([question.document for work in works for question in work.questions])
    found = [draft.violations(work.draft, RULES) for work in works]  # while ShellCheck works
    comments = told()
    return [_end(work, own, comments) for work, own in zip(works, found, strict=True)]


def _asked(documents: Sequence[str]) -> Callable[[], Mapping[str, Sequence[Comment]]]:
    """Starts ShellCheck, which is not even imported where there is nothing to ask. What comes back waits for it."""
    if not documents:
        return dict
    from onggi.engine.lint.shellcheck import ShellCheck

    return ShellCheck(documents).comments


def _begin(file: LintFile, desk: _Desk) -> _Work:
    read = _draft(file, desk)
    return _Work(file, read, tuple(questions(read.subject)) if file.policy.has_shellcheck else ())


def _end(work: _Work, own: Sequence[tuple[Rule, Violation]], comments: Mapping[str, Sequence[Comment]]) -> Linted:
    told = (answer for question in work.questions for answer in answers(question, comments[question.document]))
    findings = draft.findings(work.draft, RULES, (*own, *told))
    return Linted(work.file, work.draft.dockerfile.source, findings)


def _draft(file: LintFile, desk: _Desk) -> Draft:
    try:
        dockerfile, errors = parse_all(decode(file.data, file.name), file.name)
    except Invalid as error:  # not text at all
        source = Source.of("", file.name)
        dockerfile = Dockerfile(source=source, stages=())
        errors = (DockerfileError(error.message, source, Span(1, 1, 1, 1), hint=error.hint),)
    context: FolderContext | None = None
    ignored = IgnoreFile()
    if file.context is not None:
        try:
            ignored = ignore_file.find(file.context, file.path, file.name)
            context = desk.contexts.of(file.context, ignored)
        except OnggiError as error:  # what would be sent cannot be told
            errors = (*errors, DockerfileError(error.message, dockerfile.source, Span(1, 1, 1, 1), hint=error.hint))
    automatic = automatic_arguments(dockerfile, LowerRequest(platform=desk.platform)) if dockerfile.stages else {}
    facts = Facts(
        automatic=automatic,
        ignore=ignored.patterns,
        bases=StageBases(dockerfile, automatic, desk.platform, desk.images),
        context=context,
        policy=file.policy,
        now=desk.now,
    )
    return draft.draft(dockerfile, errors, facts, RULES)
