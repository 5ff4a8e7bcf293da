"""What pruning may take, as `--filter` and the API's `filters` say it, and what the store freed."""

from __future__ import annotations

import msgspec

from onggi.engine.filters import Filters, require_known, truth
from onggi.engine.types import Pruned, PruneFilter, Removed
from onggi.errors import Invalid
from onggi.moments import parse_moment
from onggi.store.gc import Freed
from onggi.suggest import did_you_mean

KEYS = ("until", "label", "label!")
VOLUME_KEYS = ("label", "label!", "all")
CACHE_KEYS = ("until", "type", "label", "label!")
"""Of the build cache nothing has labels: asked for by one nothing goes, and without one everything may."""
_CACHE_TYPES = ("regular", "exec.cachemount")


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


def prune_filter(filters: Filters, now: float) -> PruneFilter:
    """What `filters` leave to be removed. Raises Invalid."""
    require_known(filters, KEYS)
    return _filter(filters, now)


def cache_filter(filters: Filters, now: float) -> PruneFilter:
    """The same, of the build cache."""
    require_known(filters, CACHE_KEYS)
    for kind in filters.get("type", ()):
        if kind not in _CACHE_TYPES:
            raise Invalid(
                f"the build cache has no type {kind}{did_you_mean(kind, _CACHE_TYPES)}",
                hint=f"types: {', '.join(_CACHE_TYPES)}",
            )
    return _filter(filters, now)


def volume_filter(filters: Filters) -> tuple[PruneFilter, bool]:
    """The same, of volumes, whose age is nothing to go by; and whether those with names go too."""
    require_known(filters, VOLUME_KEYS)
    asked = [truth("all", value) for value in filters.get("all", ())]
    return _filter(filters, 0.0), any(asked)


def _filter(found: Filters, now: float) -> PruneFilter:
    moments = found.get("until", ())
    if len(moments) > 1:
        raise Invalid("more than one until filter", hint="things are removed that are older than one moment")
    return PruneFilter(
        until=parse_moment(moments[0], now) if moments else None,
        labels=tuple(found.get("label", ())),
        without=tuple(found.get("label!", ())),
        types=tuple(found.get("type", ())),
    )


def pruned(freed: Freed) -> Pruned:
    """The answer to whoever asked for it."""
    return Pruned(tuple(Removed(removed.what, removed.name) for removed in freed.removed), freed.bytes)
