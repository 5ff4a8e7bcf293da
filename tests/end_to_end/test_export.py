"""`export`: a container's file system as one tar."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from tests.waiting import eventually

from .conftest import Onggi

BUSYBOX = "busybox:1.35"


def exported(onggi: Onggi, name: str) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(onggi.run("export", name).stdout))


@pytest.mark.parametrize("is_running", [True, False], ids=["running", "stopped"])
def test_the_root_without_what_is_mounted_on_it(onggi: Onggi, tmp_path: Path, is_running: bool) -> None:
    (tmp_path / "bound").touch()
    mounts = ("-v", f"{tmp_path}:/tmp", "-v", "data:/data", "--tmpfs", "/memory")
    script = "echo new > /new; rm /bin/wget; touch /data/no /memory/no /ready; exec sleep 1000"
    onggi("run", "-d", "--name", "box", *mounts, BUSYBOX, "sh", "-c", script)
    eventually(lambda: onggi.run("exec", "box", "test", "-e", "/ready").returncode == 0)
    if not is_running:
        onggi("stop", "-t", "0", "box")
    with exported(onggi, "box") as tar:
        names = tar.getnames()
        assert tar.extractfile("new").read() == b"new\n"  # type: ignore[union-attr]
        assert tar.getmember("etc/hosts").size == 0
    assert {"bin/sh", ".dockerenv", "proc", "dev", "tmp", "data", "memory"} <= set(names)
    assert "bin/wget" not in names and names == sorted(names, key=lambda name: name.split("/"))
    assert not [
        name
        for name in names
        if name.startswith(("proc/", "sys/", "dev/", "tmp/", "data/", "memory/", "/", ".")) and name != ".dockerenv"
    ]


def test_it_can_be_imported(onggi: Onggi, tmp_path: Path) -> None:
    onggi("run", "--name", "box", BUSYBOX, "sh", "-c", "echo new > /new; chown 5:6 /new; ln /new /other")
    onggi("export", "-o", tmp_path / "box.tar", "box")
    image = onggi("import", tmp_path / "box.tar")
    assert onggi("run", "--rm", image, "stat", "-c", "%u:%g %h", "/other") == "5:6 2"


def test_where_it_does_not_go(onggi: Onggi, tmp_path: Path) -> None:
    onggi("create", "--name", "box", BUSYBOX, "true")
    assert "there is no folder" in onggi.fails("export", "-o", tmp_path / "no/where.tar", "box")
    assert "is a folder" in onggi.fails("export", "-o", tmp_path, "box")
    assert "No such container: nope" in onggi.fails("export", "-o", tmp_path / "x.tar", "nope")
    assert list(tmp_path.iterdir()) == []
