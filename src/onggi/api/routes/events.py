"""`/events`: what happens, as it happens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from aiohttp import web

from onggi.api import streaming
from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.streaming import Outlet
from onggi.api.versions import has
from onggi.engine.filters import Filters
from onggi.linux.event_log import Event

_SEQUENCE = "application/json-seq"
_KINDS = ("application/jsonl", "application/x-ndjson", _SEQUENCE)
"""What the answer may be called: lines of JSON, or (RFC 7464) a sequence, whose texts begin with a mark."""
_RECORD = b"\x1e"
_QUALITY = re.compile(r"[01](\.[0-9]{0,3})?", re.ASCII)


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """since, until: seconds since the epoch."""

    since: float | None = None
    until: float | None = None
    filters: Filters = {}


async def events(call: Call[EventsQuery, None]) -> web.StreamResponse:
    """What happens in the store, whoever does it: a document for each event, until `until`, or until the client goes.
    What is kept from `since` on comes first."""
    return await streaming.answer(call.request, lambda outlet: _tell(call, outlet))


def _tell(call: Call[EventsQuery, None], outlet: Outlet) -> None:
    found, kind = _events(call, outlet), _kind(call.request.headers.getall("Accept", ()))
    mark = _RECORD if kind == _SEQUENCE else b""
    outlet.begin({"Content-Type": kind})
    tells_of_made = has(call.version, "images are told to be made")
    for event in found:
        if event.type == "image" and event.action == "create" and not tells_of_made:
            continue
        outlet.send(mark + streaming.line(call.fit(event)))


def _kind(accepted: Sequence[str]) -> str:
    """Of _KINDS the one that the client likes best, the first where it likes several as much; JSON for who names none
    of them."""
    said = [each.partition(";") for text in accepted for each in text.split(",")]
    liked = {kind.strip().lower(): _quality(parameters) for kind, _, parameters in said}
    best = max(_KINDS, key=lambda kind: liked.get(kind, 0.0))
    return best if liked.get(best, 0.0) > 0 else streaming.JSON


def _quality(parameters: str) -> float:
    """`q=0.5` (RFC 9110, section 12.4.2); what is none counts for nothing."""
    found = re.search(r"\bq=([^;]*)", parameters)
    if found is None:
        return 1.0
    return float(found[1]) if _QUALITY.fullmatch(found[1].strip()) else 0.0


def _events(call: Call[EventsQuery, None], outlet: Outlet) -> Iterator[Event]:
    """Raises Refusal, before anything is answered."""
    query = call.query
    if query.since is not None and query.until is not None and query.until < query.since:
        said = call.request.query
        raise Refusal(400, f"`since` time ({said['since']}) cannot be after `until` time ({said['until']})")
    may_tell = call.context.sight.witness()
    return filter(may_tell, call.engine.events(query.since, query.until, query.filters, cancel=outlet.cancel))


ROUTES = (Route(method="GET", path="/events", handler=events, query=EventsQuery, answer=Event, kind="following"),)
