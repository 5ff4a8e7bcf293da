"""Names and values at one point of a Dockerfile."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping


class Variables(Mapping[str, str]):
    """A mapping that is never changed: `set` gives the next one. All that follow one another share what they hold, so
    that one for each line of a file takes no more room than the file."""

    __slots__ = ("_below", "_log", "_version")

    def __init__(self, below: Mapping[str, str]) -> None:
        """Begins as `below`, which must not change either."""
        self._below = below
        self._log = _Log()
        self._version = 0

    def set(self, name: str, value: str) -> Variables:
        if self._version != self._log.version:  # another one follows this already
            return Variables(self).set(name, value)
        following = Variables.__new__(Variables)
        following._below = self._below
        following._log = self._log
        following._version = self._log.add(name, value)
        return following

    def __getitem__(self, name: str) -> str:
        value = self._log.get(name, self._version)
        return self._below[name] if value is None else value

    def __iter__(self) -> Iterator[str]:
        """In the order in which they were first set."""
        yield from self._below
        for name in self._log.names(self._version):
            if name not in self._below:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Log:
    """Every value of every name, each with the version from which it holds."""

    def __init__(self) -> None:
        self.version = 0
        self._values: dict[str, tuple[list[int], list[str]]] = {}

    def add(self, name: str, value: str) -> int:
        self.version += 1
        versions, values = self._values.setdefault(name, ([], []))
        versions.append(self.version)
        values.append(value)
        return self.version

    def get(self, name: str, version: int) -> str | None:
        versions, values = self._values.get(name, ((), ()))
        at = bisect_right(versions, version) - 1
        return values[at] if at >= 0 else None

    def names(self, version: int) -> Iterator[str]:
        for name, (versions, _) in self._values.items():
            if versions[0] > version:  # names are in the order of their first version
                return
            yield name
