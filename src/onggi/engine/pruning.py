"""What pruning may take, as `--filter` and the API's `filters` say it, and what the store freed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from onggi import patterns
from onggi.engine.filters import Filters, Tests, check_pattern, check_values, matches, require_known, truth
from onggi.engine.types import Pruned, PruneFilter, Removed
from onggi.errors import Invalid
from onggi.moments import parse_moment
from onggi.store.gc import Freed
from onggi.store.prune_filter import EVERYTHING
from onggi.suggest import did_you_mean

if TYPE_CHECKING:
    from onggi.store.cache_use import CacheUse

KEYS = ("until", "label", "label!")
VOLUME_KEYS = ("label", "label!", "all")
_CACHE_TYPES = ("exec.cachemount", "frontend", "internal", "regular", "source.git.checkout", "source.local")
"""BuildKit's. Of those that onggi has none of, none goes."""


class Allowance(msgspec.Struct, frozen=True):
    """What pruning leaves of the build cache, in bytes; 0 says nothing. reserved: so much stays in any case. most: no
    more than that stays. free: so much room there should be on the disk."""

    reserved: int = 0
    most: int = 0
    free: int = 0

    def left(self, cached: int, room: int) -> int:
        """How much stays of a cache of `cached` bytes, on a disk with `room` for more (buildkit calculateKeepBytes)."""
        bounds = [self.most] * bool(self.most) + [cached - max(self.free - room, 0)] * bool(self.free)
        return max(min(bounds, default=0), self.reserved)


NOTHING = Allowance()


class CacheFilter(msgspec.Struct, frozen=True):
    """What pruning may take of the build cache: by age and type, by what the pieces have (`things`), and by what has to
    be so of them, or not. spares_shared: what images or containers have too stays in any case."""

    only: PruneFilter = EVERYTHING
    things: Filters = {}
    claims: Mapping[str, bool] = {}
    spares_shared: bool = False

    @property
    def looks_closely(self) -> bool:
        """Whether one has to look at the pieces."""
        return bool(self.things or self.claims or self.spares_shared)

    def takes(self, piece: CacheUse) -> bool:
        return self.only.takes(piece.used, {}, piece.kind) and self.describes(piece)

    def describes(self, piece: CacheUse) -> bool:
        """Whether it is one of those that `only` is asked about."""
        is_spared = self.spares_shared and piece.is_shared
        has_claims = all(_CLAIMS[key](piece) is wanted for key, wanted in self.claims.items())
        return not is_spared and has_claims and matches(piece, self.things, _PIECES)


WHOLE_CACHE = CacheFilter()
_PIECES: Tests[CacheUse] = {
    "description": lambda piece, value: piece.description == value,
    "id": lambda piece, pattern: patterns.found(pattern, piece.id),
    "parent": lambda piece, value: False,  # none has one
}
_CLAIMS: Mapping[str, Callable[[CacheUse], bool]] = {
    "inuse": lambda piece: False,  # pruning never takes what a step uses
    "private": lambda piece: not piece.is_shared,
    "shared": lambda piece: piece.is_shared,
}
CACHE_KEYS = ("until", "unused-for", "type", "label", "label!", *_PIECES, *_CLAIMS)
"""Of the build cache nothing has labels: asked for by one nothing goes, and without one everything may."""


def prune_filter(filters: Filters, now: float) -> PruneFilter:
    """What `filters` leave to be removed. Raises Invalid."""
    require_known(filters, KEYS)
    return _filter(filters, now)


def cache_filter(filters: Filters, now: float) -> CacheFilter:
    """The same, of the build cache. A claim without a value is a claim."""
    require_known(filters, CACHE_KEYS)
    check_values(filters, {"id": lambda pattern: check_pattern("id", pattern)})
    for kind in filters.get("type", ()):
        if kind not in _CACHE_TYPES:
            raise Invalid(
                f"the build cache has no type {kind}{did_you_mean(kind, _CACHE_TYPES)}",
                hint=f"types: {', '.join(_CACHE_TYPES)}",
            )
    until = (*filters.get("until", ()), *filters.get("unused-for", ()))
    return CacheFilter(
        _filter({**filters, "until": until}, now),
        {key: filters[key] for key in _PIECES if key in filters},
        {key: truth(filters, key) is not False for key in _CLAIMS if key in filters},
    )


def volume_filter(filters: Filters) -> tuple[PruneFilter, bool]:
    """The same, of volumes, whose age is nothing to go by; and whether those with names go too."""
    require_known(filters, VOLUME_KEYS)
    return _filter(filters, 0.0), truth(filters, "all") is True


def _filter(found: Filters, now: float) -> PruneFilter:
    moments = found.get("until", ())
    if len(moments) > 1:
        raise Invalid("more than one until filter specified", hint="things are removed that are older than one moment")
    return PruneFilter(
        until=parse_moment(moments[0], now) if moments else None,
        labels=tuple(found.get("label", ())),
        without=tuple(found.get("label!", ())),
        types=tuple(found.get("type", ())),
    )


def pruned(freed: Freed) -> Pruned:
    """The answer to whoever asked for it."""
    return Pruned(tuple(Removed(removed.what, removed.name) for removed in freed.removed), freed.bytes)
