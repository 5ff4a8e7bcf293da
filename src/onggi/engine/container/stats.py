"""How much containers use of the host, by Docker's formulas (docker/cli, cli/command/container/stats_helpers.go)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from onggi.container.life import RUNNING
from onggi.engine.container.household import Household
from onggi.engine.types import ContainerUsage
from onggi.errors import NotFound
from onggi.linux import interfaces
from onggi.linux.cgroup import Group, group_of
from onggi.store.containers import ContainerRow

FIRST_SECONDS = 0.2
"""Between the first two looks, without which there is no percentage: two periods in which --cpus is measured."""

SECONDS = 1.0
"""Between all others, and between any two that Docker's API tells."""


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What the kernel has counted so far; `when` is by the monotonic clock."""

    when: float
    cpu_seconds: float
    memory: int
    memory_limit: int
    pids: int
    blocks: tuple[int, int]
    network: tuple[int, int]


def watch(house: Household, names: Sequence[str], everything: bool) -> Iterator[tuple[ContainerUsage, ...]]:
    """The usage of the containers `names` again and again; of all that run if there are no names, of really all with
    `everything`. Ends when those with names have been removed."""
    look = _Look(house)
    chosen = {house.row(name).id: name for name in names}
    rows = _rows(house, chosen, everything)
    before = {row.id: look(row) for row in rows}
    pause = FIRST_SECONDS if any(before.values()) else 0.0
    while rows or not names:
        time.sleep(pause)
        rows = _rows(house, chosen, everything)
        now = {row.id: look(row) for row in rows}
        yield tuple(_usage(row, chosen.get(row.id, row.id), before.get(row.id), now[row.id]) for row in rows)
        before, pause = now, SECONDS


def _rows(house: Household, chosen: Iterable[str], everything: bool) -> list[ContainerRow]:
    if not chosen:
        return [row for row in house.store.containers.list() if everything or house.is_running(row)]
    found = []
    for identifier in chosen:
        try:
            found.append(house.store.containers.get(identifier))
        except NotFound:
            continue  # removed meanwhile
    return found


def _usage(row: ContainerRow, called: str, before: _Sample | None, now: _Sample | None) -> ContainerUsage:
    """Zeros for one that does not run, as in Docker."""
    if now is None:
        return ContainerUsage(id=row.id, name=row.name, called=called)
    return ContainerUsage(
        id=row.id,
        name=row.name,
        called=called,
        cpu_percent=_percent(before, now) if before else 0.0,
        memory=now.memory,
        memory_limit=now.memory_limit,
        pids=now.pids,
        block_read=now.blocks[0],
        block_written=now.blocks[1],
        network_received=now.network[0],
        network_sent=now.network[1],
    )


def _percent(before: _Sample, now: _Sample) -> float:
    """Of one processor. Docker divides by the ticks of all processors and multiplies by their number; the time that has
    passed is the same, and finer."""
    seconds = now.when - before.when
    used = now.cpu_seconds - before.cpu_seconds
    return 100 * used / seconds if used > 0 and seconds > 0 else 0.0  # it may have started anew in between


class _Look:
    """Takes samples. Where a container's groups are is looked up once a round."""

    def __init__(self, house: Household) -> None:
        self._house = house
        self._groups: dict[int, Group] = {}
        self._most_memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    def __call__(self, row: ContainerRow) -> _Sample | None:
        """None if it does not run, or ends just now."""
        state = self._house.state(row)
        if state.status not in RUNNING or not state.pid:
            return None
        try:
            group = self._groups.get(state.pid) or group_of(state.pid, row.id)
            self._groups[state.pid] = group
            return self._sample(group, state.pid, has_network=row.spec.networking.mode != "host")
        except (FileNotFoundError, ProcessLookupError):
            return None

    def _sample(self, group: Group, pid: int, has_network: bool) -> _Sample:
        used, limit, cache = group.memory() or (0, 0, 0)
        return _Sample(
            cpu_seconds=group.cpu_seconds(),
            when=time.monotonic(),
            memory=used - cache if cache < used else used,
            memory_limit=min(limit, self._most_memory),
            pids=group.pids() or 0,
            blocks=group.block_bytes() or (0, 0),
            network=_network_bytes(pid) if has_network else (0, 0),
        )


def _network_bytes(pid: int) -> tuple[int, int]:
    """Received and sent on all interfaces of its network but the loopback."""
    counts = [counts for _, counts in interfaces.counted(pid)]
    return sum(each[interfaces.RECEIVED] for each in counts), sum(each[interfaces.SENT] for each in counts)
