"""Every mistake gets one clear message and the right exit code, and leaves the store clean: the fixture checks."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from .conftest import Context, Onggi

DOCKERFILES = {
    "empty": ("", "Dockerfile"),
    "only comments": ("# nothing\n", "Dockerfile"),
    "no FROM": ("RUN true\n", "FROM"),
    "unknown instruction": ("FORM busybox\n", "did you mean FROM?"),
    "bad flag": ("FROM busybox:1.35\nCOPY --chwon=1 a b\n", "--chown"),
    "unknown stage": ("FROM busybox:1.35 AS build\nFROM busybox:1.35\nCOPY --from=biuld /a /a\n", "biuld"),
    "cycle of stages": (
        "FROM busybox:1.35 AS a\nCOPY --from=b /x /x\nFROM busybox:1.35 AS b\nCOPY --from=a /x /x\n",
        "b",
    ),
    "missing source": ("FROM busybox:1.35\nCOPY nothing /there\n", "nothing"),
    "missing in a stage": (
        "FROM busybox:1.35 AS a\nFROM busybox:1.35\nCOPY --from=a /ect /\n",
        "image busybox:1.35: no such file or folder to copy: /ect; did you mean /etc?",
    ),
    "missing in what a stage made": (
        "FROM busybox:1.35 AS a\nRUN mkdir /dist\nFROM busybox:1.35\nCOPY --from=a /dits /\n",
        "stage a: no such file or folder to copy: /dits; did you mean /dist?",
    ),
    "no comment": ("FROM busybox:1.35\nCOPY Dockerfile /x # why\n", "a # begins a comment only where a line begins"),
    "malformed pattern": ("FROM busybox:1.35\nRUN true\nCOPY [a /\n", "Dockerfile:3:6: malformed pattern"),
    "leaves the context": ("FROM busybox:1.35\nCOPY ../outside /there\n", "outside"),
    "missing base": ("FROM nowhere:1\n", "nowhere:1"),
    "not executed yet": ("FROM busybox:1.35\nRUN --device=gpu true\n", "RUN --device"),
    "mount of no kind": ("FROM busybox:1.35\nRUN --mount=type=cahce,target=/x true\n", "did you mean cache?"),
}


@pytest.mark.parametrize(("dockerfile", "words"), DOCKERFILES.values(), ids=list(DOCKERFILES))
def test_dockerfiles(onggi: Onggi, context: Context, dockerfile: str, words: str) -> None:
    before = onggi("images", "-aq")
    assert words in onggi.fails("build", context(dockerfile))
    assert onggi("images", "-aq") == before


def test_the_place_of_a_mistake_is_shown(onggi: Onggi, context: Context) -> None:
    said = onggi.fails("build", context("FROM busybox:1.35\n\nFORM x\n"))
    assert "Dockerfile:3:1: unknown instruction FORM; did you mean FROM?" in said
    assert "3 | FORM x\n" in said and "| ^^^^" in said


def test_a_step_of_a_lower_case_dockerfile_that_fails_is_shown(onggi: Onggi, context: Context) -> None:
    folder = context(None, {"dockerfile": "FROM busybox:1.35\nRUN exit 3\n"})
    said = onggi.fails("build", folder)
    assert "dockerfile:2" in said and "> 2 | RUN exit 3" in said


def test_a_step_that_the_base_asked_for_says_so(onggi: Onggi, context: Context) -> None:
    onggi.build(context("FROM busybox:1.35\nONBUILD COPY nothing /x\n"), "-t", "asking")
    assert "COPY nothing /x (ONBUILD of asking:latest)" in onggi.fails("build", context("FROM asking\n"))


def test_what_is_missing_is_told_with_its_line_before_anything_runs(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nRUN exit 1\nCOPY nothing /x\n")
    said = onggi.fails("build", "--dry-run", folder)
    assert "onggi: line 3: COPY nothing /x: nothing is not in the build context" in said
    assert said == onggi.fails("build", "-q", folder)


def test_a_step_that_fails(onggi: Onggi, context: Context) -> None:
    said = onggi.fails("build", context("FROM busybox:1.35\nRUN echo before\nRUN echo some words && exit 3\n"))
    assert "Dockerfile:3" in said and "some words" in said and "3" in said


def test_a_script_that_fails_is_named_by_its_first_line(onggi: Onggi, context: Context) -> None:
    said = onggi.fails("build", context("FROM busybox:1.35\nRUN <<EOF\nset -e\n  false\nEOF\n"))
    assert "onggi: set -e … (2 lines) failed with exit code 1" in said.splitlines()


def test_missing_context_and_dockerfile(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    assert "nothing" in onggi.fails("build", tmp_path / "nothing")
    assert "Dockerfile" in onggi.fails("build", context())
    assert "other" in onggi.fails("build", "-f", "other", context())


def test_symlink_out_of_the_context(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nCOPY link /there\n")
    (folder / "link").symlink_to("/etc/passwd")
    assert "link" in onggi.fails("build", folder)
    (folder / "Dockerfile").write_text("FROM busybox:1.35\nCOPY link/passwd /there\n")
    (folder / "link").unlink()
    (folder / "link").symlink_to("/etc")
    assert "link" in onggi.fails("build", folder)


def bad_tar(kind: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        if kind == "dots":
            entry = tarfile.TarInfo("../../escaped")
            entry.size = 4
            archive.addfile(entry, io.BytesIO(b"evil"))
        elif kind == "link":
            entry = tarfile.TarInfo("out")
            entry.type, entry.linkname = tarfile.SYMTYPE, "/tmp"
            archive.addfile(entry)
            entry = tarfile.TarInfo("out/escaped-by-link")
            entry.size = 4
            archive.addfile(entry, io.BytesIO(b"evil"))
        elif kind == "hard link":
            entry = tarfile.TarInfo("passwd")
            entry.type, entry.linkname = tarfile.LNKTYPE, "../../../../../../../etc/passwd"
            archive.addfile(entry)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["dots", "link", "hard link"])
def test_tars_that_lead_out(onggi: Onggi, kind: str) -> None:
    before = os.stat("/etc/passwd").st_nlink
    onggi.run("import", "-", "evil", stdin=bad_tar(kind))
    assert not Path("/tmp/escaped-by-link").exists()
    assert not (onggi.root.parent / "escaped").exists()
    assert os.stat("/etc/passwd").st_nlink == before


def test_corrupt_and_truncated(onggi: Onggi, empty: Onggi, tmp_path: Path) -> None:
    assert onggi.fails("import", "-", "x", stdin=b"this is no tar at all" * 100)
    onggi("save", "-o", tmp_path / "busybox.tar", "busybox:1.35")
    whole = (tmp_path / "busybox.tar").read_bytes()
    assert onggi.fails("load", stdin=whole[: len(whole) // 2])
    squeezed = bytearray(gzip.compress(whole, 1))
    squeezed[len(squeezed) // 2] ^= 0xFF
    assert onggi.fails("load", stdin=bytes(squeezed))
    changed = bytearray(whole)
    changed[whole.index(b"root:x:0:0")] ^= 1
    assert "sha256" in empty.fails("load", stdin=bytes(changed))
    assert empty("images", "-q") == ""


def test_base_of_another_architecture(onggi: Onggi, context: Context) -> None:
    onggi("import", "--platform", "linux/s390x", "-", "foreign", stdin=bad_tar("none"))
    assert "s390x" in onggi.fails("build", context("FROM foreign\nRUN true\n"))
    assert "s390x" in onggi.fails("run", "--rm", "foreign", "true", code=125)


def test_full_disk(bases: Path, tmp_path: Path, context: Context) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", small], check=True)
    try:
        onggi, source = Onggi(small / "store"), Onggi(bases)
        source("save", "-o", tmp_path / "busybox.tar", "busybox:1.35")
        onggi("load", "-i", tmp_path / "busybox.tar")
        said = onggi.fails("build", context("FROM busybox:1.35\nCOPY big /big\n", {"big": "x" * (16 * 2**20)}))
        assert "no space left" in said.lower()
        assert onggi("system", "check")
        assert onggi.run("run", "--rm", "busybox:1.35", "true").returncode == 0
        assert not list((small / "store/tmp").iterdir())
        onggi.tidy()
    finally:
        subprocess.run(["umount", small], check=True)


def test_store_of_a_newer_version(empty: Onggi) -> None:
    empty("image", "ls")
    with sqlite3.connect(empty.root / "onggi.db") as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.execute("PRAGMA user_version = 999")
    said = empty.fails("image", "ls")
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    assert "newer" in said


def test_removing_what_is_used(onggi: Onggi) -> None:
    container = onggi("run", "-d", "--name", "user", "busybox:1.35", "sleep", "1000")
    assert container[:12] in onggi.fails("rmi", "busybox:1.35")
    onggi("system", "prune", "-af")
    assert onggi("ps", "-q", "--no-trunc") == container
    onggi("rm", "-f", "user")
    assert "No such image" in onggi.fails("rmi", "nothing:1")


def test_usage_mistakes(onggi: Onggi, context: Context) -> None:
    assert "--taag" in onggi.fails("build", "--taag", "x", ".", code=125)
    assert onggi.fails("build", "-t", "UPPER CASE", context("FROM scratch\n"))
    assert "frobnicate" in onggi.fails("frobnicate")
    mount = "type=bind,source=/no/such/place,target=/x"
    assert "/no/such/place" in onggi.fails("run", "--mount", mount, "busybox:1.35", "true", code=125)
    assert "Nme" in onggi.fails("inspect", "--format", "{{.Nme}}", "busybox:1.35")


def test_not_root_gets_one_sentence(bases: Path, tmp_path: Path) -> None:
    program = Onggi(tmp_path / "store").argv("ps")
    done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", *program], capture_output=True, text=True)
    assert done.returncode == 1
    assert "root" in done.stderr and "Traceback" not in done.stderr


NOBODY = """
import os, sys
from pathlib import Path
from onggi.engine.engine import Engine
from onggi.errors import Denied
from onggi.settings import Settings

engine = Engine(Settings(root=Path(sys.argv[1])))
os.seteuid(65534)
for use in (engine.warm_up, lambda: engine.store):
    try:
        use()
    except Denied as error:
        print(error.message)
"""


def test_who_is_not_root_is_told_so_at_once(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", NOBODY, tmp_path], capture_output=True, text=True, check=True)
    first, second = ended.stdout.splitlines()
    assert first == second
    assert first.startswith("onggi needs root for now")
