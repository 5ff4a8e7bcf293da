"""The next version of a COPY layer links what did not change; each version is whole without the other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from onggi.engine.engine import Engine
from onggi.settings import Settings

from .conftest import Context, Onggi

FILES = {f"tree/{folder}/{number}": f"{folder} {number}\n" * 300 for folder in "ab" for number in range(20)}


def snapshot(onggi: Onggi, image: str) -> Path:
    """The folder of an image's last layer."""
    diff_id = onggi("inspect", "--format", "{{json .RootFS.Layers}}", image).strip('[]"').split('","')[-1]
    return onggi.root / "snapshots" / diff_id.removeprefix("sha256:")


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def inodes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def versions(onggi: Onggi, context: Context) -> tuple[Path, Path]:
    """The layers of two builds: between them one file was edited, one came, one went and one got another mode."""
    folder = context("FROM scratch\nCOPY . /\n", FILES)
    onggi.build(folder, "-t", "old")
    (folder / "tree/a/0").write_text("edited\n")
    (folder / "tree/a/new").write_text("new\n")
    (folder / "tree/a/1").unlink()
    (folder / "tree/a/2").chmod(0o755)
    onggi.build(folder, "-t", "new")
    return snapshot(onggi, "old"), snapshot(onggi, "new")


def test_unchanged_files_are_shared_and_changed_ones_are_not(empty: Onggi, context: Context) -> None:
    old, new = versions(empty, context)
    before, after = inodes(old), inodes(new)
    assert after.keys() - before.keys() == {"tree/a/new"}
    assert {path for path in before.keys() & after if before[path] != after[path]} == {"tree/a/0", "tree/a/2"}
    assert texts(old) == {**FILES, "Dockerfile": "FROM scratch\nCOPY . /\n"}
    assert (new / "tree/a/0").read_text() == "edited\n"
    assert (old / "tree/a/2").stat().st_mode & 0o777 != (new / "tree/a/2").stat().st_mode & 0o777


def test_disk_use_counts_shared_files_once(empty: Onggi, context: Context) -> None:
    versions(empty, context)
    with Engine(Settings(root=empty.root)) as engine:
        found = engine.system.df().total
        du = subprocess.run(["du", "-sx", "--block-size=1", str(empty.root)], check=True, capture_output=True)
        assert found == pytest.approx(int(du.stdout.split()[0]), rel=0.01)


@pytest.mark.parametrize("goes", ["old", "new"])
def test_either_version_may_go(empty: Onggi, context: Context, goes: str) -> None:
    folders = dict(zip(("old", "new"), versions(empty, context), strict=True))
    gone = folders.pop(goes)
    ((stays, kept),) = folders.items()
    expected = texts(kept)
    empty("rmi", goes)
    empty("system", "prune", "-f")
    assert not gone.exists()
    assert texts(kept) == expected
    empty("system", "check", "--deep")
    empty("save", "-o", os.devnull, stays)  # packs the layer, and would tell of a changed byte


def test_a_version_that_is_gone_is_copied_anew(empty: Onggi, context: Context) -> None:
    folder = context("FROM scratch\nCOPY . /\n", FILES)
    empty.build(folder, "-t", "image")
    empty("rmi", "image")
    empty("system", "prune", "-f")
    assert list((empty.root / "snapshots").iterdir()) == []
    (folder / "tree/b/0").write_text("edited\n")
    empty.build(folder, "-t", "image")
    assert {path.stat().st_nlink for path in snapshot(empty, "image").rglob("*") if path.is_file()} == {1}


def test_each_copy_of_each_project_has_its_own_last_version(empty: Onggi, context: Context) -> None:
    dockerfile = "FROM scratch\nCOPY tree/b /b/\nCOPY tree/a /a/\n"
    one, two = context(dockerfile, FILES), context(dockerfile, FILES)
    layers = []
    for round_ in range(2):
        for folder in (one, two):
            (folder / "tree/a/0").write_text(f"edited {round_}\n")
            (folder / "tree/b/0").write_text(f"edited {round_}\n")
            empty.build(folder, "-t", folder.name)
        layers.append(snapshot(empty, one.name))
    before, after = map(inodes, layers)
    assert {path for path in after if before[path] != after[path]} == {"a/0"}
