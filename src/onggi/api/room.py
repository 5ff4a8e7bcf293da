"""What all requests share: the engine, and who waits for what."""

from __future__ import annotations

from aiohttp import web

from onggi.api.starts import Starts
from onggi.engine.engine import Engine


class Room:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.starts = Starts()


ROOM = web.AppKey("room", Room)
