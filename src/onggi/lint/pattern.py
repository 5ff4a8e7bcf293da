"""Regular expressions of rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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

    @cached_property
    def fullmatch(self) -> Callable[[str], _Match | None]:
        return self.compiled.fullmatch

    @cached_property
    def match(self) -> Callable[[str], _Match | None]:
        return self.compiled.match

    @cached_property
    def search(self) -> Callable[[str], _Match | None]:
        return self.compiled.search

    @cached_property
    def finditer(self) -> Callable[[str], Iterator[_Match]]:
        return self.compiled.finditer
