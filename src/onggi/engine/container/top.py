"""The processes of a container, as the host's `ps` shows them (moby, daemon/top_unix.go)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterator, Sequence

from onggi.engine.container.household import Household
from onggi.engine.types import Processes
from onggi.errors import Conflict, Failed, Invalid, Unsupported
from onggi.linux import processes
from onggi.linux.cgroup import group_of

DEFAULT = ("-ef",)

_RENAMED = re.compile(r"\s*([^\s=]*)=\s*(PID\S*)", re.ASCII)
"""`-o user=PID`: a title of ours over a column that is another."""


def top(house: Household, name: str, options: Sequence[str]) -> Processes:
    row = house.row(name)
    state = house.state(row)
    if state.status == "restarting":
        raise Conflict(f"container {row.name} is restarting", hint="wait until it is running")
    if not state.pid:
        raise Conflict(f"container {row.name} is not running")
    pids = frozenset(group_of(state.pid, row.id).processes())
    found = _listing(options or DEFAULT, pids)
    house.tell(row, "top")
    return found


def _listing(options: Sequence[str], pids: frozenset[int]) -> Processes:
    for column, title in _RENAMED.findall(" ".join(options)):
        if not column.endswith("pid"):
            raise Invalid(f'specifying "{column}={title}" is not allowed', hint="only PID may be called so")
    try:
        return parse(_ps(options, pids), pids)
    except FileNotFoundError as error:
        if tuple(options) == DEFAULT:
            return Processes(titles=processes.TITLES, rows=tuple(processes.listing(pids)))
        raise Unsupported("this host has no ps, so processes can be listed without options only") from error


def _ps(options: Sequence[str], pids: Collection[int]) -> str:
    """Of these processes; of all where the options do not go together with -q."""
    chosen = f"-q{','.join(map(str, sorted(pids)))}"
    done = subprocess.run(["ps", *options, chosen], capture_output=True, text=True)
    if done.returncode != 0:
        done = subprocess.run(["ps", *options], capture_output=True, text=True)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Failed(f"ps: {said[0].removeprefix('error: ') if said else 'failed'}", exit_code=done.returncode)
    return done.stdout


def parse(output: str, pids: Collection[int]) -> Processes:
    """The lines of `output` that tell of `pids`; a line without a number is of the process above it (`ps m`)."""
    head, *lines = output.splitlines() or [""]
    titles = tuple(head.split())
    if "PID" not in titles:
        raise Invalid("Couldn't find PID field in ps output", hint="choose it too: -o pid,cmd")
    return Processes(titles=titles, rows=tuple(_rows(lines, titles, pids)))


def _rows(lines: Sequence[str], titles: Sequence[str], pids: Collection[int]) -> Iterator[tuple[str, ...]]:
    place, last = titles.index("PID"), len(titles) - 1
    is_one = False
    for line in lines:
        fields = line.split(maxsplit=last)
        if len(fields) <= place:
            continue
        if fields[place] != "-":
            is_one = fields[place].isdecimal() and int(fields[place]) in pids
        if is_one:
            yield tuple(field.rstrip() for field in fields)
