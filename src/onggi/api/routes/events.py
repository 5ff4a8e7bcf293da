"""`/events`: what happens, as it happens."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from aiohttp import web

from onggi.api import streaming
from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.streaming import Outlet
from onggi.engine.filters import Filters
from onggi.linux.event_log import Event

_MOMENT = re.compile(r"-?\d+(\.\d{1,9})?", re.ASCII)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Moments in seconds since the epoch, with up to nine digits behind the point."""

    since: str = ""
    until: str = ""
    filters: Filters = {}


async def events(call: Call[Query, None]) -> web.StreamResponse:
    """What happens in the store, whoever does it: a document for each event, until `until`, or until the client goes.
    What is kept from `since` on comes first."""
    return await streaming.answer(call.request, lambda outlet: _tell(call, outlet))


def _tell(call: Call[Query, None], outlet: Outlet) -> None:
    found = _events(call, outlet)
    outlet.begin()
    for event in found:
        outlet.send(streaming.line(call.fit(event)))


def _events(call: Call[Query, None], outlet: Outlet) -> Iterator[Event]:
    """Raises Refusal, before anything is answered."""
    query = call.query
    since, until = _moment(query.since), _moment(query.until)
    if since is not None and until is not None and until < since:
        raise Refusal(400, f"`since` time ({query.since}) cannot be after `until` time ({query.until})")
    return call.engine.events(since, until, query.filters, pause=outlet.pause)


def _moment(text: str) -> float | None:
    if not text:
        return None
    if not _MOMENT.fullmatch(text):
        raise Refusal(400, f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return float(text)


ROUTES = (Route(method="GET", path="/events", handler=events, query=Query, answer=Event, follows=True),)
