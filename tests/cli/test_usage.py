"""stats and top."""

from __future__ import annotations

import io
import json

import pytest

from onggi.cli import listing
from onggi.cli.live import Screen
from onggi.engine.types import ContainerUsage, Processes

from .fake import ID, FakeEngine, call

MB = 1 << 20
WEB = ContainerUsage(
    id=ID,
    name="web",
    called="web",
    cpu_percent=12.345,
    memory=int(7.77 * MB),
    memory_limit=64 * MB,
    pids=3,
    block_read=872_000,
    block_written=0,
    network_received=1_090_000,
    network_sent=656,
)
STILL = ContainerUsage(id=ID[::-1], name="still", called=ID[::-1])


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.containers.usages = [(WEB, STILL), (WEB,)]
    return engine


def test_stats_once(engine: FakeEngine) -> None:
    shown = call(engine, "stats", "--no-stream")
    assert shown.out == (
        "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O         BLOCK I/O    PIDS\n"
        "4fa6e0f0c678   web       12.35%    7.77MiB / 64MiB     12.14%    1.09MB / 656B   872kB / 0B   3\n"
        "2e6d1f4994e7   still     0.00%     0B / 0B             0.00%     0B / 0B         0B / 0B      0\n"
    )
    assert engine.containers.asked == [("stats", (), False)]


def test_stats_fit_a_terminal(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "terminal_columns", lambda stream: 80)
    assert call(engine, "stats", "--no-stream").out == (
        "NAME   CPU %   MEM USAGE / LIMIT  MEM %   NET I/O        BLOCK I/O   PIDS\n"
        "web    12.35%  7.77MiB / 64MiB    12.14%  1.09MB / 656B  872kB / 0B  3\n"
        "still  0.00%   0B / 0B            0.00%   0B / 0B        0B / 0B     0\n"
    )


def test_stats_again_and_again(engine: FakeEngine) -> None:
    shown = call(engine, "stats", "--format", "{{.Name}} {{.PIDs}}", "web", "still")
    assert shown == ("web 3\nstill 0\nweb 3\n", "", 0)
    assert engine.containers.asked == [("stats", ("web", "still"), False)]


def test_stats_as_json_and_whole(engine: FakeEngine) -> None:
    first, second = map(json.loads, call(engine, "stats", "-a", "--no-stream", "--format", "json").out.splitlines())
    assert first == {
        "BlockIO": "872kB / 0B",
        "CPUPerc": "12.35%",
        "Container": "web",
        "ID": ID[:12],
        "MemPerc": "12.14%",
        "MemUsage": "7.77MiB / 64MiB",
        "Name": "web",
        "NetIO": "1.09MB / 656B",
        "PIDs": "3",
    }
    assert second["Container"] == ID[::-1]
    assert call(engine, "stats", "--no-stream", "--no-trunc", "--format", "{{.ID}}").out.splitlines()[0] == ID
    assert engine.containers.asked[0] == ("stats", (), True)


def test_top(engine: FakeEngine) -> None:
    engine.containers.processes = Processes(("PID", "USER", "CMD"), (("7", "root", "sleep 1000"),))
    shown = call(engine, "top", "web", "-o", "pid,user,cmd", "--no-such")
    assert shown.out == (
        "PID                 USER                CMD\n7                   root                sleep 1000\n"
    )
    assert engine.containers.asked == [("top", "web", ("-o", "pid,user,cmd", "--no-such"))]
    assert call(engine, "container", "top").code == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_text_takes_the_place_of_the_one_before() -> None:
    out = Terminal()
    screen = Screen(out, is_live=True)
    screen.show("a\nb\n")
    assert out.getvalue() == "\x1b[2J\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J"
    out.truncate(0), out.seek(0)
    screen.show("c\n")
    assert out.getvalue() == "\x1b[Hc\x1b[K\n\x1b[J"


@pytest.mark.parametrize(("out", "is_live"), [(Terminal(), False), (io.StringIO(), True)])
def test_elsewhere_it_is_only_printed(out: io.StringIO, is_live: bool) -> None:
    screen = Screen(out, is_live=is_live)
    screen.show("a\n")
    screen.show("b\n")
    assert out.getvalue() == "a\nb\n"
