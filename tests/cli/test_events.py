"""events: Docker's lines, templates and JSON; what is asked of the engine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from onggi.linux.event_log import Actor, Event

from .fake import ID, FakeEngine, call

DIED = Event(
    status="die",
    id=ID,
    from_="busybox:1.35",
    type="container",
    action="die",
    actor=Actor(ID, {"name": "web", "image": "busybox:1.35", "exitCode": "137"}),
    scope="local",
    time=1714557600,
    time_nano=1714557600_000000042,
)


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.happened = [DIED]
    return engine


@pytest.fixture
def seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Seoul")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("seoul")
def test_a_line_is_dockers(engine: FakeEngine) -> None:
    assert call(engine, "events").out == (
        f"2024-05-01T19:00:00.000000042+09:00 container die {ID} (exitCode=137, image=busybox:1.35, name=web)\n"
    )


def test_an_actor_without_attributes(engine: FakeEngine) -> None:
    engine.happened = [Event(type="volume", action="create", actor=Actor("data", {}), time=0, time_nano=0)]
    assert call(engine, "system", "events").out.endswith(" volume create data\n")


def test_a_label_does_not_move_the_cursor(engine: FakeEngine) -> None:
    engine.happened = [Event(type="image", action="tag", actor=Actor("ab", {"a": "\x1b[2J\n"}), time=0, time_nano=0)]
    assert call(engine, "events").out.endswith(" image tag ab (a= [2J )\n")


@pytest.mark.parametrize("format", ["json", "{{json .}}"])
def test_json_has_the_names_of_dockers_api(engine: FakeEngine, format: str) -> None:
    out = call(engine, "events", "--format", format).out
    assert list(json.loads(out)) == [
        "status",
        "id",
        "from",
        "Type",
        "Action",
        "Actor",
        "scope",
        "time",
        "timeNano",
    ]
    assert json.loads(out)["Actor"] == {"ID": ID, "Attributes": DIED.actor.attributes}


def test_a_template_has_the_names_of_go(engine: FakeEngine) -> None:
    text = "{{.Type}} {{.Status}} {{.From}} {{.Actor.Attributes.name}} {{.Actor.Attributes.nothing}} {{.TimeNano}}"
    assert call(engine, "events", "--format", text).out == (
        "container die busybox:1.35 web <no value> 1714557600000000042\n"
    )


def test_a_wrong_template_is_told_before_anything_happens(engine: FakeEngine) -> None:
    engine.happened = []
    result = call(engine, "events", "--format", "{{.Typo}}")
    assert result.code == 1
    assert "there is no field .Typo" in result.err


def test_what_is_asked(engine: FakeEngine) -> None:
    call(engine, "events", "--since", "5", "--until", "7", "-f", "event=die", "-f", "event=start", "-f", "label=a=b")
    assert engine.asked == [("events", 5.0, 7.0, {"event": ["die", "start"], "label": ["a=b"]})]
    call(engine, "events")
    assert engine.asked[-1] == ("events", None, None, {})


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["-f", "container"], "write --filter key=value"),
        (["-f", "colour=red"], "invalid filter 'colour'"),
        (["--since", "soon"], "'soon' is not a time"),
        (["--until", "tomorrow"], "'tomorrow' is not a time"),
    ],
)
def test_what_is_refused(engine: FakeEngine, args: list[str], words: str) -> None:
    result = call(engine, "events", *args)
    assert result.code == 1
    assert words in result.err
    assert engine.asked == []
