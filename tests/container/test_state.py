from __future__ import annotations

from typing import get_args

import pytest

from onggi.container.state import TABLE, Event, State, Status, advance, duration_words, status_words
from onggi.errors import Conflict

MINUTE, HOUR, DAY = 60, 3600, 86400


def test_every_state_can_be_left_and_reached() -> None:
    statuses = set(get_args(Status))
    assert {status for status, _ in TABLE} == statuses
    assert set(TABLE.values()) | {"created"} == statuses
    assert {event for _, event in TABLE} == set(get_args(Event))


def test_a_life() -> None:
    status: Status = "created"
    events: tuple[Event, ...] = ("start", "pause", "unpause", "retry", "start", "exit", "start", "exit", "remove")
    seen = []
    for event in events:
        status = advance(status, event, "web")
        seen.append(status)
    assert seen == [
        "running", "paused", "running", "restarting", "running", "exited", "running", "exited", "removing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "event", "message"),
    [
        ("running", "start", "container web is already running"),
        ("running", "remove", "container web is running"),
        ("paused", "remove", "container web is paused"),
        ("exited", "pause", "container web is exited, so it cannot pause"),
        ("created", "exit", "container web is created, so it cannot exit"),
        ("dead", "start", "container web could not be removed completely and cannot be started"),
    ],
)
def test_what_the_table_lacks_is_refused(status: Status, event: Event, message: str) -> None:
    with pytest.raises(Conflict) as caught:
        advance(status, event, "web")
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "Less than a second"),
        (0.9, "Less than a second"),
        (1, "1 second"),
        (1.9, "1 second"),
        (2, "2 seconds"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (59 * MINUTE, "59 minutes"),
        (60 * MINUTE, "About an hour"),
        (89 * MINUTE, "About an hour"),
        (90 * MINUTE, "2 hours"),
        (47 * HOUR, "47 hours"),
        (48 * HOUR, "2 days"),
        (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (59 * DAY, "8 weeks"),
        (60 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (730 * DAY, "2 years"),
    ],
)
def test_durations_are_dockers(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(), "Created"),
        (State(status="running", started_at=820), "Up 3 minutes"),
        (State(status="paused", started_at=820), "Up 3 minutes (Paused)"),
        (State(status="exited", exit_code=0, finished_at=995), "Exited (0) 5 seconds ago"),
        (State(status="exited", exit_code=137, finished_at=1000), "Exited (137) Less than a second ago"),
        (State(status="restarting", exit_code=1, finished_at=994), "Restarting (1) 6 seconds ago"),
        (State(status="removing"), "Removal In Progress"),
        (State(status="dead"), "Dead"),
    ],
)
def test_status_words(state: State, words: str) -> None:
    assert status_words(state, now=1000) == words
