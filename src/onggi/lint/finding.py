from __future__ import annotations

import msgspec

from onggi.dockerfile.source import Span
from onggi.lint.rule import Rule
from onggi.lint.severity import Severity
from onggi.lint.violation import Fix, Text


class Finding(msgspec.Struct, frozen=True):
    """One violation of one rule: where exactly, from which to which line the instruction stands, how bad it is for this
    project, and how to mend it. `twin_line` is the line where the rule's twin would tell the same. `fails_build`: the
    file says `check=error=true`, and one of BuildKit's checks finds this."""

    rule: Rule
    message: Text
    span: Span
    lines: tuple[int, int]
    severity: Severity
    fix: Fix | None = None
    twin_line: int | None = None
    fails_build: bool = False
