"""What reports are made of."""

from __future__ import annotations

import msgspec

from onggi.dockerfile.source import Source
from onggi.lint.finding import Finding
from onggi.lint.violation import Language


class Sheet(msgspec.Struct, frozen=True):
    """A file and what was found in it, from top to bottom."""

    source: Source
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """The file's, for documents that are UTF-8 whatever the file system has."""
        return self.source.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How people see it: in which language, in how many columns (None: no terminal, lines may be long), with colours or
    not, and if `is_brief`, just a line for each finding."""

    language: Language = "en"
    width: int | None = None
    has_colour: bool = False
    is_brief: bool = False
