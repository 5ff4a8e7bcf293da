"""The lines of ps that are a container's."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from onggi.engine.container.top import parse
from onggi.errors import Invalid
from onggi.linux import processes

EF = """UID          PID    PPID  C STIME TTY          TIME CMD
root           7       1  0 10:49 ?        00:00:01 sh -c  sleep  1000
root          17       1  0 10:49 ?        00:00:01 other
nobody        70       7  0 10:50 pts/0    00:00:00 sleep 1000
"""
THREADS = """  PID TTY      STAT   TIME COMMAND
    7 ?        -      0:00 threads
    - -        Sl     0:00 -
    - -        Sl     0:00 -
   17 ?        -      0:00 other
    - -        S      0:00 -
"""


def test_rows_are_chosen_by_number_and_the_last_column_is_whole() -> None:
    found = parse(EF, {7, 70})
    assert found.titles == ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
    assert found.rows == (
        ("root", "7", "1", "0", "10:49", "?", "00:00:01", "sh -c  sleep  1000"),
        ("nobody", "70", "7", "0", "10:50", "pts/0", "00:00:00", "sleep 1000"),
    )


def test_threads_belong_to_the_process_above_them() -> None:
    assert [row[0] for row in parse(THREADS, {7}).rows] == ["7", "-", "-"]
    assert [row[0] for row in parse(THREADS, {17}).rows] == ["17", "-"]


@pytest.mark.parametrize("output", ["", "USER COMMAND\nroot sh\n"])
def test_without_numbers_nothing_can_be_chosen(output: str) -> None:
    with pytest.raises(Invalid, match="Couldn't find PID field in ps output"):
        parse(output, {7})


def test_a_line_that_is_none_is_passed_over() -> None:
    assert parse("USER PID\n\nroot\nroot 7\n", {7}).rows == (("root", "7"),)


# Without ps


def test_processes_as_ps_shows_them() -> None:
    program = "import sys; print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline() == "1\n"
        rows = [dict(zip(processes.TITLES, row, strict=True)) for row in processes.listing([os.getpid(), process.pid])]
        process.communicate("")
    own = next(row for row in rows if row["PID"] == str(process.pid))
    assert own["PPID"] == str(os.getpid())
    assert own["UID"] == "root"
    assert own["CMD"] == f"{sys.executable} -c {program}"
    assert own["TIME"].startswith("00:00:0")
    assert own["STIME"] in {time.strftime("%H:%M", time.localtime(time.time() - ago)) for ago in range(0, 600, 20)}
    assert own["C"].isdecimal()


def test_one_that_has_ended_is_left_out() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert list(processes.listing([process.pid])) == []
