"""`cp` in every combination of source and destination, and what a Docker engine did with the same (docker_cp.tsv)."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.engine.engine import Engine
from onggi.errors import OnggiError
from onggi.settings import Settings

from .conftest import Onggi

SIDES = ("in", "out")
CASES = [
    line.split("\t")
    for line in Path(__file__).with_name("docker_cp.tsv").read_text().splitlines()
    if not line.startswith("#")
]


def is_ours(flag: str, source: str, destination: str, side: str) -> bool:
    """Where we answer otherwise: a loop of links is copied as the link that it is, and is no place to copy to; and
    `odlink/` is the folder that it leads to, in both directions."""
    if destination == "loop":
        return True
    is_loop = source == "loop" and flag == "-"
    return side == "out" and (is_loop or (source in ("dir/.", "dirlink/.") and destination == "odlink/"))


def make(root: Path) -> None:
    """The tree that both sides have."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "dir/sub").mkdir(parents=True)
    for name, text in {"dir/a.txt": "a", "dir/sub/b.txt": "bb", "file": "file", "other": "otherfile"}.items():
        (root / name).write_text(text)
    for name in ("od", "empty"):
        (root / name).mkdir()
    (root / "od/keep").write_text("k")
    links = {"link": "file", "dirlink": "dir", "broken": "nowhere", "broken2": "missing/nowhere", "loop": "loop"}
    for name, text in (links | {"odlink": "od"}).items():
        (root / name).symlink_to(text)
    os.mkfifo(root / "fifo")
    os.chown(root / "dir/a.txt", 1000, 1001)
    (root / "dir/a.txt").chmod(0o4640)
    (root / "dir").chmod(0o750)
    for path in sorted(root.rglob("*"), reverse=True):
        os.utime(path, (10**9, 10**9), follow_symlinks=False)


def look(root: Path) -> dict[str, tuple[str, object]]:
    """Path → what the table says of it, and all that copying may change."""
    found: dict[str, tuple[str, object]] = {}
    for path in root.rglob("*"):
        status = path.lstat()
        name = str(path.relative_to(root))
        if path.is_symlink():
            shown = f"{name}@{os.readlink(path)}"
        elif path.is_dir():
            shown = f"{name}/"
        else:
            shown = f"{name}|" if stat.S_ISFIFO(status.st_mode) else f"{name}:{path.read_text()}"
        found[name] = shown, (shown, status.st_mode, status.st_uid, status.st_gid, status.st_mtime)
    return found


def told(before: dict[str, tuple[str, object]], after: dict[str, tuple[str, object]]) -> str:
    """As the table tells it."""
    assert not before.keys() - after.keys()
    changed = [name for name in sorted(after) if after[name][1] != before.get(name, ("", None))[1]]
    return " ".join(after[name][0] for name in changed if name not in ("od", "empty")) or "as it was"


@pytest.fixture(params=["running", "stopped"])
def container(onggi: Onggi, request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Path]]:
    """The library on the store, and a folder of a container, as it is on the host."""
    name = onggi("create", "--name", "cpx", "busybox:1.35", "sleep", "100000")
    inside = onggi.root / "containers" / name / "upper/c"
    with Engine(Settings(root=onggi.root)) as engine:
        if request.param == "running":
            onggi("start", name)
            inside = Path(f"/proc/{engine.containers.inspect(name)['State']['Pid']}/root/c")
        yield engine, inside


@pytest.mark.parametrize("side", SIDES)
def test_every_case_is_as_in_docker(
    container: tuple[Engine, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    engine, inside = container
    host = tmp_path / "c"
    monkeypatch.chdir(tmp_path)
    different = []
    make(inside)
    make(host)
    for flag, source, destination, into, out in CASES:
        wanted = out if side == "out" and out != "=" else into
        watched = inside if side == "in" else host
        before = look(watched)
        try:
            if side == "in":
                engine.containers.copy_in("cpx", f"c/{source}", f"/c/{destination}", flag == "-L")
            else:
                engine.containers.copy_out("cpx", f"/c/{source}", f"c/{destination}", flag == "-L")
        except OnggiError:
            found = "error"
            assert told(before, look(watched)) == "as it was", (flag, source, destination)
        else:
            found = told(before, look(watched))
        if found != wanted and not is_ours(flag, source, destination, side):
            different.append((flag, source, destination, found, wanted))
        if found not in ("error", "as it was"):
            make(watched)
    assert different == []
    assert len(CASES) == 560
