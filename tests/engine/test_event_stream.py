from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onggi.engine.event_stream import is_wanted, stream
from onggi.errors import Invalid
from onggi.linux.bell import Bell
from onggi.linux.event_log import Actor, Event
from onggi.linux.events import Events, encode
from onggi.solve.ports import Abandoned, Cancel

WEB = "4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2"


def event(kind: str, action: str, id: str, **attributes: str) -> Event:
    return Event(type=kind, action=action, actor=Actor(id, attributes), scope="local", time=1, time_nano=1)


START = event("container", "start", WEB, image="docker.io/library/busybox:1.35", name="web", team="shop")
EXEC = event("container", "exec_start: ls -l", WEB, image="busybox:1.35", name="web")
ILL = event("container", "health_status: unhealthy", "b" * 64, image="shop/api", name="api")
TAG = event("image", "tag", "sha256:" + "ab" * 32, name="busybox:1.35")
DATA = event("volume", "create", "web-data", driver="local")
PRUNE = event("builder", "prune", "", reclaimed="5")
ALL = {"start": START, "exec": EXEC, "ill": ILL, "tag": TAG, "data": DATA, "prune": PRUNE}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, "start exec ill tag data prune"),
        ({"type": ["image"]}, "tag"),
        ({"type": ["image", "volume"]}, "tag data"),
        ({"container": ["web"]}, "start exec"),
        ({"container": ["4fa6e0f0c678"]}, "start exec"),
        ({"container": ["web", "api"]}, "start exec ill"),
        ({"container": ["web"], "event": ["start"]}, "start"),
        ({"container": ["web"], "volume": ["web-data"]}, ""),
        ({"volume": ["web"]}, "data"),
        ({"event": ["exec_start"]}, "exec"),
        ({"event": ["exec_start: ls -l"]}, "exec"),
        ({"event": ["exec_start: ls"]}, ""),
        ({"event": ["health_status"]}, "ill"),
        ({"event": ["health_status: unhealthy"]}, "ill"),
        ({"event": ["health_status: healthy"]}, ""),
        ({"image": ["busybox"]}, "start exec tag"),
        ({"image": ["busybox:1.35"]}, "exec tag"),
        ({"image": ["sha256:" + "ab" * 32]}, "tag"),
        ({"image": ["shop/api"]}, "ill"),
        ({"label": ["team"]}, "start"),
        ({"label": ["team=shop", "team"]}, "start"),
        ({"label": ["team=shop", "other"]}, ""),
        ({"scope": ["local"]}, "start exec ill tag data prune"),
        ({"scope": ["swarm"]}, ""),
        ({"network": ["bridge"]}, ""),
        ({"daemon": ["host"]}, ""),
    ],
)
def test_filters_are_dockers(filters: dict[str, list[str]], names: str) -> None:
    assert " ".join(name for name, event in ALL.items() if is_wanted(event, filters)) == names


def test_an_unknown_filter_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="invalid filter 'colour'"):
        stream(Bell(str(tmp_path)), None, None, {"colour": ["red"]}, follow=True, cancel=None)


def test_a_moment_is_all_of_its_microsecond(tmp_path: Path) -> None:
    """A float has no nanoseconds; the time of an event, as it is printed, shall name it."""
    moment = 1_714_557_600_123_456_789
    (tmp_path / "00000001.json").write_bytes(encode("image", "ab", "tag", {}, moment))
    bell = Bell(str(tmp_path))
    for since, until, count in ((0, 0, 1), (0, -1e-6, 0), (1e-6, 1, 0)):
        found = stream(bell, moment / 1e9 + since, moment / 1e9 + until, {}, follow=False, cancel=None)
        assert len(list(found)) == count


def test_the_stream_begins_with_the_call(tmp_path: Path) -> None:
    found = stream(Bell(str(tmp_path)), None, None, {"event": ["stop"]}, follow=True, cancel=None)
    web = Events(str(tmp_path), "container", WEB, {})
    web.emit("start")
    web.emit("stop")
    assert next(found).action == "stop"


@pytest.mark.parametrize("late", [False, True])
def test_who_is_let_go_of_waits_no_longer(tmp_path: Path, late: bool) -> None:
    cancel = Cancel()
    found = stream(Bell(str(tmp_path)), None, None, {}, follow=True, cancel=cancel)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(next, found) if late else None
        cancel.set()
        with pytest.raises(Abandoned):
            waiting.result() if waiting else next(found)
