"""Where two trees first differ."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from onggi.layer.compare import first_difference
from onggi.layer.union import Union
from onggi.layer.whiteout import make_whiteout


@pytest.fixture
def twins(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of equal files."""
    for name in ("old", "new"):
        (tmp_path / name / "sub").mkdir(parents=True)
        for path in ("a", "b", "sub/c", "z"):
            (tmp_path / name / path).write_text(path)
            os.utime(tmp_path / name / path, (1, 1))
        os.symlink("a", tmp_path / name / "link")
        os.utime(tmp_path / name / "link", (1, 1), follow_symlinks=False)
        for folder in ("sub", "."):
            os.utime(tmp_path / name / folder, (1, 1))
    return tmp_path / "old", tmp_path / "new"


def differs(twins: tuple[Path, Path], *, times: bool = False) -> tuple[str, tuple[str, ...]] | None:
    found = first_difference(Union([str(twins[0])]), Union([str(twins[1])]), times=times)
    if found is None:
        return None
    kinds = ("times",) if found.times else ("attributes",) if found.attributes else ()
    return found.path, found.change.differences if found.change else kinds


def test_equal_trees(twins: tuple[Path, Path]) -> None:
    assert differs(twins) is None
    assert differs(twins, times=True) is None


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda new: (new / "b").write_text("other"), ("/b", ("content",))),
        (lambda new: (new / "sub/c").chmod(0o700), ("/sub/c", ("mode",))),
        (lambda new: os.chown(new / "sub", 7, 7), ("/sub", ("owner",))),
        (lambda new: (new / "aa").touch(), ("/aa", ("added",))),
        (lambda new: (new / "z").unlink(), ("/z", ("removed",))),
        (lambda new: [(new / "z").unlink(), (new / "y").touch()], ("/y", ("added",))),
        (lambda new: [(new / "link").unlink(), (new / "link").symlink_to("b")], ("/link", ("content",))),
        (lambda new: os.setxattr(new / "a", "user.x", b"1"), ("/a", ("attributes",))),
    ],
)
def test_the_first_path_is_named(
    twins: tuple[Path, Path], edit: Callable[[Path], object], expected: tuple[str, tuple[str, ...]]
) -> None:
    edit(twins[1])
    assert differs(twins) == expected


def test_times_count_only_where_they_are_asked_for(twins: tuple[Path, Path]) -> None:
    os.utime(twins[1] / "sub/c", (2, 2))
    assert differs(twins) is None
    assert differs(twins, times=True) == ("/sub/c", ("times",))


def test_layers_are_merged_and_what_is_shared_is_not_read(twins: tuple[Path, Path], tmp_path: Path) -> None:
    upper = tmp_path / "upper"
    upper.mkdir()
    make_whiteout(os.fsencode(upper / "z"))
    (twins[0] / "a").chmod(0o000)
    below = str(twins[0])
    found = first_difference(Union([below]), Union([str(upper), below]), times=False)
    assert found is not None and found.change is not None
    assert (found.path, found.change.differences) == ("/z", ("removed",))
