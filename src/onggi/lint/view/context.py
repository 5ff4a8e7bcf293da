"""The build context as rules see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from onggi.lint.knowledge import ballast
from onggi.lint.knowledge.ballast import Contents


class Context(Protocol):
    """What a build of the file would be sent. Paths have no `/` or `./` before them."""

    @property
    def has_ignore_file(self) -> bool:
        """Whether a `.dockerignore` goes with the file."""
        ...

    def files(self) -> Mapping[str, int]:
        """Every file that is not ignored, with its size in bytes."""
        ...

    @property
    def contents(self) -> Contents:
        """All of that at a glance."""
        ...

    def has(self, path: str) -> bool:
        """Whether there is such a file or folder that is not ignored; without a walk over all of them."""
        ...

    def is_folder(self, path: str) -> bool:
        """Whether it is a folder that is there; without a walk as well."""
        ...

    def text(self, path: str) -> str | None:
        """What a file says; None if it is not there, is ignored, too large to be of use, or no text."""
        ...


class MemoryContext(msgspec.Struct, frozen=True):
    """One that is given, for examples and tests."""

    texts: Mapping[str, str]
    has_ignore_file: bool = False

    def files(self) -> Mapping[str, int]:
        return {path: len(text.encode()) for path, text in self.texts.items()}

    @property
    def contents(self) -> Contents:
        return ballast.contents(self.files())

    def has(self, path: str) -> bool:
        return path in self.texts or self.is_folder(path)

    def is_folder(self, path: str) -> bool:
        return path == "." or any(each.startswith(f"{path}/") for each in self.texts)

    def text(self, path: str) -> str | None:
        return self.texts.get(path)
