"""fmt: which files it writes, what it says, and its exit codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .fake import FakeEngine, call

UGLY = "from  a\n\n\nuser b"
NEAT = "FROM a\n\nUSER b\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_of_a_folder_that_change_are_named(folder: Path) -> None:
    (folder / "Dockerfile").write_text(UGLY)
    (folder / "api").mkdir()
    (folder / "api" / "Containerfile").write_text(NEAT)
    (folder / "api" / "web.Dockerfile").write_text(UGLY)
    done = call(FakeEngine(), "fmt")
    assert (done.code, done.out.split()) == (0, ["Dockerfile", "api/web.Dockerfile"])
    assert {path.read_text() for path in folder.rglob("*file")} == {NEAT}
    assert call(FakeEngine(), "fmt", "--check").out == ""


def test_what_the_projects_lint_excludes_is_left_out(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "onggi.toml").write_text("[lint]\nexclude = ['old']\n")
    (folder / "old").mkdir()
    for name in ("Dockerfile", "old/Dockerfile"):
        (folder / name).write_text(UGLY)
    assert call(FakeEngine(), "fmt", "--check").out == "Dockerfile\n"
    assert call(FakeEngine(), "fmt", "--check", "old/Dockerfile").out == "old/Dockerfile\n"
    assert call(FakeEngine(), "fmt", "--check", "--force-exclude", "old/Dockerfile", "old") == ("", "", 0)
    (folder / "onggi.toml").write_text("[lnt]\n")
    done = call(FakeEngine(), "fmt", "--check")
    assert "onggi.toml:1: lnt: there is no such key; did you mean lint?" in done.err
    assert (done.out, done.code) == ("", 125)


def test_mode_owner_and_links_stay(folder: Path) -> None:
    place = folder / "real"
    place.write_text(UGLY)
    place.chmod(0o640)
    os.chown(place, 12, 34)
    (folder / "Dockerfile").symlink_to("real")
    assert call(FakeEngine(), "fmt", "Dockerfile").code == 0
    assert (folder / "Dockerfile").is_symlink()
    status = place.stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o640, 12, 34)
    assert place.read_text() == NEAT
    assert sorted(os.listdir(folder)) == ["Dockerfile", "real"]


def test_check_names_what_would_change(folder: Path) -> None:
    (folder / "a").write_text(UGLY)
    (folder / "b").write_text(NEAT)
    done = call(FakeEngine(), "fmt", "--check", "a", "b")
    assert (done.code, done.out) == (1, "a\n")
    assert (folder / "a").read_text() == UGLY
    assert call(FakeEngine(), "fmt", "--check", "b").code == 0


def test_diff_shows_what_would_change(folder: Path) -> None:
    (folder / "a").write_text("FROM a\nuser b")
    done = call(FakeEngine(), "fmt", "--diff", "a")
    assert done.code == 1
    assert done.out == ("--- a\n+++ a\n@@ -1,2 +1,2 @@\n FROM a\n-user b\n\\ No newline at end of file\n+USER b\n")
    assert (folder / "a").read_text() == "FROM a\nuser b"


def test_standard_input_goes_to_standard_output(folder: Path) -> None:
    done = call(FakeEngine(), "fmt", "-", input=UGLY)
    assert (done.code, done.out) == (0, NEAT)
    done = call(FakeEngine(), "fmt", "--check", "-", input=UGLY)
    assert (done.code, done.out) == (1, "-\n")


def test_what_does_not_parse_stays_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "a").write_text("FORM  a\n")
    (folder / "b").write_text(UGLY)
    (folder / "c").write_bytes(b"FROM  \xff\n")
    done = call(FakeEngine(), "fmt", "a", "c", "missing", "b")
    assert (done.code, done.out) == (125, "b\n")
    assert (folder / "a").read_text() == "FORM  a\n"
    assert "a:1:1: unknown instruction FORM" in done.err
    assert "c is not UTF-8 text (byte 6)" in done.err
    assert "missing: No such file or directory" in done.err


def test_a_folder_without_dockerfiles_is_told(folder: Path) -> None:
    done = call(FakeEngine(), "fmt")
    assert done.code == 125
    assert "there is no Dockerfile in ." in done.err


def test_lines_end_as_they_did(folder: Path) -> None:
    (folder / "Dockerfile").write_bytes(UGLY.replace("\n", "\r\n").encode())
    assert call(FakeEngine(), "fmt").code == 0
    assert (folder / "Dockerfile").read_bytes() == NEAT.replace("\n", "\r\n").encode()


def test_a_file_that_may_not_be_replaced_is_left(folder: Path) -> None:
    done = call(FakeEngine(), "fmt", "/proc/self/comm")
    assert done.code == 125
