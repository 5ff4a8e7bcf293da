"""What can be wrong with an answer: functions from the honest one to the one that goes out."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from . import wares
from .fake import Answer, Asked, Server
from .wares import MANIFEST

REPOSITORY, TAG = "name", "1"
TOKEN = "the-token"
"""What a guarded registry wants to see."""


@dataclass(frozen=True)
class World:
    """What a change may look at: the server itself, another host, and how many requests were met before."""

    server: Server
    other: Server
    met: int

    @property
    def stopping(self) -> threading.Event:
        return self.server.stopping


Change = Callable[[Answer, Asked, World], Answer]


def whole(answer: Answer) -> bytes:
    assert isinstance(answer.body, bytes)
    return answer.body


def body(change: Callable[[bytes], bytes]) -> Change:
    """Another body, of which nothing but the digest tells."""
    return lambda answer, asked, world: replace(answer, body=change(whole(answer)))


def short(answer: Answer, asked: Asked, world: World) -> Answer:
    """The first bytes and no more, whichever part is asked for."""
    honest = range_ignored(answer, asked, world)
    return replace(honest, body=whole(honest)[:5000])


def document(document: object, media_type: str = MANIFEST) -> Change:
    raw = document if isinstance(document, bytes) else wares.encode(document)
    return lambda answer, asked, world: Answer(200, {"Content-Type": media_type}, raw)


def status(status: int, body: bytes = b"", **headers: str) -> Change:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer, asked, world: Answer(status, told, body)


def endless(frame: str) -> Change:
    def change(answer: Answer, asked: Asked, world: World) -> Answer:
        pieces = itertools.takewhile(lambda _: not world.stopping.is_set(), itertools.repeat(b" " * 65536))
        return replace(answer, body=itertools.chain([whole(answer)], pieces), frame=frame)  # type: ignore[arg-type]

    return change


def reset(part: float) -> Change:
    """All but the rest of the body, and then the connection is gone."""

    def change(answer: Answer, asked: Asked, world: World) -> Answer:
        data = whole(answer)
        return replace(answer, body=data[: int(len(data) * part)], length=len(data), ending="reset")

    return change


def hang_up(answer: Answer, asked: Asked, world: World) -> Answer:
    """No answer at all."""
    return Answer(raw=(), ending="reset")


def cut_unless_range(answer_to_range: Change) -> Change:
    """Half of what is asked for as a whole; what is asked for in part is answered in another way."""

    def change(answer: Answer, asked: Asked, world: World) -> Answer:
        way = answer_to_range if "range" in asked.headers else reset(0.5)
        return way(answer, asked, world)

    return change


def range_ignored(answer: Answer, asked: Asked, world: World) -> Answer:
    return world.server.fake.answer(replace(asked, headers={}))


def drip(piece: int, seconds: float) -> Change:
    """So many bytes at a time, with a pause between them."""

    def change(answer: Answer, asked: Asked, world: World) -> Answer:
        data = whole(answer)

        def pieces() -> Iterator[bytes]:
            for at in range(0, len(data), piece):
                yield data[at : at + piece]
                if world.stopping.wait(seconds):
                    return

        return replace(answer, body=pieces(), length=len(data))

    return change


def drip_headers(answer: Answer, asked: Asked, world: World) -> Answer:
    def pieces() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        while not world.stopping.wait(0.2):
            yield b"."

    return Answer(raw=pieces())


def stall(part: float) -> Change:
    """Some of the body, then silence while the connection stays."""

    def change(answer: Answer, asked: Asked, world: World) -> Answer:
        data = whole(answer)

        def pieces() -> Iterator[bytes]:
            yield data[: int(len(data) * part)]
            world.stopping.wait()

        return replace(answer, body=pieces(), length=len(data))

    return change


def silence(answer: Answer, asked: Asked, world: World) -> Answer:
    def pieces() -> Iterator[bytes]:
        world.stopping.wait()
        yield from ()

    return Answer(raw=pieces())


def raw(*pieces: bytes) -> Change:
    return lambda answer, asked, world: Answer(raw=pieces)


def to(location: str, status: int = 307) -> Change:
    """A redirect; `{url}`, `{other}`, `{path}` and `{met}` stand for what they say."""

    def change(answer: Answer, asked: Asked, world: World) -> Answer:
        words = {"url": world.server.url, "other": world.other.url, "path": asked.path, "met": world.met}
        return Answer(status, {"Location": location.format(**words)})

    return change


def header(name: str, value: str) -> Change:
    def change(answer: Answer, asked: Asked, world: World) -> Answer:
        words = {"url": world.server.url, "other": world.other.url, "path": asked.path, "met": world.met}
        return replace(answer, headers={**answer.headers, name: value.format(**words)})

    return change


def without(name: str) -> Change:
    return lambda answer, asked, world: replace(
        answer, headers={key: value for key, value in answer.headers.items() if key != name}
    )


def page(answer: Answer, asked: Asked, world: World) -> Answer:
    """Tags without an end, always others."""
    headers = {"Content-Type": "application/json", "Link": f'<{asked.path}?n=1&last={world.met}>; rel="next"'}
    return Answer(200, headers, wares.encode({"name": REPOSITORY, "tags": [f"tag-{world.met}"]}))


def expire(answer: Answer, asked: Asked, world: World) -> Answer:
    """The token is none any more; the next one is another."""
    world.server.fake.token = world.server.fake.grants = "another-token"
    return world.server.fake.answer(asked)


def elsewhere(answer: Answer, asked: Asked, world: World) -> Answer:
    """A challenge that sends for tokens to the other host, which has them."""
    if asked.headers.get("authorization") == f"Bearer {TOKEN}":
        return answer
    return Answer(401, {"WWW-Authenticate": f'Bearer realm="{world.other.url}/token",service="fake"'})


def upload_elsewhere(answer: Answer, asked: Asked, world: World) -> Answer:
    """Uploads go to the other host, as they go to a bucket; its uploads are ours."""
    world.other.fake.uploads, world.other.fake.blobs = world.server.fake.uploads, world.server.fake.blobs
    return replace(answer, headers={**answer.headers, "Location": world.other.url + answer.headers["Location"]})
