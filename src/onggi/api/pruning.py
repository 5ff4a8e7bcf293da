"""What pruning is asked with, and how it answers: with a report, or with what goes as it goes, and the report then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from onggi.api import streaming
from onggi.api.streaming import Outlet
from onggi.api.threads import in_thread
from onggi.engine.filters import Filters
from onggi.store.prune_filter import Tell, unheard

_LINES = "application/jsonl"


class PruneQuery(msgspec.Struct, frozen=True, kw_only=True):
    """stream: tell of each thing as soon as it is gone."""

    filters: Filters = {}
    stream: bool = False


async def answer(request: web.Request, prune: Callable[[Tell], Any], *, is_stream: bool) -> Any:
    """`prune` returns the report."""
    if not is_stream:
        return await in_thread(lambda: prune(unheard))

    def work(outlet: Outlet) -> None:
        report = prune(lambda what, name: outlet.tell({"id": name, "status": what.capitalize()}))
        outlet.tell({"aux": report})

    return await streaming.tell(request, work, _LINES)
