"""What of HTTP/2 is the same for all connections: how much may be on its way, and what h2 says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event
from h2.settings import SettingCodes, Settings
from hyperframe.frame import DataFrame

MOST_STREAMS = 250
"""Calls that are served at once, as many as Docker's server has (golang.org/x/net/http2)."""
STREAM_WINDOW = 1 << 18
_WINDOW = MOST_STREAMS * STREAM_WINDOW
DataFrame.__repr__ = object.__repr__  # type: ignore[method-assign]
"""h2 describes each frame that comes, with all its bytes in hex, to a log that is not kept: half the time it takes."""


def begun(*, is_client: bool) -> H2Connection:
    """What we say first stands before all else that is sent."""
    made = H2Connection(H2Configuration(client_side=is_client))
    values = {SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW, SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS}
    values[SettingCodes.MAX_HEADER_LIST_SIZE] = H2Connection.DEFAULT_MAX_HEADER_LIST_SIZE
    if is_client:
        values[SettingCodes.ENABLE_PUSH] = 0
    made.local_settings = Settings(client=is_client, initial_values=values)
    made.initiate_connection()
    made.increment_flow_control_window(_WINDOW)
    return made


def texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """One that comes several times has all its values, with commas between them (RFC 9110, 5.2)."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1"), value.decode("utf-8", "replace")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def joined(events: Iterable[Event]) -> Iterator[Event]:
    """What follows each other of one call is one piece: a wake-up for who waits for it, rather than one for each."""
    for _, several in groupby(events, lambda event: event.stream_id if isinstance(event, DataReceived) else id(event)):
        first, *rest = several
        if isinstance(first, DataReceived) and rest:
            more = [event for event in rest if isinstance(event, DataReceived)]
            first.data = b"".join((first.data, *(event.data for event in more)))
            first.flow_controlled_length += sum(event.flow_controlled_length for event in more)
        yield first
