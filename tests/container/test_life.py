"""The table of states."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from onggi.container.life import RUNNING, TABLE, advance
from onggi.container.state import Status
from onggi.errors import Conflict

if TYPE_CHECKING:
    from onggi.container.life import Event


def test_every_state_can_be_left_and_reached() -> None:
    statuses = set(get_args(Status))
    assert {status for status, _ in TABLE} == statuses
    assert set(TABLE.values()) | {"created"} == statuses


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


@pytest.mark.parametrize("status", RUNNING)
def test_whatever_runs_can_end_start_again_and_be_lost(status: Status) -> None:
    assert advance(status, "exit", "web") == advance(status, "lost", "web") == "exited"
    assert status == "restarting" or advance(status, "retry", "web") == "restarting"


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
