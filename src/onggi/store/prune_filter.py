"""What pruning may take: Docker's `--filter until=…`, `label=…`, `label!=…` and, of the build cache, `type=…`; and who
hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

Tell: TypeAlias = Callable[[str, str], object]
"""Hears of each thing as soon as it is gone: "untagged" or "deleted", and its name."""


def unheard(what: str, name: str) -> None:
    """For who need not hear of each."""


class PruneFilter(msgspec.Struct, frozen=True):
    """until: only what was made before this moment (seconds since the epoch), or in the build cache not used since.
    labels: only what has all of these; without: only what has none of these. A label is `key` or `key=value`; layers
    of the build cache have none. types: only these kinds of the build cache, "regular" for the layers that steps made,
    "exec.cachemount" for what RUN --mount=type=cache keeps, "source.local" for what clients have sent."""

    until: float | None = None
    labels: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def takes(self, made: float | None, labels: Mapping[str, str], kind: str = "") -> bool:
        """None is a moment that nobody knows: whether it was before `until` cannot be said, so the thing stays."""
        if self.until is not None and (made is None or made >= self.until):
            return False
        if self.types and kind not in self.types:
            return False
        return all(has_label(labels, label) for label in self.labels) and not any(
            has_label(labels, label) for label in self.without
        )


EVERYTHING = PruneFilter()


def has_label(labels: Mapping[str, str], wanted: str) -> bool:
    """`key`, or `key=value`."""
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)
