"""One digest from two builds that differ in everything that is no input: folder, umask, times, jobs, store."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import Context, Onggi, clone

pytestmark = pytest.mark.distributions

DOCKERFILE = """\
FROM debian:bookworm-slim AS build
WORKDIR /work
COPY src ./src
RUN cat src/* > all && chmod 600 all && ln all linked && ln -s all soft && mkfifo pipe
FROM debian:bookworm-slim
RUN echo one > /one
COPY --from=build /work /work
COPY --chown=1000:1000 src /owned
RUN touch -d '1970-05-05' /old && echo "$SOURCE_DATE_EPOCH" > /epoch
"""


def test_two_reproducible_builds_are_one(onggi: Onggi, context: Context, bases: Path) -> None:
    files = {f"src/{number}": f"{number}\n" for number in range(20)}
    first, second = context(DOCKERFILE, files), context(DOCKERFILE, files)
    for number, path in enumerate(sorted((second / "src").iterdir())):
        os.utime(path, (10**9 + number, 10**9 + number))
    other = Onggi(clone(bases))
    try:
        one = onggi.build(first, "--reproducible", "--jobs", "1", "-t", "one")
        two = subprocess.run(
            [
                "sh",
                "-c",
                'umask 077; exec "$@"',
                "sh",
                *other.argv("build", "-q", "--reproducible", "--jobs", "4", "-t", "one", second),
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        assert one == two
        archives = [onggi.root / "a.tar", other.root / "a.tar"]
        onggi("save", "-o", archives[0], "one")
        other("save", "-o", archives[1], "one")
        assert archives[0].read_bytes() == archives[1].read_bytes()
        archives[0].unlink()
        other.tidy()
    finally:
        shutil.rmtree(other.root)


def test_source_date_epoch_dates_the_image(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nRUN touch /new && touch -d @100 /old\nCOPY Dockerfile /copied\n")
    image = onggi.build(folder, env={"SOURCE_DATE_EPOCH": "1000000000"})
    assert onggi("inspect", "--format", "{{.Created}}", image) == "2001-09-09T01:46:40Z"
    assert onggi("run", "--rm", image, "stat", "-c", "%Y", "/new", "/old", "/copied").split() == [
        "1000000000",
        "100",
        "1000000000",
    ]
    assert onggi.build(folder) != image, "a layer with other dates is another layer"
