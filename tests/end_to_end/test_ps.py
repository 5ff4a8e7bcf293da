"""What `ps` and `inspect` say of containers in every state, and of those that are damaged."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import eventually

from onggi.container.state import State
from onggi.linux.state import write_state

from .conftest import BUSYBOX, Context, Onggi

FOREVER = ("sleep", "100000")


def names(onggi: Onggi, *words: str) -> list[str]:
    return onggi("ps", "--format", "{{.Names}}", *words).split()


def inspected(onggi: Onggi, name: str, *words: str) -> dict[str, Any]:
    (document,) = json.loads(onggi("inspect", *words, name))
    assert isinstance(document, dict)
    return document


def home(onggi: Onggi, name: str) -> Path:
    return onggi.root / "containers" / str(inspected(onggi, name)["Id"])


def test_the_words_of_status(onggi: Onggi) -> None:
    onggi("create", "--name", "new", "busybox:1.35")
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    onggi("run", "-d", "--name", "idle", "busybox:1.35", *FOREVER)
    onggi("pause", "idle")
    assert onggi.run("run", "--name", "job", "busybox:1.35", "sh", "-c", "exit 3").returncode == 3
    lines = dict(
        line.split("|") for line in onggi("ps", "-a", "--format", "{{.Names}}|{{.State}} {{.Status}}").splitlines()
    )
    assert lines["new"] == "created Created"
    assert lines["web"].startswith("running Up ")
    assert lines["idle"].endswith(" (Paused)")
    assert lines["job"].startswith("exited Exited (3) ")
    assert sorted(names(onggi)) == ["idle", "web"]
    assert names(onggi, "-n", "2") == ["job", "idle"]
    assert names(onggi, "-l") == ["job"]
    assert names(onggi, "-f", "status=created") == ["new"]
    assert names(onggi, "-a", "-f", "exited=3") == ["job"]
    assert names(onggi, "-a", "-f", "before=web") == ["new"]
    assert names(onggi, "-a", "-f", "since=web") == ["job", "idle"]


def test_health_in_ps_and_inspect(onggi: Onggi) -> None:
    probe = ("--health-interval", "100ms", "--health-retries", "1")
    onggi("run", "-d", "--name", "well", "--health-cmd", "true", *probe, "busybox:1.35", *FOREVER)
    onggi("run", "-d", "--name", "ill", "--health-cmd", "echo refused; false", *probe, "busybox:1.35", *FOREVER)
    onggi("run", "-d", "--name", "late", "--health-cmd", "true", "--health-interval", "1h", "busybox:1.35", *FOREVER)
    onggi("run", "-d", "--name", "plain", "busybox:1.35", *FOREVER)
    eventually(lambda: names(onggi, "-f", "health=healthy") == ["well"])
    eventually(lambda: names(onggi, "-f", "health=unhealthy") == ["ill"])
    assert names(onggi, "-f", "health=starting") == ["late"]
    assert names(onggi, "-f", "health=none") == ["plain"]
    shown = onggi.run("ps")
    for words in (b"(healthy)", b"(unhealthy)", b"(health: starting)"):
        assert words in shown.stdout
    assert b"ill: is unhealthy" in shown.stderr
    assert shown.stderr.endswith(b"; the last said: refused\n")
    health = inspected(onggi, "ill")["State"]["Health"]
    assert health["Status"] == "unhealthy"
    assert {(probe["ExitCode"], probe["Output"]) for probe in health["Log"]} == {(1, "refused\n")}
    assert inspected(onggi, "plain")["State"]["Health"] is None


def test_a_loop_is_told(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "loop", "--restart", "always", "busybox:1.35", "false")
    eventually(lambda: inspected(onggi, "loop")["RestartCount"] >= 4)
    eventually(lambda: names(onggi, "-f", "status=restarting") == ["loop"])
    assert "was started again " in inspected(onggi, "loop")["State"]["Note"]
    shown = onggi.run("ps")
    assert b"loop: was started again " in shown.stderr
    onggi("run", "-d", "--name", "job", "--restart", "on-failure:1", "busybox:1.35", "false")
    eventually(lambda: "job" in names(onggi, "-a", "-f", "status=exited"))
    note = inspected(onggi, "job")["State"]["Note"]
    assert note == "was started again once, as often as its restart policy allows, and failed each time"


def test_want_of_memory_is_told(onggi: Onggi) -> None:
    assert onggi.run("run", "-m", "16m", "--name", "hog", "busybox:1.35", "tail", "/dev/zero").returncode == 137
    shown = onggi.run("ps", "-a")
    assert b" Exited (137) " in shown.stdout
    assert shown.stderr == b"hog: ran out of memory and was killed: its limit is 16.8MB\n"
    state = inspected(onggi, "hog")["State"]
    assert (state["OOMKilled"], state["ExitCode"]) == (True, 137)
    assert state["Note"] == "ran out of memory and was killed: its limit is 16.8MB"
    assert '"OOMKilled":true' in onggi("inspect", "-f", "{{json .State}}", "hog")


def test_ancestors(onggi: Onggi, context: Context) -> None:
    onggi.build(context("FROM busybox:1.35\nRUN touch /made\n"), "-t", "shop/api")
    onggi.build(context("FROM busybox:1.35\nENV A=b\n"), "-t", "shop/env")
    onggi.build(context('FROM scratch\nCOPY file /\nCMD ["/file"]\n', {"file": "text"}), "-t", "strange")
    for image in ("busybox:1.35", "shop/api", "shop/env", "strange"):
        onggi("create", "--name", image.partition(":")[0].replace("/", "-"), image)
    assert names(onggi, "-a", "-f", "ancestor=busybox:1.35") == ["shop-env", "shop-api", "busybox"]
    assert names(onggi, "-a", "-f", "ancestor=shop/api") == ["shop-api"]
    assert names(onggi, "-a", "-f", "ancestor=shop/env:latest") == ["shop-env"]
    assert names(onggi, "-a", "-f", f"ancestor={inspected(onggi, 'shop/env')['Id'][7:19]}") == ["shop-env"]
    assert names(onggi, "-a", "-f", "ancestor=nothing:here") == []


def test_a_name_that_moved_is_no_name_of_its_image(onggi: Onggi, context: Context) -> None:
    onggi("tag", "busybox:1.35", "mine:1")
    onggi("create", "--name", "web", "mine:1")
    assert onggi("ps", "-a", "--format", "{{.Image}}") == "mine:1"
    image = inspected(onggi, "web")["Image"]
    onggi.build(context("FROM busybox:1.35\nENV A=b\n"), "-t", "mine:1")
    assert onggi("ps", "-a", "--format", "{{.Image}}") == image[7:19]
    assert onggi("ps", "-a", "--no-trunc", "--format", "{{.Image}}") == image


def test_sizes(onggi: Onggi) -> None:
    onggi("run", "--name", "web", "busybox:1.35", "sh", "-c", "head -c 1000000 /dev/zero > /file")
    assert onggi("ps", "-as", "--format", "{{.Size}}").startswith("1MB (virtual ")
    document = inspected(onggi, "web", "--size")
    assert 1_000_000 <= document["SizeRw"] < 1_100_000
    assert document["SizeRootFs"] > document["SizeRw"]
    assert "SizeRw" not in inspected(onggi, "web")


def test_volumes_in_ps_and_inspect(onggi: Onggi, tmp_path: Path) -> None:
    onggi("create", "--name", "web", "-v", "data:/data", "-v", f"{tmp_path}:/srv:ro", "--tmpfs", "/tmp", "busybox:1.35")
    assert onggi("ps", "-a", "--no-trunc", "--format", "{{.LocalVolumes}} {{.Mounts}}") == f"1 data,{tmp_path}"
    assert names(onggi, "-a", "-f", "volume=data") == names(onggi, "-a", "-f", "volume=/srv") == ["web"]
    assert names(onggi, "-a", "-f", "volume=other") == []
    document = inspected(onggi, "web")
    assert document["HostConfig"]["Binds"] == ["data:/data", f"{tmp_path}:/srv:ro"]
    volume = next(mount for mount in document["Mounts"] if mount["Type"] == "volume")
    assert (volume["Name"], volume["Destination"], volume["RW"]) == ("data", "/data", True)
    assert Path(volume["Source"]).is_dir()


def damage_spec(onggi: Onggi, name: str) -> None:
    with sqlite3.connect(onggi.root / "onggi.db") as connection:
        connection.execute("UPDATE containers SET spec = ? WHERE name = ?", (b'{"image":"bus', name))
    connection.close()


@pytest.mark.parametrize("is_running", [False, True], ids=["stopped", "running"])
def test_a_spec_that_cannot_be_read(onggi: Onggi, is_running: bool) -> None:
    onggi("create", "--name", "good", "busybox:1.35")
    onggi("create", "--name", "bad", "busybox:1.35", *FOREVER)
    if is_running:
        onggi("start", "bad")
    damage_spec(onggi, "bad")
    shown = onggi.run("ps", "-a")
    assert shown.returncode == 0
    assert {b"good", b"bad"} <= set(shown.stdout.split())
    state = inspected(onggi, "bad")["State"]
    if is_running:
        assert state["Status"] == "running"
    else:
        assert state["Status"] == "dead"
        assert b"bad: its spec cannot be read" in shown.stderr
        assert "its spec cannot be read" in state["Error"]
    for verb in (("start", "bad"), ("exec", "bad", "true"), ("commit", "bad"), ("update", "--restart", "no", "bad")):
        done = onggi.run(*verb)
        assert (done.returncode != 0, b"Traceback" in done.stderr) == (True, False), done
        assert b"the spec of container bad cannot be read" in done.stderr
        assert b"onggi rm -f bad" in done.stderr
    checked = onggi.run("system", "check")
    assert checked.returncode != 0
    assert b"the spec of container bad cannot be read" in checked.stdout + checked.stderr
    onggi("images")
    onggi("system", "df")
    onggi("rm", "-f", "bad")
    assert names(onggi, "-a") == ["good"]
    onggi("system", "check")


def test_a_state_that_cannot_be_read(onggi: Onggi) -> None:
    """As a machine that lost its power leaves it."""
    onggi("run", "--name", "web", "busybox:1.35", "true")
    (home(onggi, "web") / "state.json").write_bytes(b"")
    shown = onggi.run("ps", "-a")
    assert b"Exited (137)" in shown.stdout
    assert shown.stderr == b"web: its state cannot be read\n"
    found = onggi.run("system", "check")
    assert found.returncode != 0
    assert b"the state of container web cannot be read" in found.stdout + found.stderr
    onggi("system", "check", "--repair")
    onggi("system", "check")
    assert inspected(onggi, "web")["State"]["Error"] == "how it ended is not known"
    onggi("start", "-a", "web")
    assert inspected(onggi, "web")["State"]["ExitCode"] == 0


def test_inspect_by_type(onggi: Onggi) -> None:
    onggi("create", "--name", "busybox", "busybox:1.35")
    assert "HostConfig" in inspected(onggi, "busybox")
    assert "RootFS" in inspected(onggi, "busybox:1.35", "--type", "image")
    assert "No such image: nothing" in onggi.fails("inspect", "--type", "image", "nothing")
    done = onggi.run("inspect", "busybox", "nothing")
    assert (done.returncode, len(json.loads(done.stdout))) == (1, 1)
    assert b"No such object: nothing" in done.stderr


def test_further_processes_are_listed(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    assert inspected(onggi, "web")["ExecIDs"] is None
    onggi("exec", "-d", "web", *FOREVER)
    (running,) = inspected(onggi, "web")["ExecIDs"]
    assert running in onggi("events", "--until", "0s", "-f", "event=exec_start")
    onggi("exec", "web", "true")
    assert inspected(onggi, "web")["ExecIDs"] == [running]
    onggi("kill", "web")
    onggi("wait", "web")
    assert inspected(onggi, "web")["ExecIDs"] is None


def test_who_asks_otherwise_takes_nothing_from_others(onggi: Onggi) -> None:
    """A server keeps the lines that it has told: several clients ask for different ones in turns."""
    for name in ("one", "two"):
        onggi("create", "--name", name, "--label", f"is={name}", BUSYBOX)
    with onggi.engine() as engine:
        asked: list[dict[str, Any]] = [
            {"endpoints": True},
            {"filters": {"label": ("is=one",)}},
            {"filters": {"network": ("bridge",)}, "endpoints": True},
        ]
        engine.containers.list()  # whoever asks but once is not remembered
        before = [engine.containers.list(all=True, **each) for each in asked]
        engine.containers.list(all=True, size=True)
        after = [engine.containers.list(all=True, **each) for each in asked]
        assert list(map(len, before)) == [2, 1, 2]
        for earlier, later in zip(chain(*before), chain(*after), strict=True):
            assert earlier is later


def test_a_removal_that_takes_long_holds_up_no_list(onggi: Onggi) -> None:
    onggi("create", "--name", "stays", BUSYBOX)
    lost = onggi("create", "--rm", BUSYBOX)
    write_state(onggi.root / "containers" / lost, State(status="running"))  # as one has it whose monitor was killed
    with onggi.engine() as engine, ThreadPoolExecutor() as pool:
        with engine.store.containers.lock(lost):
            asked = [pool.submit(engine.containers.list, all=True) for _ in range(2)]
            assert len(wait(asked, 60, FIRST_COMPLETED).done) == 1
        for each in asked:
            assert [container.name for container in each.result(60)] == ["stays"]
    assert not (onggi.root / "containers" / lost).exists()
