"""What all requests share: the engine, who waits for what, and what need not be made anew."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from aiohttp import web

from onggi.api.facts import EngineFacts
from onggi.api.policy.rules import EVERYTHING, Policy
from onggi.api.policy.sight import Sight
from onggi.api.requests import MOST, Requests
from onggi.api.starts import Starts
from onggi.api.underway import Underway
from onggi.api.wire.summary import Summaries
from onggi.engine.engine import Engine

if TYPE_CHECKING:
    from onggi.api.buildkit.hub import Hub


class Context:
    """`policy`: what is served; None for all. `sight`: what is there for who is served. streams: how many requests may
    go on for long."""

    def __init__(self, engine: Engine, policy: Policy | None = None, streams: int = MOST) -> None:
        self.engine = engine
        self.policy = policy
        self.sight = Sight(policy.rules if policy else EVERYTHING, EngineFacts(engine))
        self.requests = Requests(streams)
        self._streams = streams
        self.starts = Starts()
        self.builds = Underway()
        self.summaries = Summaries()
        self._buildkit: Hub | None = None
        self._first = threading.Lock()

    @property
    def buildkit(self) -> Hub:
        """Imported where a client speaks its protocol, by one thread."""
        with self._first:
            if self._buildkit is None:
                from onggi.api.buildkit.hub import Hub
                from onggi.api.buildkit.permission import Permission

                self._buildkit = Hub(self.engine, Permission(self.policy, self.sight), self._streams)
            return self._buildkit

    def is_building(self) -> bool:
        """Whether a build goes on that was asked for by BuildKit's protocol."""
        return self._buildkit is not None and bool(self._buildkit.jobs)


CONTEXT = web.AppKey("context", Context)
