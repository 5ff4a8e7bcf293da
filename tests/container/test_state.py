"""How `ps` says a container's state."""

from __future__ import annotations

import pytest

from onggi.container.state import State, status_words


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
