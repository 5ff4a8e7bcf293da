"""The states of a container, and what moves it from one to the next.

A container is `created` when its spec and folders are there and nothing runs. `start` makes it `running`, once execve
has succeeded; a start that fails leaves it `created` (it never ran) or `exited` (it had run before), with the error
kept beside the state. `pause` freezes the processes and `unpause` lets them go on; signals other than KILL wait
meanwhile. When the first process ends it is `exited`, with its exit code, unless its restart policy wants another
round: then it is `restarting` until the delay is over, and `start` makes it `running` again. `stop` on a restarting
container cancels the round that is due.

`remove` is a state of its own, `removing`, because folders take time to delete and a crash may come in between: a
container found in it is removed by whoever finds it. If that fails, for a mount that is busy say, it is `dead`: it
cannot be started, only removed again. When removal succeeds the row is gone, so no state says it.

Two facts beside the table. A forced removal is a kill, an exit and then a removal: no event of its own. And the state
in a container's folder is written by its monitor; a state that says `running` while nobody holds the monitor's lock
means that the monitor was killed, so `lost` moves it to exited (137, as if killed).

      created ──start──→ running ──exit──→ exited ──start──→ running
                         │   ↑  └──retry──→ restarting ──start──→ running
                       pause unpause
                         ↓   │
                         paused

Who writes a state into state.json moves it along this table: the monitor (linux/state_file.py), and the engine for a
container without one. So this module is bare: no more is imported than a monitor has anyway. The words are Docker's.
"""

from __future__ import annotations

from onggi.errors import Conflict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from onggi.container.state import Status

    Event: TypeAlias = Literal["start", "pause", "unpause", "exit", "retry", "lost", "remove", "fail"]

TABLE: dict[tuple[Status, Event], Status] = {
    ("created", "start"): "running",
    ("created", "remove"): "removing",
    ("running", "pause"): "paused",
    ("running", "exit"): "exited",
    ("running", "retry"): "restarting",
    ("running", "lost"): "exited",
    ("paused", "unpause"): "running",
    ("paused", "exit"): "exited",
    ("paused", "retry"): "restarting",
    ("paused", "lost"): "exited",
    ("restarting", "start"): "running",
    ("restarting", "exit"): "exited",
    ("restarting", "lost"): "exited",
    ("exited", "start"): "running",
    ("exited", "remove"): "removing",
    ("removing", "remove"): "removing",
    ("removing", "fail"): "dead",
    ("dead", "remove"): "removing",
}

# Why an event is refused, where the state alone says it badly.
_REFUSALS: dict[tuple[Status, Event], tuple[str, str]] = {
    ("running", "start"): ("is already running", ""),
    ("paused", "start"): ("is paused", "unpause it first"),
    ("running", "remove"): ("is running", "stop the container before removing or force remove"),
    ("paused", "remove"): ("is paused", "unpause and stop the container before removing or force remove"),
    ("restarting", "remove"): ("is restarting", "stop the container before removing or force remove"),
    ("paused", "pause"): ("is already paused", ""),
    ("restarting", "pause"): ("is restarting", "wait until it is running"),
    ("running", "unpause"): ("is not paused", ""),
    ("restarting", "unpause"): ("is not paused", ""),
    ("removing", "start"): ("is being removed", ""),
    ("dead", "start"): ("could not be removed completely and cannot be started", "remove it again"),
}

RUNNING: tuple[Status, ...] = ("running", "paused", "restarting")
"""In which it has a monitor."""

KILLED = 137
"""The exit code of a container whose monitor was lost: 128 + SIGKILL."""


def advance(status: Status, event: Event, name: str) -> Status:
    """The next state of container `name`; raises Conflict where the table has none."""
    following = TABLE.get((status, event))
    if following is None:
        reason, hint = _REFUSALS.get((status, event), (f"is {status}, so it cannot {event}", ""))
        raise Conflict(f"container {name} {reason}", hint=hint)
    return following
