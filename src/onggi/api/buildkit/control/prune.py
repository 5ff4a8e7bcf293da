"""Prune: remove of the build cache what is asked for, as `POST /build/prune`, but that without `all` less of it goes.
All that came free is told piece by piece, for clients add it up."""

from __future__ import annotations

import time
from collections.abc import Iterator

from msgspec.structs import replace

from onggi.api.buildkit.control import pieces
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import PruneRequest, UsageRecord
from onggi.engine.pruning import Allowance


def _handle(asked: Asked, request: PruneRequest) -> Iterator[UsageRecord]:
    """Without `all` what images have too stays, and with it their builds are quick (moby/buildkit, cache/manager.go);
    and so do records of builds, which BuildKit does not count as cache."""
    asked_for = pieces.cache_filter(request.filter, request.keep_duration, time.time())
    only = replace(asked_for, spares_shared=not request.all)
    allowance = Allowance(request.reserved_space, request.max_used_space, request.min_free_space)
    known = {each.id: each for each in asked.hub.engine.system.cached()}
    pruned = asked.hub.engine.system.prune_build_cache(only, allowance)
    gone = [known[each.name] for each in pruned.removed if each.name in known]
    own = sum(each.size for each in gone if not each.is_shared)
    for each in gone:
        told = pieces.record(each)
        if each.is_shared:
            told.size = 0  # it stays on disk
        yield told
    if pruned.reclaimed > own:
        yield pieces.of_records(pruned.reclaimed - own)


METHOD = Method(PruneRequest, _handle)
