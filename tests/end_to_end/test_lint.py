"""The linter as a program: with ShellCheck, on files as they come, and beside a build."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from .conftest import BUSYBOX, Context, Onggi

BAD = "FROM debian:latest\nUSER 1000\nRUN echo $x\nCMD run me\n"


def codes(report: bytes) -> set[str]:
    return {each["code"] for each in json.loads(report)}


def test_shellcheck_takes_part_unless_it_is_switched_off(empty: Onggi, context: Context) -> None:
    folder = context(BAD, {".git/HEAD": ""})
    done = empty.run("lint", "-f", "json", "Dockerfile", cwd=folder)
    assert (done.returncode, done.stderr) == (1, b"")
    assert {"DL3007", "SC2086"} <= codes(done.stdout)
    assert "SC2086" not in codes(empty.run("lint", "--no-shellcheck", "-f", "json", ".", cwd=folder).stdout)
    assert not empty.root.exists()


def test_shellchecks_fixes_are_made_when_they_are_asked_for(empty: Onggi, context: Context) -> None:
    folder = context(BAD, {".git/HEAD": ""})
    said = empty.fails("lint", "--fix", "--unsafe-fixes", "--ignore", "DL3007,OG2004", ".", cwd=folder)
    assert "Dockerfile: mended " in said and "SC2086" in said
    assert 'RUN echo "$x"\n' in (folder / "Dockerfile").read_text()


def test_odd_files_are_findings_and_none_stops_the_others(empty: Onggi, context: Context) -> None:
    folder = context(BAD.replace("\n", "\r\n"), {".git/HEAD": ""})
    (folder / "binary.Dockerfile").write_bytes(bytes(range(256)) * 10)
    (folder / "utf16.Dockerfile").write_text(BAD, encoding="utf-16")
    (folder / os.fsdecode(b"\xff\n.Dockerfile")).write_text(BAD)
    (folder / "gone.Dockerfile").symlink_to("nowhere")
    done = empty.run("lint", "-f", "json", "--no-shellcheck", ".", cwd=folder)
    assert done.returncode == 1
    assert b"WARNING: gone.Dockerfile is a symbolic link to nowhere, which is not there" in done.stderr
    found: dict[str, set[str]] = {}
    for each in json.loads(done.stdout):
        found.setdefault(each["file"], set()).add(each["code"])
    assert found["binary.Dockerfile"] == found["utf16.Dockerfile"] == {"DL1000"}
    assert "DL3007" in found["Dockerfile"] & found["\ufffd\n.Dockerfile"]


def test_a_large_file_with_long_lines_is_linted(empty: Onggi, context: Context) -> None:
    run = f"RUN true {'x' * 1_000_000}\n"
    folder = context("FROM debian:12\nUSER 1000\n" + run * 10, {".git/HEAD": ""})
    done = empty.run("lint", "--no-shellcheck", "-q", "--ignore", "DL3059", ".", cwd=folder, timeout=60)
    assert done.stderr == b""
    assert all(len(line) < 1000 for line in done.stdout.splitlines())


def test_a_reader_that_goes_away_is_no_error(empty: Onggi, context: Context) -> None:
    folder = context(BAD * 200, {".git/HEAD": ""})
    process = empty.start("lint", "--no-shellcheck", folder)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read() and process.wait() in (1, 125, -signal.SIGPIPE)
    process.stderr.close()


def test_a_check_runs_all_rules_and_a_build_tells_of_buildkits(onggi: Onggi, context: Context) -> None:
    text = f"FROM {BUSYBOX}\nUSER 1000\nRUN cd /tmp\nCMD run me\n"
    folder = context(text, {".git/HEAD": ""})
    done = onggi.run("build", "--check", folder)
    assert done.returncode == 1
    assert b"  DL3003  " in done.stdout and b"  JSONArgsRecommended  " in done.stdout
    assert done.stdout.decode().splitlines()[-1].endswith("warnings have been found!")
    said = onggi.run("build", folder).stderr.decode()
    assert "1 warning found (use --check to expand):\n - JSONArgsRecommended: " in said


def test_a_check_is_of_what_the_project_demands(onggi: Onggi, context: Context) -> None:
    text = f"FROM {BUSYBOX}\nUSER 1000\nCMD run me\n"
    folder = context(text, {".git/HEAD": "", "onggi.toml": "[lint]\nignore = ['DL3025']\n"})
    document = json.loads(onggi("build", "--call", "check,format=json", folder))
    assert "JSONArgsRecommended" not in {each["ruleName"] for each in document["warnings"]}
    Path(folder, "onggi.toml").write_text("[lint]\nthreshold = 'error'\n")
    assert onggi("build", "--check", folder).splitlines()[-1].startswith("Check complete, ")
    Path(folder, "onggi.toml").write_text("[lint]\nthreshold = 'eror'\n")
    assert "onggi.toml:2: lint.threshold: expected error, " in onggi.fails("build", "--check", folder)
