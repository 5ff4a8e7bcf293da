"""A pull where the fault is on this side: a full disk, a network that leads nowhere, a process that is killed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.registries import hostile
from tests.registries.images import LARGE, Shelf
from tests.registries.misbehaviours import PULLS
from tests.registries.real import Real
from tests.waiting import eventually

from .conftest import Onggi

DISK = 8 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Onggi]:
    """A store on a file system that one of the image's layers fits into, but not all of them."""
    point = tmp_path / "small"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", point], check=True)
    program = Onggi(point / "store")
    try:
        yield program
        program.tidy()
    finally:
        subprocess.run(["umount", "-l", point], check=True)


def test_a_full_disk(small: Onggi, registry: Real, shelf: Shelf) -> None:
    assert DISK < 3 * LARGE
    name = f"{registry.host}/fault/large:1"
    shelf.put("large", name)
    said = small.fails("pull", "-q", name)
    assert f"no space left on {small.root} while storing layer sha256:" in said
    with small.engine() as engine:
        assert engine.images.list() == []
        assert engine.system.check() == []
    # What is not of use is given back, and what is smaller goes in.
    small("system", "prune", "-f")
    shelf.put("small", f"{registry.host}/fault/small:1")
    small("pull", "-q", f"{registry.host}/fault/small:1")
    assert "small" in small("images")


def test_no_route(empty: Onggi, tmp_path: Path) -> None:
    """In a network namespace of its own that has not even a loopback."""
    patience = tmp_path / "registries.toml"
    patience.write_text('[patience]\nconnect = "2s"\nattempts = 2\npause = "10ms"\n')
    for host, why in (
        ("192.0.2.1:5000", "does not take connections"),
        ("registry.example.test", "cannot be looked up now: no name server answers"),
    ):
        done = subprocess.run(
            ["unshare", "--net", *empty.argv("pull", "-q", f"{host}/name:1")],
            env={**os.environ, "ONGGI_REGISTRIES": str(patience)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr == (
            f"onggi: cannot fetch {host}/name:1: {host} {why}\nhint: tried 2 times in a row; try again later\n"
        )


def test_nobody_at_the_port(empty: Onggi) -> None:
    with hostile.serve(PULLS["nothing wrong"]) as registry:
        name = registry.name
    said = empty.fails("pull", "-q", name, timeout=100)
    assert f"cannot fetch {name}: {registry.host} does not take connections\nhint: is a server running there" in said


def sizes(folder: Path) -> list[int]:
    """Of its files; of those that are not taken away meanwhile."""
    with suppress(FileNotFoundError):
        return [path.stat().st_size for path in folder.iterdir()]
    return []


def test_a_pull_that_is_killed_keeps_what_it_has(empty: Onggi) -> None:
    """The layer that stood still is gone on with where it was."""
    with hostile.serve(PULLS["silence in a layer"]) as registry:
        process = empty.start("pull", "-q", registry.name)
        half = len(registry.wares.layers[-1]) // 2
        try:
            eventually(lambda: [half] == sizes(empty.root / "arrivals"))
        finally:
            process.kill()
            process.communicate()
    with empty.engine() as engine:
        assert engine.images.list() == []
    empty("system", "check", "--repair")
    with hostile.serve(PULLS["nothing wrong"]) as registry:
        empty("pull", "-q", registry.name)
        ranges = [asked.headers["range"] for asked in registry.server.asked if "range" in asked.headers]
        assert ranges == [f"bytes={half}-"]
