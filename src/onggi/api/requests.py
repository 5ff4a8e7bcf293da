"""The requests that are being handled: how many may go on for long, and what becomes of them when the server ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, get_args

from onggi.errors import Invalid, Unavailable

MOST = 1000
_FILES = 10
"""That one which goes on has open at most: of one who is attached the connection, three times, the monitor's, …"""
_OTHER_FILES = 500
Kind: TypeAlias = Literal["short", "waits", "long", "following"]
"""short: soon answered. waits: for a disk, a process, a registry. long: what is told, or sent, piece by piece.
following: of that, what has no end of its own (events, an attached client). Each but the short ones has a thread to
itself."""


def given_up() -> Unavailable:
    """What the client of one hears that could not end before the server."""
    return Unavailable("it was given up, because this server ends")


def most(asked: int | None, files: int) -> int:
    """How many may go on: as many as was asked for, or as usual where so many `files` may be open. Raises Invalid for
    more than that."""
    room = max((files - _OTHER_FILES) // _FILES, 1)
    if asked is not None and asked > room:
        raise Invalid(
            f"{files} files may be open here, which is enough for {room} streams, not for {asked}",
            hint="raise it: ulimit -n, or LimitNOFILE= of a unit",
        )
    return asked or min(MOST, room)


class Requests:
    """Of one event loop; a task each. most: how many may go on that are not short."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._is_ending = False
        self._is_given_up = False
        self._tasks: dict[Kind, set[asyncio.Task[Any]]] = {kind: set() for kind in get_args(Kind)}

    def enter(self, kind: Kind) -> None:
        """This task handles one, as long as it lives. Raises Unavailable where there are too many, and at the end."""
        if self._is_ending:
            raise Unavailable("this server is about to end")
        if kind != "short" and sum(map(len, self._tasks.values())) - len(self._tasks["short"]) >= self._most:
            raise Unavailable(
                f"{self._most} requests go on already (attach, wait, logs, events, builds, …): more are not served",
                hint="end some of them, or start it with a higher --streams",
            )
        task = asyncio.current_task()
        assert task is not None
        self._tasks[kind].add(task)
        task.add_done_callback(self._tasks[kind].discard)

    async def end(self, grace: float) -> None:
        """Let nobody in any more. Who follows something is let go of at once, the others after `grace` seconds; they
        may still say so, and what they have begun is waited for."""
        self._is_ending = True
        _let_go(self._tasks["following"])
        await self._wait(grace)
        self._is_given_up = True
        for tasks in self._tasks.values():
            _let_go(tasks)
        await self._wait(None)

    def require_time(self) -> None:
        """For who waits in a thread. Raises Unavailable where this server waits no longer."""
        if self._is_given_up:
            raise given_up()

    async def _wait(self, seconds: float | None) -> None:
        tasks = [task for tasks in self._tasks.values() for task in tasks]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)


def _let_go(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
