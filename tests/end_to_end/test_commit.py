"""`commit`: a container becomes an image."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import eventually

from .conftest import Context, Onggi

BUSYBOX = "busybox:1.35"


def inspected(onggi: Onggi, image: str) -> dict[str, Any]:
    (document,) = json.loads(onggi("image", "inspect", image))
    found: dict[str, Any] = document
    return found


def layers(onggi: Onggi, image: str) -> list[str]:
    found: list[str] = inspected(onggi, image)["RootFS"]["Layers"]
    return found


def test_files_and_words(onggi: Onggi) -> None:
    onggi(
        *(
            "run",
            "--name",
            "box",
            "-e",
            "A=1",
            "-w",
            "/srv",
            "-u",
            "5",
            "-l",
            "by=me",
            "-v",
            "/anonymous",
            "-v",
            "vv:/named",
        ),
        *("--expose", "99", "--stop-signal", "INT", "--health-cmd", "true", BUSYBOX),
        *("sh", "-c", "echo new > /tmp/new; touch /anonymous/no; touch /named/no || true"),
    )
    image = onggi("commit", "-a", "Hong Gildong", "-m", "why not", "box", "made:1")
    assert image.startswith("sha256:") and onggi("images", "-q", "--no-trunc", "made:1") == image
    document = inspected(onggi, "made:1")
    config = document["Config"]
    assert (document["Author"], document["Comment"]) == ("Hong Gildong", "why not")
    assert config["Cmd"] == ["sh", "-c", "echo new > /tmp/new; touch /anonymous/no; touch /named/no || true"]
    assert config["Env"][0] == "A=1" and config["WorkingDir"] == "/srv" and config["User"] == "5"
    assert config["Labels"]["by"] == "me" and config["StopSignal"] == "INT"
    assert config["ExposedPorts"] == {"99/tcp": {}} and config["Volumes"] == {"/anonymous": {}}
    assert config["Healthcheck"]["Test"] == ["CMD-SHELL", "true"]
    assert layers(onggi, "made:1")[:-1] == layers(onggi, BUSYBOX)
    newest, *_ = json.loads(f"[{','.join(onggi('history', '--format', 'json', '--no-trunc', 'made:1').splitlines())}]")
    assert newest["CreatedBy"].startswith("sh -c echo new") and newest["Comment"] == "why not"
    listed = onggi("run", "--rm", "-u", "0", "made:1", "sh", "-c", "cat /tmp/new; ls /anonymous /named")
    assert listed.splitlines() == ["new", "/anonymous:", "", "/named:"]


def test_changes(onggi: Onggi) -> None:
    onggi("create", "--name", "box", "-e", "A=1", "-w", "/srv", BUSYBOX, "true")
    changes = ("CMD echo $A$B", "ENV B=2$A", "LABEL x=y", "EXPOSE 80", "WORKDIR sub", "VOLUME /v", "ONBUILD RUN true")
    image = onggi("commit", *(word for change in changes for word in ("-c", change)), "box")
    assert onggi("run", "--rm", image) == "121"
    config = inspected(onggi, image)["Config"]
    assert config["WorkingDir"] == "/srv/sub" and config["OnBuild"] == ["RUN true"]
    assert "RUN is not a valid change command" in onggi.fails("commit", "-c", "RUN true", "box")
    assert "--change:1:1: NOPE is not a valid change command" in onggi.fails("commit", "--change", "NOPE", "box")


def test_nothing_written_is_no_layer(onggi: Onggi) -> None:
    onggi("run", "--name", "box", BUSYBOX, "true")
    image = onggi("commit", "box")
    assert layers(onggi, image) == layers(onggi, BUSYBOX)
    assert onggi("history", "--format", "{{.Size}} {{.CreatedBy}}", image).splitlines()[0] == "0B true"


def test_whiteouts_opaque_folders_and_hard_links(onggi: Onggi, tmp_path: Path) -> None:
    script = """rm /bin/wget; rm -rf /var/www; mkdir /var/www; echo a > /var/www/a; ln /var/www/a /b; chmod 4755 /b
        mkfifo /pipe; mknod /null c 1 3; truncate -s 100M /sparse; chown 7:8 /home"""
    onggi("run", "--name", "box", BUSYBOX, "sh", "-c", script)
    image = onggi("commit", "box")
    said = onggi(
        *("run", "--rm", image, "sh", "-c"),
        "cd /; ls bin var/www; stat -c '%n %F %a %u:%g %h %s' b pipe null sparse home",
    )
    assert "b regular file 4755 0:0 2 2" in said and "sparse regular file 644 0:0 1 104857600" in said
    assert "home directory 755 7:8" in said and "null character special file" in said and "pipe fifo" in said
    assert "wget" not in said.split()
    onggi("save", "-o", tmp_path / "saved.tar", image)


def test_what_it_writes_afterwards_is_not_in_the_image(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "box", BUSYBOX, "sh", "-c", "echo before > /f; ln /f /g; touch /ready; sleep 1000")
    eventually(lambda: onggi.run("exec", "box", "test", "-e", "/ready").returncode == 0)
    image = onggi("commit", "box")
    onggi("exec", "box", "sh", "-c", "echo after >> /f; chmod 600 /g")
    assert onggi("run", "--rm", image, "sh", "-c", "cat /f; stat -c %a /g") == "before\n644"
    assert "before\nafter" in onggi("exec", "box", "cat", "/f")


@pytest.mark.parametrize("flag", [(), ("--pause=false",), ("-p=false",), ("--no-pause",)], ids="".join)
def test_one_that_runs_is_paused_meanwhile_unless_it_shall_not_be(onggi: Onggi, flag: tuple[str, ...]) -> None:
    onggi("run", "-d", "--name", "box", BUSYBOX, "sleep", "1000")
    onggi("exec", "box", "touch", "/new")
    image = onggi("commit", *flag, "box")
    assert onggi("run", "--rm", image, "ls", "/new") == "/new"
    assert onggi("ps", "--format", "{{.State}}") == "running"
    actions = onggi("events", "--since", "0", "--until", "0s", "--filter", "container=box", "--format", "{{.Action}}")
    assert ("pause" in actions.split()) == (not flag) == ("unpause" in actions.split())
    assert "commit" in actions.split()


def test_one_that_is_paused_stays_so(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "box", BUSYBOX, "sleep", "1000")
    onggi("pause", "box")
    onggi("commit", "box")
    assert onggi("ps", "--format", "{{.State}}") == "paused"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["terminated", "killed"])
def test_a_commit_that_is_ended_lets_the_container_go_on(onggi: Onggi, number: int) -> None:
    onggi("run", "-d", "--name", "box", BUSYBOX, "sleep", "1000")
    onggi("exec", "box", "sh", "-c", "for i in $(seq 3000); do mkdir -p /d/$i; echo > /d/$i/f; done")
    committing = onggi.start("commit", "box")
    eventually(lambda: committing.poll() is not None or onggi("ps", "--format", "{{.State}}") == "paused")
    committing.send_signal(number)
    committing.communicate()
    assert committing.returncode in (143, -signal.SIGKILL, 0)
    eventually(lambda: onggi("ps", "--format", "{{.State}}") == "running")
    onggi("system", "check", "--repair")


def test_names(onggi: Onggi) -> None:
    onggi("create", "--name", "box", BUSYBOX, "true")
    for name, said in {
        "Upper": "repository name must be lowercase",
        "a:b:c": "invalid reference",
        "x@sha256:" + "0" * 64: "a digest cannot be given",
    }.items():
        assert said in onggi.fails("commit", "box", name)
    assert onggi("images", "-q") == onggi("images", "-q", BUSYBOX), "nothing was made"
    assert "No such container: nope" in onggi.fails("commit", "nope")
    assert onggi("commit", "box", "made") != onggi("commit", "-m", "again", "box", "made")
    assert len(onggi("images", "-q", "made").split()) == 1


def test_it_can_be_built_on(onggi: Onggi, context: Context) -> None:
    onggi("run", "--name", "box", BUSYBOX, "sh", "-c", "echo a > /a")
    onggi("commit", "-c", "ONBUILD RUN cp /a /b", "box", "made")
    built = onggi.build(context("FROM made\nRUN cat /a /b > /c\n"))
    assert onggi("run", "--rm", built, "cat", "/c") == "a\na"


def test_the_image_of_its_image_is_gone(onggi: Onggi) -> None:
    """Its layers are there as long as it is, its image too."""
    onggi("run", "--name", "box", BUSYBOX, "touch", "/new")
    onggi("tag", BUSYBOX, "other")
    onggi("rmi", "-f", BUSYBOX, "other")
    image = onggi("commit", "box")
    assert onggi("run", "--rm", image, "ls", "/new") == "/new"


def test_nothing_is_left_where_the_disk_keeps_nothing_of_it(onggi: Onggi) -> None:
    onggi("run", "--name", "box", BUSYBOX, "touch", "/.wh.x")
    assert "names that begin with .wh." in onggi.fails("commit", "box")
    assert os.listdir(onggi.root / "tmp") == []
