"""`manifest`, given to both with the same registry: what they print, how they end, and what the registry has then. The
images are of Docker's own kind, which its command knows in all versions."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Onggi
from tests.registries import real
from tests.registries.images import Shelf
from tests.registries.real import Real

LINES = """
    create {list} {small} {other}
    create {list} {small}
    create -a {list} {none}
    create {second} {none}
    annotate {list} {other} --variant v9 --os-version 1.2 --os-features a,b --os-features c
    annotate {list} {other} --arch nosuch
    annotate {list} {none} --arch arm64
    annotate {second} {small} --arch arm64
    inspect {list}
    inspect {list} {other}
    inspect {list} {none}
    inspect {small}
    inspect {none}
    push {list}
    push -p {list}
    push {list}
    inspect {list}
    create {second} {list}
    create -a {second} {small}
    rm {second}
    rm {second} {list}
    create {second}
    annotate {second}
    inspect
    push
    rm
"""


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Real]:
    shelf = Shelf(tmp_path / "shelf")
    with real.serve(tmp_path / "registry") as served:
        for image in ("small", "other"):
            shelf.put(image, f"{served.host}/team/{image}:1", form="v2s2")
        yield served


def test_a_life_of_lists(empty: Onggi, filled: Real, tmp_path: Path) -> None:
    """Docker's command needs no engine for this."""
    env = {**os.environ, "DOCKER_CONFIG": str(tmp_path / "docker"), "DOCKER_CLI_EXPERIMENTAL": "enabled"}
    for line in filter(None, map(str.strip, LINES.splitlines())):
        words = named(line, filled.host).split()
        if words[0] in ("create", "inspect", "push"):
            words.insert(1, "--insecure")
        theirs = subprocess.run(["docker", "manifest", *words], env=env, capture_output=True, timeout=60)
        mine = empty.run("manifest", *words)
        assert (mine.returncode, mine.stdout) == (theirs.returncode, theirs.stdout), (line, mine.stderr, theirs.stderr)


def named(line: str, host: str) -> str:
    """With names that sort as they are given: Docker has a list's manifests in the order of their names."""
    names = {"small": "other:1", "other": "small:1", "none": "none:1", "list": "list:1", "second": "second:1"}
    return line.format(**{key: f"{host}/team/{name}" for key, name in names.items()})
