"""What a rule is: how it finds what it finds, and the page about it. One file in `rules/` holds one rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from onggi.lint.policy import Policy
from onggi.lint.severity import Severity
from onggi.lint.view.facts import Base
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation


class Example(msgspec.Struct, frozen=True):
    """A Dockerfile that shows a rule; it is documentation and test. `ignore` is the `.dockerignore` beside it (None for
    no such file), `files` the others of its context, `bases` what the images of its stages say, `policy` what the
    project demands. `fixed` is the file after the rule's fixes."""

    dockerfile: str
    ignore: str | None = ""
    bases: Mapping[int, Base] = {}
    files: Mapping[str, str] | None = None
    policy: Policy = Policy()
    fixed: str | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`title` says what should be, `reason` why, `exception` when to ignore it; `url` is a page with more. `check`
    finds where it does not hold. An experimental rule runs only where it is asked for by name: by an option `check`, or
    by a severity that the project gives it. `twin` is the code of a BuildKit check that finds the same: who ignores one
    of them ignores both, and only this one is told."""

    code: str
    title: Text
    reason: Text
    exception: Text
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    check: Callable[[Subject], Iterable[Violation]]
    severity: Severity = Severity.WARNING
    is_experimental: bool = False
    url: str = ""
    twin: str = ""
