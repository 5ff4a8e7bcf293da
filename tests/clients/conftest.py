"""The clients that people have, unchanged, against `onggi serve` on a store of the test's own.

What is not Python is put below .cache/clients by `scripts/clients`: dockerode, buildx and Compose 2, and docker's own
command line where the machine has none.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Onggi, alone, bases, busybox, clone, context, nothing_stays, onggi, registry
from tests.waiting import eventually

from onggi.layer import removal

__all__ = ["alone", "bases", "busybox", "context", "nothing_stays", "onggi", "registry"]

BUSYBOX = "busybox:1.35"
CACHE = Path(__file__).parents[2] / ".cache/clients"
UNPACKED = CACHE / "docker/usr"
PLUGINS = UNPACKED / "libexec/docker/cli-plugins"


@dataclass(frozen=True)
class Served:
    """A store at a socket; `url` is what DOCKER_HOST is set to."""

    onggi: Onggi
    socket: Path
    pid: int

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def environment(self) -> dict[str, str]:
        """Of a client: docker's command line without anybody's settings and plugins, and with the classic builder."""
        return {**self._environment("no-settings", {}), "DOCKER_BUILDKIT": "0"}

    def modern_environment(self) -> dict[str, str]:
        """Of docker's command line as it is installed today: with buildx and Compose, and no word of a builder."""
        return self._environment("with-plugins", {"cliPluginsExtraDirs": [str(PLUGINS)]})

    def _environment(self, name: str, settings: Mapping[str, object]) -> dict[str, str]:
        config = self.socket.parent / name
        config.mkdir(exist_ok=True)
        (config / "config.json").write_text(json.dumps(settings))
        nobodys = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "BUILDX_"))}
        path = f"{os.environ['PATH']}:{UNPACKED / 'bin'}"
        return {**nobodys, "PATH": path, "DOCKER_HOST": self.url, "DOCKER_CONFIG": str(config)}


@pytest.fixture
def served(onggi: Onggi) -> Iterator[Served]:
    with serve(onggi) as server:
        yield server


@pytest.fixture(scope="module")
def lasting(busybox: Path) -> Iterator[Served]:
    """One for the tests of a module that do not look at all that there is."""
    program = Onggi(clone(busybox))
    try:
        with serve(program) as server:
            program("run", "--rm", BUSYBOX, "true")  # makes the usual network, which is nothing that a test leaves
            yield server
        program.tidy()
    finally:
        removal.remove(str(program.root))


@contextmanager
def serve(onggi: Onggi) -> Iterator[Served]:
    """Ends as it should when it is told to, and the containers outlive it: the fixture of the store removes them."""
    socket = onggi.root / "api.sock"
    log = onggi.root / "serve.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            onggi.argv("serve", "-H", f"unix://{socket}"),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, **onggi.env},
        )
    try:
        eventually(lambda: b"Serving" in log.read_bytes() or server.poll() is not None)
        assert server.poll() is None, log.read_text()
        yield Served(onggi, socket, server.pid)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0, log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        server.kill()
        server.wait()


def tar_of(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o640
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()
