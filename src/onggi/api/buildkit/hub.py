"""What all clients of BuildKit's protocol share."""

from __future__ import annotations

from onggi.api.buildkit.bodies import Bodies
from onggi.api.buildkit.jobs import Jobs
from onggi.api.buildkit.sessions import Sessions
from onggi.engine.engine import Engine


class Hub:
    """Of one server."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sessions = Sessions()
        self.jobs = Jobs()
        self.bodies = Bodies()
