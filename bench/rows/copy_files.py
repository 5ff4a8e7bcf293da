"""COPY of 20,000 small files: cold, with nothing changed, with one file edited; of one file of 512 MB; of little
beside a folder of 100,000 files that is ignored."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

from bench.measure import Measurement, Work, command, take_turns, timed
from bench.ring import Ring

FILES, FOLDERS, SIZE = 20_000, 200, 4_500
LARGE = 512 * 2**20
IGNORED = 100_000

_rounds = itertools.count()


def tree(ring: Ring) -> Path:
    """A context whose every file differs from that of the round before: nothing of it is known to any cache."""
    context = ring.context("copy-files", {"Dockerfile": "FROM busybox:1.35\nCOPY tree /tree\n"})
    round_ = next(_rounds)
    for number in range(FILES):
        folder = context / "tree" / f"d{number % FOLDERS}"
        if number < FOLDERS:
            folder.mkdir(parents=True, exist_ok=True)
        head = f"{round_} {number}\n".encode()
        (folder / f"f{number}").write_bytes(head + b"x" * (SIZE - len(head)))
    os.sync()
    return context


def _copies(tree: Path, target: Path) -> Work:
    def work() -> float:
        shutil.rmtree(target, ignore_errors=True)
        return command("cp", "-a", tree, target)

    return work


def cold(ring: Ring) -> Measurement:
    context = tree(ring)
    works = {"limit": _copies(context / "tree", ring.work / "copied")}
    for tool in ring.tools:
        works[tool.name] = timed(*tool.build(context), before=lambda: tree(ring))
    series = take_turns(works, min(ring.runs, 3))
    return Measurement(
        "COPY of 20,000 small files, cold", "s", series, "limit", lambda limit: 1.5 * limit + 0.5, "limit: cp -a"
    )


def unchanged(ring: Ring) -> Measurement:
    context = tree(ring)
    works = {"limit": timed("find", context, "-newermt", "2100-01-01")}
    works |= {tool.name: timed(*tool.build(context)) for tool in ring.tools}
    return Measurement(
        "the same, nothing changed", "s", take_turns(works, ring.runs), "limit", 0.4, "limit: a walk by find"
    )


def one_edited(ring: Ring) -> Measurement:
    context = tree(ring)
    edited = context / "tree/d7/f7"

    def edit() -> None:
        edited.write_text(f"edited {next(_rounds)}\n")

    def links() -> float:
        target = ring.work / "linked"
        shutil.rmtree(target, ignore_errors=True)
        return command("cp", "-al", context / "tree", target)

    works: dict[str, Work] = {"limit": links}
    for tool in ring.tools:
        command(*tool.build(context))
        works[tool.name] = timed(*tool.build(context), before=edit)
    series = take_turns(works, min(ring.runs, 3))
    return Measurement("the same, one file edited", "s", series, "limit", 2.0, "limit: 20,000 links by cp -al")


def large_context(ring: Ring) -> Path:
    """A context with one large file, other than the one before."""
    context = ring.context("copy-large", {"Dockerfile": "FROM busybox:1.35\nCOPY large /large\n"})
    path = context / "large"
    path.unlink(missing_ok=True)
    with path.open("wb") as out:
        for _ in range(LARGE // 2**20):
            out.write(os.urandom(2**10) * 2**10)
    os.sync()
    return context


def large(ring: Ring) -> Measurement:
    context = large_context(ring)
    path = context / "large"
    copied = ring.work / "copied-large"
    works = {
        "limit": timed(
            "sh", "-c", f"cp {path} {copied} && sha256sum {path}", before=lambda: copied.unlink(missing_ok=True)
        )
    }
    works |= {tool.name: timed(*tool.build(context), before=lambda: large_context(ring)) for tool in ring.tools}
    series = take_turns(works, min(ring.runs, 3))
    return Measurement(
        "COPY of one 512 MB file", "s", series, "limit", lambda limit: 1.5 * limit, "limit: cp, then sha256sum"
    )


def ignored(ring: Ring) -> Measurement:
    dockerfile = {"Dockerfile": "FROM busybox:1.35\nCOPY . /all\n", "file": "x\n"}
    bare = ring.context("ignored-nothing", dockerfile)
    context = ring.context("ignored", {**dockerfile, ".dockerignore": "node_modules\n"})
    for number in range(IGNORED):
        folder = context / "node_modules" / f"d{number % FOLDERS}"
        if number < FOLDERS:
            folder.mkdir(parents=True)
        (folder / f"f{number}").touch()
    works = {"limit": timed(*ring.onggi.build(bare))}
    works |= {tool.name: timed(*tool.build(context)) for tool in ring.tools}
    return Measurement(
        "nothing changed beside an ignored folder of 100,000 files",
        "s",
        take_turns(works, ring.runs),
        "limit",
        lambda limit: limit + 0.05,
        "limit: onggi without the folder",
    )
