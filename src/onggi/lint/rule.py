"""What a rule is: how it finds what it finds, and the page about it. One file in `rules/` holds one rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum

import msgspec

from onggi.lint.facts import Base
from onggi.lint.subject import Subject
from onggi.lint.violation import Text, Violation


class Severity(Enum):
    """How bad it is, worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    STYLE = "style"


class Example(msgspec.Struct, frozen=True):
    """A Dockerfile that shows a rule; it is documentation and test. `ignore` is the `.dockerignore` beside it, `bases`
    what the images of its stages say."""

    dockerfile: str
    ignore: str = ""
    bases: Mapping[int, Base] = {}


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`title` says what should be, `reason` why, `exception` when to ignore it; `url` is a page with more. `check`
    finds where it does not hold. An experimental rule runs only where it is asked for by name."""

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
