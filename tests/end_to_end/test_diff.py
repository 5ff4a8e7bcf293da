"""`diff`: what a container did to its image; the expected lines are those of a Docker engine (20.10), sorted."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Onggi

BUSYBOX = "busybox:1.35"


def test_as_docker_tells_it(onggi: Onggi) -> None:
    script = """
        mkdir -p /n/s; echo > /n/s/f; rm /bin/wget; touch /etc/passwd; chmod 700 /root; touch /tmp/x; rm /tmp/x
        rm -rf /home; mkdir /home; rm /etc/group; mkdir /etc/group; echo > /etc/group/y; rm -rf /usr; echo > /usr
        echo > /etc/hosts; ln -s q /etc/ln; ln -s x /lib; mkdir /var/www/a; rmdir /var/www/a"""
    onggi("run", "--name", "box", BUSYBOX, "sh", "-c", script)
    assert onggi("diff", "box").splitlines() == [
        *("C /bin", "D /bin/wget", "C /etc", "C /etc/group", "A /etc/group/y", "A /etc/ln", "C /etc/passwd"),
        *("A /lib", "A /n", "A /n/s", "A /n/s/f", "C /root", "C /usr"),
    ]


def test_nothing_happened(onggi: Onggi) -> None:
    """What is mounted for a container leaves no trace."""
    onggi("run", "--name", "ended", BUSYBOX, "true")
    onggi("create", "--name", "new", BUSYBOX, "true")
    onggi("run", "-d", "--name", "box", "-t", BUSYBOX, "sleep", "1000")
    assert [onggi("diff", name) for name in ("ended", "new", "box")] == ["", "", ""]


def test_of_mounts_only_the_places_are_seen(onggi: Onggi, tmp_path: Path) -> None:
    mounts = ("-v", "data:/data/deep", "-v", f"{tmp_path}:/bound", "--tmpfs", "/memory", "-v", "/tmp/anonymous")
    onggi(
        "run", "--name", "box", *mounts, BUSYBOX, "sh", "-c", "touch /data/deep/x /bound/x /memory/x /tmp/anonymous/x"
    )
    changed = onggi("diff", "box").splitlines()
    assert changed == ["A /bound", "A /data", "A /data/deep", "A /memory", "C /tmp", "A /tmp/anonymous"]


def test_one_that_runs(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "box", BUSYBOX, "sleep", "1000")
    onggi("exec", "box", "sh", "-c", "echo > '/a b'; printf x > /$(printf 'esc\\033[31m')")
    assert onggi("container", "diff", "box") == "A /a b\nA /esc\x1b[31m"


def test_a_link_put_in_the_place_of_a_folder_is_not_followed(onggi: Onggi, tmp_path: Path) -> None:
    """By a container that runs: what is on the host is not told."""
    (tmp_path / "secret").touch()
    swap = f"while true; do mkdir /d; rmdir /d; ln -s {tmp_path} /d; rm /d; done"
    onggi("run", "-d", "--name", "box", BUSYBOX, "sh", "-c", swap)
    with onggi.engine() as engine:
        for _ in range(100):
            assert not [change.path for change in engine.containers.changes("box") if "secret" in change.path]


@pytest.mark.parametrize("words", [(), ("a", "b")])
def test_it_takes_one_container(onggi: Onggi, words: tuple[str, ...]) -> None:
    onggi.fails("diff", *words)
    assert "No such container: nope" in onggi.fails("diff", "nope")
