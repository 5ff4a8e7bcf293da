"""The records of builds: listed, shown, read, drawn, forgotten."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import xml.etree.ElementTree as ET

from onggi.engine.types import BuildRequest

from .conftest import Context, Onggi

DOCKERFILE = """\
FROM busybox:1.35 AS tools
RUN echo out; printf 'no newline'
FROM busybox:1.35
COPY --from=tools /bin/sh /x
RUN echo second
"""


def test_a_build_is_listed_shown_and_its_whole_logs_are_there(onggi: Onggi, context: Context) -> None:
    onggi("build", "-q", "-t", "shop", context(DOCKERFILE))
    (line,) = onggi("builds", "ls", "--format", "{{.ID}} {{.Result}} {{.Names}}").splitlines()
    build, result, names = line.split()
    assert (result, names) == ("built", "shop:latest")
    shown = onggi("builds", "show", build[:6])
    assert "#2" in shown and "RUN echo second" in shown
    assert json.loads(onggi("builds", "show", "--format", "json"))["id"] == build
    assert onggi.run("builds", "logs", "--step", "2").stdout == b"out\nno newline"
    assert "==> #2 tools: RUN echo out" in onggi("builds", "logs")
    assert f"build {build} has no step 9" in onggi.fails("builds", "logs", build, "--step", "9")


def test_the_timeline_is_a_picture(onggi: Onggi, context: Context) -> None:
    folder = context(DOCKERFILE)
    onggi("build", "-q", folder)
    onggi("builds", "timeline", "-o", folder / "time.svg")
    drawn = ET.parse(folder / "time.svg").getroot()
    assert drawn.tag.endswith("svg")
    piped = onggi.run("builds", "timeline").stdout
    assert piped == (folder / "time.svg").read_bytes()


def test_builds_that_failed_or_were_killed_keep_what_they_wrote(onggi: Onggi, context: Context) -> None:
    onggi.fails("build", context("FROM busybox:1.35\nRUN echo before; exit 7\n"))
    assert onggi("builds", "logs", "--step", "2") == "before"
    assert "exit code 7" in onggi("builds", "show")
    process = onggi.start("build", context("FROM busybox:1.35\nRUN echo begun; sleep 1000\n"))
    while "begun" not in onggi("builds", "logs"):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert onggi("builds", "logs", "--step", "2") == "begun"
    assert onggi("builds", "ls", "--format", "{{.Result}}").splitlines() == ["killed", "failed"]
    subprocess.run(onggi.argv("system", "check", "--repair"), capture_output=True)


def test_builds_are_forgotten_one_by_one_or_all(onggi: Onggi, context: Context) -> None:
    for number in range(3):
        onggi("build", "-q", context(f"FROM busybox:1.35\nRUN echo {number}\n"))
    first, second, third = onggi("builds", "ls", "-q").splitlines()
    assert onggi("builds", "rm", second) == second
    assert onggi("builds", "ls", "-q").splitlines() == [first, third]
    said = onggi("builds", "prune", "-f")
    assert first in said and third in said
    assert "no build was recorded yet" in onggi.fails("builds", "show")


def test_the_newest_builds_are_listed(onggi: Onggi, context: Context) -> None:
    folder = context("FROM scratch\nLABEL a=b\n")
    with onggi.engine() as engine:
        for _ in range(22):
            engine.build(BuildRequest(context=folder))
    listed = onggi.run("builds", "ls")
    assert len(listed.stdout.splitlines()) == 1 + 20
    assert b"older; --all lists them" in listed.stderr
    assert len(onggi("builds", "ls", "-n", "3").splitlines()) == 1 + 3
    assert len(onggi("builds", "ls", "-q").splitlines()) == len(onggi("builds", "ls", "--all").splitlines()) - 1 >= 22
