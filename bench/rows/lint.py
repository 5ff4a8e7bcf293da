"""Linting: a large corpus with ShellCheck, and one small file without."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.corpus import COUNT, corpus
from bench.measure import Measurement, take_turns, timed
from bench.ring import Ring
from onggi.dockerfile.parse import parse_all
from onggi.lint.shellcheck import questions
from onggi.lint.view.facts import Facts
from onggi.lint.view.subject import subject

_SMALL = """\
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
USER app
CMD ["python", "-m", "app"]
"""


def of_corpus(ring: Ring) -> Measurement:
    found = corpus()
    onggi, hadolint, shellcheck = (str(_beside(name)) for name in ("onggi", "hadolint", "shellcheck"))
    scripts = _scripts(found.files, ring.work / "scripts")
    works = {
        "limit": timed("sh", "-c", '"$0" --format=json1 --norc "$@" || [ $? = 1 ]', shellcheck, *scripts),
        "onggi": timed(onggi, "lint", "--no-fail", "--no-config", "--format=json", *found.files),
        "hadolint": timed(hadolint, "--no-fail", "--format=json", *found.files),
    }
    series = take_turns(works, ring.runs)
    kinds = f"{found.real} real ones out of packages, {len(found.files) - found.real} variants of them"
    return Measurement(
        f"lint of {COUNT:,} Dockerfiles, ShellCheck included",
        "s",
        series,
        "limit",
        statistics.median(series["hadolint"]),
        f"limit: ShellCheck alone on their {len(scripts):,} different scripts; {kinds}; must: hadolint's time",
    )


def of_one(ring: Ring) -> Measurement:
    file = ring.context("lint", {"Dockerfile": _SMALL}) / "Dockerfile"
    works = {
        "limit": timed(sys.executable, "-c", "pass"),
        "onggi": timed(_beside("onggi"), "lint", "--no-fail", "--no-shellcheck", file),
        "hadolint": timed(_beside("hadolint"), "--no-fail", file),
    }
    series = take_turns(works, ring.runs)
    note = "limit: python's start; hadolint with its ShellCheck, which cannot be left out"
    return Measurement("lint of one small Dockerfile, without ShellCheck", "s", series, "limit", 0.15, note)


def _beside(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def _scripts(files: Sequence[Path], folder: Path) -> list[str]:
    """Each different script as ShellCheck gets it."""
    folder.mkdir(exist_ok=True)
    documents: dict[str, None] = {}
    for file in files:
        dockerfile, _ = parse_all(file.read_text())
        documents |= dict.fromkeys(
            question.document for question in questions(subject(dockerfile, Facts(automatic={})))
        )
    for number, document in enumerate(documents):
        (folder / f"{number}.sh").write_text(document)
    return [str(folder / f"{number}.sh") for number in range(len(documents))]
