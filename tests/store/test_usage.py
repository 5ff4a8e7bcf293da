from __future__ import annotations

import os
import subprocess
from pathlib import Path

from onggi.layer import removal
from onggi.store.usage import Usage, own, written


def du(path: Path) -> int:
    done = subprocess.run(["du", "-sx", "--block-size=1", str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[0])


def test_usage_is_what_du_says(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    for size in (0, 1, 4096, 5000, 100_000):
        (tmp_path / "a" / str(size)).write_bytes(os.urandom(size))
    os.link(tmp_path / "a/100000", tmp_path / "a/b/again")
    (tmp_path / "a/link").symlink_to("x" * 200)
    with (tmp_path / "a/sparse").open("wb") as file:
        file.truncate(10 << 20)
    assert Usage().add(str(tmp_path)) == du(tmp_path)


def test_usage_counts_hard_links_for_whoever_comes_first(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a/file").write_bytes(bytes(100_000))
    os.link(tmp_path / "a/file", tmp_path / "b/file")
    usage = Usage()
    assert usage.add(str(tmp_path / "a")) > 100_000
    assert usage.add(str(tmp_path / "b")) < 100_000
    assert usage.add(str(tmp_path / "none")) == 0


def test_own_is_what_removing_would_free(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/file").write_bytes(bytes(50_000))
    (tmp_path / "a/twin").write_bytes(bytes(70_000))
    os.link(tmp_path / "a/twin", tmp_path / "a/b/twin")
    (tmp_path / "a/shared").write_bytes(bytes(90_000))
    os.link(tmp_path / "a/shared", tmp_path / "a/b/shared")
    os.link(tmp_path / "a/shared", tmp_path / "elsewhere")
    expected = own(str(tmp_path / "a"))
    assert 120_000 < expected < 160_000
    assert removal.remove(str(tmp_path / "a")) == expected
    assert own(str(tmp_path / "a")) == 0


def test_written_is_the_length_of_the_files(tmp_path: Path) -> None:
    assert written(str(tmp_path)) == 0
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(bytes(3))
    os.link(tmp_path / "folder" / "file", tmp_path / "again")
    os.truncate(tmp_path / "folder" / "file", 10_000)  # a hole
    assert written(str(tmp_path)) == 10_000
