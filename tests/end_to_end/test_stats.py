"""How much containers use, and which processes they have."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.waiting import eventually

from .conftest import Onggi

IMAGE = "busybox:1.35"
FIELDS = ["BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs"]


@pytest.fixture
def box(onggi: Onggi) -> str:
    onggi("run", "-d", "--name", "box", "-m", "64m", IMAGE, "sh", "-c", "sleep 1000 & wait")
    return onggi("ps", "-q", "--no-trunc")


def test_stats_of_those_that_run(onggi: Onggi, box: str) -> None:
    onggi("create", "--name", "still", IMAGE, "true")
    head, line = onggi("stats", "--no-stream").splitlines()
    assert re.split(r"  +", head) == [
        *("CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS")
    ]
    cells = re.split(r"  +", line)
    assert cells[:2] == [box[:12], "box"]
    assert re.fullmatch(r"\d+\.\d\d%", cells[2])
    assert re.fullmatch(r"[\d.]+[KM]iB / 64MiB", cells[3])
    assert re.fullmatch(r"[\d.]+k?B / [\d.]+k?B", cells[5])
    assert cells[7] == "2"


def test_stats_of_all_and_of_those_named(onggi: Onggi, box: str) -> None:
    onggi("create", "--name", "still", IMAGE, "true")
    both = onggi("stats", "--no-stream", "-a", "--format", "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}")
    assert "still 0.00% 0B / 0B 0" in both.splitlines()
    assert len(both.splitlines()) == 2
    named = onggi("stats", "--no-stream", "--no-trunc", "--format", "{{.Container}} {{.ID}}", box[:7], "still")
    assert named.splitlines()[0] == f"{box[:7]} {box}"
    assert named.splitlines()[1].startswith("still ")
    assert "No such container: nothing" in onggi.fails("stats", "--no-stream", "nothing")
    found = json.loads(onggi("stats", "--no-stream", "--format", "json"))
    assert sorted(found) == FIELDS
    assert (found["Name"], found["ID"], found["Container"]) == ("box", box[:12], box)


def test_processor_time_is_percent_of_one_processor(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "half", "--cpus", "0.5", IMAGE, "sh", "-c", "while :; do :; done")

    def percent() -> float:
        return float(onggi("stats", "--no-stream", "--format", "{{.CPUPerc}}", "half").rstrip("%"))

    eventually(lambda: 10 < percent() < 90)  # others may be busy too


def test_a_stream_ends_when_what_is_named_is_gone(onggi: Onggi, box: str) -> None:
    with onggi.start("stats", "--format", "{{.Name}}", "box") as stream:
        assert stream.stdout
        assert stream.stdout.readline() == b"box\n"
        assert stream.stdout.readline() == b"box\n"  # no terminal, no escapes
        onggi("rm", "-f", "box")
        rest, _ = stream.communicate(timeout=60)
        assert set(rest.split()) <= {b"box"}
        assert stream.returncode == 0
        assert len(onggi("stats", "--no-stream").splitlines()) == 1


def test_top_shows_what_the_hosts_ps_does(onggi: Onggi, box: str) -> None:
    head, *lines = onggi("top", "box").splitlines()
    assert head.split() == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert [re.split(r"   +", line)[-1] for line in lines] == ["sh -c sleep 1000 & wait", "sleep 1000"]
    first = onggi("inspect", "-f", "{{.State.Pid}}", "box")
    assert lines[0].split()[1] == first
    assert Path(f"/proc/{first}/comm").read_text() == "sh\n"
    lines = onggi("top", "box", "-o", "pid,comm").splitlines()
    assert lines[0].split() == ["PID", "COMMAND"]
    assert [line.split()[1] for line in lines[1:]] == ["sh", "sleep"]
    assert onggi("top", "box", "aux").splitlines()[0].split()[-1] == "COMMAND"
    assert len(onggi("top", "box", "-eo", "pid,args").splitlines()) == 3
    assert "Couldn't find PID field in ps output" in onggi.fails("top", "box", "-o", "user")
    assert 'specifying "user=PID" is not allowed' in onggi.fails("top", "box", "-o", "user=PID")
    assert "ps: " in onggi.fails("top", "box", "--no-such-option")
    onggi("create", "--name", "still", IMAGE, "true")
    assert "container still is not running" in onggi.fails("top", "still")


def test_top_on_a_host_without_ps(onggi: Onggi, box: str, tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path)}
    head, *lines = onggi("top", "box", env=nowhere).splitlines()
    assert head.split() == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert [line.split()[0] for line in lines] == ["root", "root"]
    assert lines[0].endswith("sh -c sleep 1000 & wait")
    assert "this host has no ps" in onggi.fails("top", "box", "aux", env=nowhere)


def test_stats_on_a_terminal_stay_in_place(onggi: Onggi, box: str) -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(onggi.argv("stats", "box"), stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)
        shown = b""
        while shown.count(b"\x1b[H") < 2:
            shown += os.read(ours, 4096)
        process.terminate()
    os.close(ours)
    assert shown.startswith(b"\x1b[2J\x1b[HCONTAINER ID")
    assert b"\x1b[K" in shown
    assert b"\x1b[J" in shown
