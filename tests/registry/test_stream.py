from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.registries import hostile, wares
from tests.registries import places as at
from tests.registries.changes import body, cut_unless_range, header, range_ignored, reset, stall, status
from tests.registries.hostile import Hostile, Misbehaviour

from onggi.errors import NotFound, Unavailable
from onggi.fetch.network import Network
from onggi.fetch.tls import Tls
from onggi.oci.descriptor import Descriptor
from onggi.registry.driver import Driver
from onggi.registry.logins.login import NO_LOGINS
from onggi.registry.place import Place
from onggi.registry.stream import open_stream
from onggi.solve.ports import Abandoned, Cancel

LAYER = wares.image().layers[-1]
WHAT = Descriptor(wares.LAYER, wares.digest(LAYER), len(LAYER))
HALF = len(LAYER) // 2


@dataclass
class World:
    """A blob at a registry, and how much of it came over the wire."""

    registry: Hostile
    driver: Driver
    cancel: Cancel
    counts: list[int] = field(default_factory=list)

    def open(self, offset: int = 0) -> io.BufferedReader:
        host = self.registry.host
        place = Place(host=host, repository="name", account=host, may_be_plain=True)
        return open_stream(self.driver, place, WHAT, offset, self.counts.append)

    def ranges(self) -> list[str]:
        asked = self.registry.server.asked
        return [each.headers.get("range", "") for each in asked if WHAT.digest in each.path]


@contextmanager
def serving(misbehaviour: Misbehaviour | None = None, *, attempts: int = 3) -> Iterator[World]:
    cancel = Cancel()
    # What is left of the blob is more than what an attempt must bring not to count.
    network = Network(pause_seconds=0, silence_seconds=20, attempts=attempts)
    with (
        hostile.serve(misbehaviour or Misbehaviour()) as registry,
        Driver(network, NO_LOGINS, lambda host: Tls(), cancel) as driver,
    ):
        yield World(registry, driver, cancel)


def bad(change: Any, times: int | None = None) -> Misbehaviour:
    return Misbehaviour(at.LAYER, change, times)


@pytest.mark.parametrize("offset", [0, 1, HALF, len(LAYER) - 1])
def test_the_bytes_from_somewhere_on(offset: int) -> None:
    with serving() as world, world.open(offset) as stream:
        assert stream.read() == LAYER[offset:]
        assert sum(world.counts) == len(LAYER) - offset
        assert world.ranges() == [f"bytes={offset}-" if offset else ""]


def test_small_reads() -> None:
    with serving() as world, world.open() as stream:
        assert b"".join(iter(lambda: stream.read(777), b"")) == LAYER


def test_where_the_connection_breaks_it_goes_on_from_there() -> None:
    with serving(bad(reset(0.5), times=3)) as world, world.open() as stream:
        assert stream.read() == LAYER
        assert sum(world.counts) == len(LAYER)
        first, second, *_ = world.ranges()
        assert (first, second) == ("", f"bytes={HALF}-")


@pytest.mark.parametrize(
    "way", [range_ignored, status(416), header("Content-Range", "bytes 0-9/10")], ids=["ignored", "refused", "another"]
)
def test_a_server_that_gives_no_parts_is_asked_for_all_and_what_is_known_passed_over(way: Any) -> None:
    with serving(bad(cut_unless_range(way), times=2)) as world, world.open() as stream:
        assert stream.read() == LAYER
        assert sum(world.counts) == len(LAYER), "what is passed over is no progress"


def test_attempts_that_bring_nothing_come_to_an_end() -> None:
    with serving(bad(reset(0))) as world, world.open() as stream:
        with pytest.raises(Unavailable, match=f"cannot fetch {world.registry.host}/name@{WHAT.digest}") as raised:
            stream.read()
        assert "tried 3 times in a row" in raised.value.hint
        assert len(world.ranges()) == 3


def test_a_part_that_ends_before_what_is_known_is_no_progress() -> None:
    with serving(bad(cut_unless_range(reset(0)))) as world, world.open() as stream, pytest.raises(Unavailable):
        stream.read()


def test_a_blob_that_is_shorter_than_said_is_one_that_broke_off() -> None:
    with serving(bad(body(lambda data: data[:-1]))) as world:
        stream = world.open()
        with pytest.raises(Unavailable, match="ended before all had arrived"):
            stream.read()


def test_a_blob_that_is_longer_is_left_to_who_checks_it() -> None:
    with serving(bad(body(lambda data: data + b"more"))) as world, world.open() as stream:
        assert stream.read() == LAYER + b"more"


def test_a_blob_that_is_not_there() -> None:
    with serving(bad(status(404))) as world, world.open() as stream, pytest.raises(NotFound, match=WHAT.digest):
        stream.read(1)


def test_cancelled() -> None:
    with serving(bad(stall(0.5))) as world, world.open() as stream:
        found = b""
        while len(found) < HALF:
            found += stream.read1(HALF - len(found))
        assert found == LAYER[:HALF]
        world.cancel.set()
        with pytest.raises(Abandoned):
            stream.read(1)
