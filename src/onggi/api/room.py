"""What all requests share: the engine, who waits for what, and what need not be made anew."""

from __future__ import annotations

from aiohttp import web

from onggi.api.starts import Starts
from onggi.api.underway import Underway
from onggi.api.wire.summary import Summaries
from onggi.engine.engine import Engine


class Room:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.starts = Starts()
        self.summaries = Summaries()
        self.builds = Underway()


ROOM = web.AppKey("room", Room)
