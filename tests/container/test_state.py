from __future__ import annotations

from typing import get_args

import pytest

from onggi.container.state import TABLE, Event, State, Status, advance, status_words
from onggi.errors import Conflict


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
        ("paused", "pause", "container web is already paused"),
        ("restarting", "pause", "container web is restarting"),
        ("running", "unpause", "container web is not paused"),
        ("created", "exit", "container web is created, so it cannot exit"),
        ("dead", "start", "container web could not be removed completely and cannot be started"),
    ],
)
def test_what_the_table_lacks_is_refused(status: Status, event: Event, message: str) -> None:
    with pytest.raises(Conflict) as caught:
        advance(status, event, "web")
    assert caught.value.message == message


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
