"""Every test gets the real program on a store of its own: a clone of one with base images, by hard links.

It has busybox. Linking and removing the 12,000 files of the other base images takes a second, so a test that starts
from one of them says so: `@pytest.mark.distributions`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests import processes
from tests.api.client import Client
from tests.api.served import Docker, serve
from tests.registries import real
from tests.registries.images import Shelf
from tests.registries.real import Real
from tests.ssh import Agent
from tests.waiting import eventually

from onggi.engine.engine import Engine
from onggi.engine.network.host import bridges
from onggi.layer import removal
from onggi.settings import Settings
from onggi.store.disk import FOLDERS

from . import leavings

# A shell that starts us in the background has these ignored, and what we start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGQUIT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)

BASES = Path(os.environ.get("ONGGI_TEST_BASES", "/var/cache/onggi/test-bases"))
REGISTRIES = Path(__file__).with_name("registries.toml")
PROGRAM = Path(sys.executable).with_name("onggi")
BUSYBOX = "busybox:1.35"
DISTRIBUTIONS = ("debian:bookworm-slim", "node:18-slim", "python:3.11-slim", "nginx:1.22", "redis:7.0")


# A process begins with what the one had that spawned it, so that has to be a small one.
_MEASURE = """
import os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(status, usage.ru_maxrss)
"""


@dataclass
class Onggi:
    """The command line on one store. A call returns what it printed, and fails the test if the exit code is not 0."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"ONGGI_REGISTRIES": str(REGISTRIES)})

    def argv(self, *words: str | Path) -> list[str]:
        return [str(PROGRAM), "--root", str(self.root), *map(str, words)]

    def run(
        self,
        *words: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 240,
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.argv(*words),
            input=stdin,
            cwd=cwd,
            env={**os.environ, **self.env, **(env or {})},
            capture_output=True,
            timeout=timeout,
        )

    def __call__(self, *words: str | Path, **how: object) -> str:
        done = self.run(*words, **how)  # type: ignore[arg-type]
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == 0, f"onggi {' '.join(map(str, words))} → {done.returncode}\n{said}"
        return done.stdout.decode().strip()

    def fails(self, *words: str | Path, code: int = 1, **how: object) -> str:
        """What it says on standard error when it fails with `code`: one message, never a traceback."""
        done = self.run(*words, **how)  # type: ignore[arg-type]
        said = done.stderr.decode()
        assert done.returncode == code, (
            f"onggi {' '.join(map(str, words))} → {done.returncode}\n{done.stdout!r}\n{said}"
        )
        assert "Traceback" not in said, said
        return said

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.argv(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.env},
        )

    def peak(self, *words: str | Path) -> int:
        """The most memory that a command has taken up, in bytes."""
        measuring = [sys.executable, "-I", "-S", "-c", _MEASURE, *self.argv(*words)]
        done = subprocess.run(measuring, env={**os.environ, **self.env}, check=True, capture_output=True)
        status, kilobytes = map(int, done.stdout.split()[-2:])
        assert status == 0, done.stderr
        return kilobytes * 1024

    def engine(self, **settings: Any) -> Engine:
        """The library on the same store: for what is done many times, where a start of the program proves no more."""
        return Engine(Settings(root=self.root, **settings))

    def clear(self) -> None:
        """Remove all containers, volumes and networks, and what there is of networks outside the store."""
        with self.engine() as engine:
            for container in engine.containers.list(all=True):
                engine.containers.remove(container.id, force=True)
            engine.volumes.prune(all=True)
            engine.networks.prune()
            for network in engine.networks.rows.list():
                bridges.take_down(network)

    def tidy(self) -> None:
        """The same, and hold it to being clean. What a monitor starts to remove its container (--rm) nobody waits for
        but us, before the store goes."""
        self.clear()
        with self.engine() as engine:
            assert engine.system.check() == []
        assert leavings.of_store(self.root) == []
        eventually(lambda: not self.is_at_work())

    def is_at_work(self) -> bool:
        """Whether a command runs on the store."""
        return bool(processes.with_word(os.fsencode(self.root)))

    def build(self, context: Path, *words: str, **how: object) -> str:
        """The ID of the image built from a context."""
        return self("build", "-q", *words, context, **how)


@pytest.fixture(scope="session", autouse=True)
def alone(own_network: int) -> None:
    """Two stores in two processes may choose one subnet, and nobody's names of links are in the way."""


@pytest.fixture(autouse=True)
def nothing_stays(alone: None) -> Iterator[None]:
    """Of what the test has on the network. The first of its fixtures, so that it looks when all others have ended. The
    kernel takes a namespace's links away a moment after the namespace has gone."""
    before = leavings.of_namespace()
    yield
    leavings.end_resolvers()
    try:
        eventually(lambda: leavings.of_namespace() <= before, seconds=10)
    except AssertionError:
        stayed = leavings.of_namespace() - before
        leavings.remove(stayed)
        pytest.fail(f"it has left {', '.join(sorted(stayed))}")


