"""Regular expressions of rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

_Match: TypeAlias = re.Match[str]


class Pattern:
    """As re.compile gives it, but compiled when it is first asked: of all that the rules have, a lint asks a third, and
    to compile the others would take longer than to read a small file."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self._flags)

    # Methods, so that a table may hold them, or a call take them, without asking the pattern yet.

    def fullmatch(self, text: str) -> _Match | None:
        return self.compiled.fullmatch(text)

    def match(self, text: str) -> _Match | None:
        return self.compiled.match(text)

    def search(self, text: str) -> _Match | None:
        return self.compiled.search(text)

    def finditer(self, text: str) -> Iterator[_Match]:
        return self.compiled.finditer(text)

    def sub(self, new: str, text: str) -> str:
        return self.compiled.sub(new, text)
