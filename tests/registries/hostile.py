"""A registry that does one thing wrong while all else is as it should be (`misbehaviours` has the tables).

    with hostile.serve(PULLS["layer longer than said"]) as registry:
        skopeo("copy", f"docker://{registry.name}", …)

A misbehaviour is a place (which requests), a change (of the honest answer, in a world with another host beside it) and
how often; some are images instead, whose documents lie or are of a kind that nobody knows.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import fake, wares
from .changes import REPOSITORY, TAG, TOKEN, Change, World
from .fake import Answer, Asked, Fake, Server
from .places import Place
from .wares import Wares


@dataclass(frozen=True)
class Misbehaviour:
    """`times`: how many requests at the place are answered wrong; None for all. `is_lost`: what they ask for is not
    done either. `is_guarded`: it wants tokens."""

    at: Place = lambda asked: False
    change: Change = lambda answer, asked, world: answer
    times: int | None = None
    wares: Callable[[], Wares] = wares.image
    is_lost: bool = False
    is_guarded: bool = False
    tags: tuple[str, ...] = (TAG,)


@dataclass
class Met:
    """How often the place of a misbehaviour was come to."""

    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Hostile:
    """The registry, the other host, and the image that is there."""

    server: Server
    other: Server
    wares: Wares

    @property
    def host(self) -> str:
        return self.server.host

    @property
    def name(self) -> str:
        return f"{self.host}/{REPOSITORY}:{TAG}"

    def count(self, method: str, part: str) -> int:
        """How many requests there were with this in their path."""
        return sum(asked.method == method and part in asked.path for asked in self.server.asked)


@contextmanager
def serve(misbehaviour: Misbehaviour, tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """`tls`: for the registry itself; the other host has none."""
    image, met = misbehaviour.wares(), Met()

    def change(asked: Asked, honest: Callable[[], Answer]) -> Answer:
        if not misbehaviour.at(asked):
            return honest()
        with met.lock:
            before, met.count = met.count, met.count + 1
        if misbehaviour.times is not None and before >= misbehaviour.times:
            return honest()
        answer = Answer() if misbehaviour.is_lost else honest()
        return misbehaviour.change(answer, asked, World(server, other, before))

    with fake.serve(Fake()) as other, fake.serve(Fake(), change, tls) as server:
        for each in (server.fake, other.fake):
            for tag in misbehaviour.tags:
                each.put(image, REPOSITORY, tag)
        if misbehaviour.is_guarded:
            server.fake.token = server.fake.grants = other.fake.grants = TOKEN
            server.fake.realm = f"{server.url}/token"
        yield Hostile(server, other, image)
