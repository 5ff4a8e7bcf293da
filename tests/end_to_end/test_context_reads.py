"""How often a build opens the files of its context: never twice, and not at all where it knows them."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.layer.opens import listening

from onggi.layer.stat_cache import SETTLED

from .conftest import Context, Onggi

FILES = {f"{folder}/{number}": f"{folder} {number}\n" for folder in "ab" for number in range(10)}
SIZES = {"empty": 0, "small": 4_500, "middle": 100_000, "mega": (1 << 20) + 1, "large": 5_000_003}
DOCKERFILE = """\
FROM scratch AS one
COPY . /one
FROM scratch AS two
COPY --chmod=600 a* sizes /two/
COPY sizes/large /large
ADD bundle.tar sizes/small /unpacked/
FROM scratch
COPY --from=one / /
COPY --from=two / /
COPY --parents */linked* Dockerfile /last/
"""


def fill(folder: Path) -> None:
    """What DOCKERFILE copies beside FILES."""
    (folder / "sizes").mkdir()
    for name, size in SIZES.items():
        (folder / "sizes" / name).write_bytes((name.encode() * (size // len(name) + 1))[:size])
    (folder / "sizes/linked").write_bytes(b"linked" * 20_000)
    os.link(folder / "sizes/linked", folder / "a/linked2")
    (folder / "a/link").symlink_to("0")
    with tarfile.open(folder / "bundle.tar", "w") as archive:
        member = tarfile.TarInfo("packed")
        member.size = 200_000
        archive.addfile(member, io.BytesIO(b"p" * member.size))


def settle() -> None:
    """What was written this moment is not trusted."""
    time.sleep(SETTLED + 0.5)


@pytest.fixture
def folder(context: Context) -> Path:
    folder = context(DOCKERFILE, {**FILES, "ignored/x": "", ".dockerignore": "ignored\n"})
    fill(folder)
    return folder


def named(folder: Path) -> set[str]:
    """The files that DOCKERFILE copies. Of one with two names, either may be the one that is read."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)) for path in files} - {"ignored/x", "a/linked2", "sizes/linked"}


def once(opened: Counter[str], files: set[str]) -> None:
    """Each of `files` was opened once, and nothing else but one name of the file with two."""
    assert opened.pop("a/linked2", 0) + opened.pop("sizes/linked", 0) <= 1
    assert opened == Counter(files)


@pytest.mark.parametrize("is_settled", [False, True], ids=["just written", "left alone"])
def test_a_new_file_is_opened_once(onggi: Onggi, folder: Path, is_settled: bool) -> None:
    if is_settled:
        settle()
    with listening(folder) as opened:
        onggi.build(folder)
        once(opened(), named(folder))


def test_a_known_tree_is_not_opened(onggi: Onggi, folder: Path) -> None:
    settle()
    expected = onggi.build(folder, "--reproducible")
    with listening(folder) as opened:
        assert onggi.build(folder, "--reproducible") == expected
        assert set(opened()) == {"Dockerfile", ".dockerignore"}
        (folder / "b/5").write_text("changed\n")
        opened()
        onggi.build(folder, "--reproducible")
        once(opened(), {"Dockerfile", ".dockerignore", "b/5"})


def test_a_known_tree_whose_layers_are_gone_is_opened_once(onggi: Onggi, folder: Path) -> None:
    settle()
    expected = onggi.build(folder, "--reproducible", "-t", "whole")
    onggi("image", "rm", "whole")
    onggi("builder", "prune", "--all", "--force")
    with listening(folder) as opened:
        assert onggi.build(folder, "--reproducible") == expected
        once(opened(), named(folder))


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["in its place", "elsewhere"])
def test_a_fresh_clone_is_opened_once(onggi: Onggi, folder: Path, tmp_path: Path, is_elsewhere: bool) -> None:
    expected = onggi.build(folder, "--reproducible")
    clone = tmp_path / "clone"
    shutil.copytree(folder, clone, symlinks=True)
    (clone / "a/linked2").unlink()
    os.link(clone / "sizes/linked", clone / "a/linked2")
    if not is_elsewhere:
        shutil.rmtree(folder)
        clone = clone.rename(folder)
    with listening(clone) as opened:
        assert onggi.build(clone, "--reproducible") == expected
        once(opened(), named(clone))


def test_a_build_that_is_only_foreseen_opens_once(onggi: Onggi, folder: Path) -> None:
    with listening(folder) as opened:
        onggi("build", "--dry-run", folder)
        once(opened(), named(folder))


def test_a_build_that_keeps_nothing_leaves_nothing(onggi: Onggi, folder: Path) -> None:
    """What was read for a step that is never reached."""
    (folder / "Dockerfile").write_text("FROM busybox:1.35\nRUN false\nCOPY . /x\n")
    assert "failed with exit code 1" in onggi.fails("build", folder)
    assert os.listdir(onggi.root / "tmp") == []


def replace(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


EDITS: dict[str, Callable[[Path], object]] = {
    "edited": lambda path: path.write_bytes(b"new"),
    "removed": os.unlink,
    "replaced": replace,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_files_that_change_after_they_were_read(
    onggi: Onggi, context: Context, tmp_path: Path, edit: Callable[[Path], object]
) -> None:
    """A step before the COPY runs for long: the image has what was there when the build began, of whatever size."""
    data = {name: os.urandom(size) for name, size in SIZES.items()}
    folder = context(f"FROM busybox:1.35\nRUN echo begun; sleep 1\nCOPY {' '.join(SIZES)} /files/\n")
    for name, content in data.items():
        (folder / name).write_bytes(content)
    building = onggi.start("build", "--progress=plain", "-t", "late", folder)
    assert building.stderr is not None
    seen = b""
    while b"begun" not in seen:
        piece = os.read(building.stderr.fileno(), 4096)
        assert piece, seen
        seen += piece
    for name in SIZES:
        edit(folder / name)
    building.communicate()
    assert building.returncode == 0
    onggi("create", "--name", "it", "late")
    onggi("cp", "it:/files", tmp_path / "copied")
    for name, content in data.items():
        assert (tmp_path / "copied" / name).read_bytes() == content, name