@pytest.fixture(scope="session")
def bases() -> Path:
    """The store with the base images, which scripts/base-images makes. A base that could not be made fails here."""
    for image in (BUSYBOX, *DISTRIBUTIONS):
        found = subprocess.run([PROGRAM, "--root", BASES, "image", "inspect", image], capture_output=True)
        assert found.returncode == 0, f"{image} is not in {BASES}: run ONGGI_ROOT={BASES} scripts/base-images"
    return BASES


@pytest.fixture(scope="session")
def busybox(bases: Path) -> Iterator[Path]:
    """A store with busybox alone."""
    program = Onggi(clone(bases))
    try:
        program("image", "rm", *DISTRIBUTIONS)
        program("builder", "prune", "--force")
        yield program.root
    finally:
        removal.remove(str(program.root))


def clone(source: Path) -> Path:
    """A store with the same images, without builds and networks, beside `source`: immutable files are linked, the
    database is copied."""
    root = source.parent / f"test-{secrets.token_hex(6)}"
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    for name in ("blobs", "snapshots"):
        if (source / name).is_dir():
            subprocess.run(["cp", "-alT", source / name, root / name], check=True)
    for name in ("oci-layout", "index.json"):
        if (source / name).exists():
            shutil.copy(source / name, root / name)
    with sqlite3.connect(source / "onggi.db") as old, sqlite3.connect(root / "onggi.db") as new:
        old.backup(new)
        new.execute("PRAGMA foreign_keys = ON")
        new.execute("DELETE FROM builds")
        new.execute("DELETE FROM networks")  # by whose IDs links and rules are called
    old.close()
    new.close()
    return root


@pytest.fixture
def onggi(request: pytest.FixtureRequest) -> Iterator[Onggi]:
    program = _started(request)
    try:
        yield program
        program.tidy()
    finally:
        removal.remove(str(program.root))


def _started(request: pytest.FixtureRequest) -> Onggi:
    """On a store of its own, with the images that the test, or the module, is marked to want."""
    wants_all = request.node.get_closest_marker("distributions") is not None
    return Onggi(clone(request.getfixturevalue("bases" if wants_all else "busybox")))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Onggi]:
    """The program on a store that is not there yet."""
    program = Onggi(tmp_path / "store")
    yield program
    if program.root.exists():
        program.tidy()


Context = Callable[..., Path]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Makes a build context: `context("FROM …", **{"src/a.txt": "text"})`."""
    made = iter(range(1000))

    def make(dockerfile: str | None = None, files: Mapping[str, str] | None = None) -> Path:
        folder = tmp_path / f"context{next(made)}"
        folder.mkdir()
        for path, text in (files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        if dockerfile is not None:
            (folder / "Dockerfile").write_text(dockerfile)
        return folder

    return make


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    with closing(Agent(tmp_path)) as agent:
        yield agent


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Images that umoci made, to put into registries."""
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A docker-registry without TLS and passwords; each test uses repositories of its own."""
    with real.serve(tmp_path_factory.mktemp("registry")) as served:
        yield served


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Iterator[Client]:
    """The Engine API on the store of `onggi`, by a server in a process of its own. A test that asks for that store too
    has it for itself."""
    is_marked = request.node.get_closest_marker("one_server") is not None
    if not is_marked or "onggi" in request.fixturenames:
        yield request.getfixturevalue("own_api")
        return
    client: Client = request.getfixturevalue("lasting_api")
    yield client
    request.getfixturevalue("lasting").clear()


@pytest.fixture
def own_api(onggi: Onggi) -> Iterator[Client]:
    with served(onggi) as client:
        yield client


@pytest.fixture(scope="module")
def lasting(request: pytest.FixtureRequest) -> Iterator[Onggi]:
    """The program on a store of the tests of a module that say so. Images and events of each the next one finds."""
    program = _started(request)
    try:
        yield program
        program.tidy()
    finally:
        removal.remove(str(program.root))


@pytest.fixture(scope="module")
def lasting_api(lasting: Onggi) -> Iterator[Client]:
    with served(lasting) as client:
        yield client


@contextmanager
def served(onggi: Onggi) -> Iterator[Client]:
    socket = onggi.root / "api.sock"  # a path of a test's own folder may be too long for a socket
    with serve(onggi.argv(), socket, onggi.env):
        client = Client(socket)
        yield client
        client.close()


@pytest.fixture
def docker(api: Client, tmp_path: Path) -> Docker:
    """Docker's command line, as a client of that server."""
    config = tmp_path / "docker-config"
    config.mkdir()
    return Docker(api.path, config)
