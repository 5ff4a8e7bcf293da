"""What `onggi events` tells of what other processes do."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.waiting import eventually

from .conftest import Context, Onggi

FOREVER = ("sleep", "100000")


def happened(onggi: Onggi, *words: str) -> list[dict[str, Any]]:
    """All that has happened in the store until now."""
    return [json.loads(line) for line in onggi("events", "--until", "0s", "--format", "json", *words).splitlines()]


def actions(onggi: Onggi, *words: str) -> list[str]:
    return [event["Action"] for event in happened(onggi, *words)]


@contextmanager
def following(onggi: Onggi, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    reader = onggi.start("events", *words)
    try:
        yield reader
    finally:
        reader.terminate()
        reader.communicate()


def test_the_life_of_a_container(onggi: Onggi) -> None:
    onggi("create", "--name", "web", "-l", "team=shop", "busybox:1.35", *FOREVER)
    onggi("start", "web")
    onggi("pause", "web")
    onggi("unpause", "web")
    onggi("kill", "-s", "USR1", "web")
    onggi("stop", "-t", "0", "web")
    onggi("rm", "web")
    events = happened(onggi, "-f", "container=web")
    assert [event["Action"] for event in events] == [
        *("create", "start", "pause", "unpause", "kill", "kill", "kill", "die", "stop", "destroy"),
    ]
    for event in events:
        attributes = event["Actor"]["Attributes"]
        assert (event["Type"], event["scope"], event["id"]) == ("container", "local", event["Actor"]["ID"])
        assert event["status"] == event["Action"]
        assert event["from"] == attributes["image"] == "busybox:1.35"
        assert (attributes["name"], attributes["team"]) == ("web", "shop")
        assert event["time"] == event["timeNano"] // 10**9
    told = {event["Action"]: event["Actor"]["Attributes"] for event in events}
    assert told["die"]["exitCode"] == "137"
    assert int(told["die"]["execDuration"]) >= 0  # seconds
    assert [event["Actor"]["Attributes"].get("signal") for event in events if event["Action"] == "kill"] == [
        *("10", "15", "9")
    ]
    times = [event["timeNano"] for event in events]
    assert times == sorted(times)


def test_run_in_the_foreground_and_rm(onggi: Onggi) -> None:
    assert onggi.run("run", "--rm", "busybox:1.35", "sh", "-c", "exit 3").returncode == 3
    assert actions(onggi, "-f", "type=container") == ["create", "attach", "start", "die", "destroy"]
    (death,) = happened(onggi, "-f", "event=die")
    assert death["Actor"]["Attributes"]["exitCode"] == "3"


def test_a_program_that_cannot_be_started_does_not_start(onggi: Onggi) -> None:
    onggi.fails("run", "--rm", "busybox:1.35", "nothing-here", code=127)
    assert actions(onggi) == ["create", "attach", "connect", "disconnect", "destroy"]


def test_a_new_name_is_said_by_the_monitor_too(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "old", "busybox:1.35", *FOREVER)
    onggi("rename", "old", "new")
    onggi("kill", "new")
    onggi("wait", "new")
    assert actions(onggi, "-f", "container=old") == ["create", "start"]
    assert actions(onggi, "-f", "container=new") == ["rename", "kill", "die"]
    (renamed,) = happened(onggi, "-f", "event=rename")
    assert renamed["Actor"]["Attributes"]["oldName"] == "/old"


def test_restarts_and_updates(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    onggi("restart", "-t", "0", "web")
    onggi("update", "--restart", "always", "web")
    onggi("rm", "-f", "web")
    assert actions(onggi, "-f", "container=web") == [
        *("create", "start", "kill", "kill", "die", "stop", "start", "restart", "update", "kill", "die", "destroy")
    ]


def test_a_policy_starts_it_again(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "job", "--restart", "on-failure:2", "busybox:1.35", "false")
    eventually(lambda: actions(onggi, "-f", "event=die") == ["die"] * 3)
    assert actions(onggi, "-f", "container=job") == ["create", *("start", "die") * 3]


def test_further_processes(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    onggi.fails("exec", "web", "sh", "-c", "exit 4", code=4)
    told = happened(onggi, "-f", "container=web")[2:]
    assert [event["Action"] for event in told] == [
        "exec_create: sh -c exit 4",
        "exec_start: sh -c exit 4",
        "exec_die",
    ]
    assert len({event["Actor"]["Attributes"]["execID"] for event in told}) == 1
    assert told[2]["Actor"]["Attributes"]["exitCode"] == "4"
    assert actions(onggi, "-f", "event=exec_start") == ["exec_start: sh -c exit 4"]


def test_health(onggi: Onggi) -> None:
    probe = ("--health-cmd", "test -e /tmp/well", "--health-interval", "100ms", "--health-retries", "1")
    onggi("run", "-d", "--name", "web", *probe, "busybox:1.35", *FOREVER)
    with following(onggi, "--since", "0", "-f", "event=health_status", "--format", "{{.Action}}") as reader:
        assert reader.stdout
        assert reader.stdout.readline() == b"health_status: unhealthy\n"
        onggi("exec", "web", "touch", "/tmp/well")
        assert reader.stdout.readline() == b"health_status: healthy\n"


def test_images(onggi: Onggi, context: Context) -> None:
    image = onggi.build(context("FROM busybox:1.35\nLABEL team=shop\n"), "-t", "shop/api:v1")
    onggi("tag", "shop/api:v1", "shop/api:v2")
    onggi("save", "-o", str(onggi.root / "tmp.tar"), "shop/api:v1")
    onggi("rmi", "shop/api:v1")
    onggi("rmi", "shop/api:v2")
    onggi("load", "-i", str(onggi.root / "tmp.tar"))
    (onggi.root / "tmp.tar").unlink()
    onggi("image", "prune", "-af")
    told = happened(onggi, "-f", "image=shop/api")
    assert [(event["Action"], event["Actor"]["Attributes"]["name"]) for event in told] == [
        ("tag", "shop/api:v1"),
        ("tag", "shop/api:v2"),
        ("save", "shop/api:v1"),
        ("untag", "shop/api:v1"),
        ("untag", "shop/api:v2"),
        ("load", "shop/api:v1"),
        ("untag", "shop/api:v1"),
    ]
    assert {event["Actor"]["ID"] for event in told} == {image}
    assert actions(onggi, "-f", "label=team=shop") == ["create", "tag", "tag", "save", "untag", "load"]
    assert actions(onggi, "-f", f"image={image}").count("delete") == 2
    (pruned,) = happened(onggi, "-f", "event=prune")
    assert (pruned["Type"], int(pruned["Actor"]["Attributes"]["reclaimed"]) >= 0) == ("image", True)


def test_what_many_processes_do_is_all_told(onggi: Onggi) -> None:
    with following(onggi, "--since", "0", "-f", "event=tag", "--format", "{{.Actor.Attributes.name}}") as reader:
        running = [onggi.start("tag", "busybox:1.35", f"copy:{number}") for number in range(12)]
        assert all(process.wait() == 0 for process in running)
        for process in running:
            process.communicate()
        assert reader.stdout
        told = {reader.stdout.readline().decode().strip() for _ in range(12)}
    assert told == {f"copy:{number}" for number in range(12)}


def test_a_stream_ends_at_its_time(onggi: Onggi) -> None:
    for name in ("before:1", "after:1"):
        onggi("tag", "busybox:1.35", name)
    until = time.time() + 0.5
    with following(onggi, "--until", str(until), "--since", "1h", "-f", "image=after") as reader:
        out, _ = reader.communicate(timeout=60)
    assert time.time() >= until
    assert len(out.splitlines()) == 1
    assert b" image tag sha256:" in out
    assert out.endswith(b"(name=after:1)\n")
    assert onggi("events", "--since", "2000-01-01", "--until", "2000-01-02") == ""


@pytest.mark.parametrize("words", [("-f", "colour=red"), ("-f", "type"), ("--since", "soon"), ("--format", "{{.X}}")])
def test_what_makes_no_sense_is_refused(onggi: Onggi, words: tuple[str, str]) -> None:
    assert onggi.fails("events", *words).startswith("onggi: ")


def test_pruning_containers_and_builds(onggi: Onggi) -> None:
    onggi("create", "--name", "one", "busybox:1.35")
    onggi("create", "--name", "two", "busybox:1.35")
    onggi("system", "prune", "-f")
    told = [(event["Type"], event["Action"]) for event in happened(onggi)]
    assert told.count(("container", "destroy")) == 2
    assert {kind for kind, action in told if action == "prune"} >= {"container", "image", "builder"}
