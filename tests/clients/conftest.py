"""The clients that people have, unchanged, against `onggi serve` on a store that the tests of a module share.

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
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Onggi, agent, alone, bases, busybox, context, lasting, nothing_stays, registry
from tests.waiting import eventually

from .command_line import Docker

__all__ = ["agent", "alone", "bases", "busybox", "context", "lasting", "nothing_stays", "registry"]

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


@pytest.fixture(scope="module")
def server(lasting: Onggi) -> Iterator[Served]:
    """Ends as it should when it is told to."""
    socket = lasting.root / "api.sock"
    log = lasting.root / "serve.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            lasting.argv("serve", "-H", f"unix://{socket}"),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, **lasting.env},
        )
    try:
        eventually(lambda: b"Serving" in log.read_bytes() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield Served(lasting, socket, process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def served(server: Served) -> Iterator[Served]:
    """Of the tests of a module, without containers, volumes and networks of those before."""
    yield server
    server.onggi.clear()


@pytest.fixture
def docker(served: Served) -> Docker:
    """Docker's command line as it is installed today."""
    for plugin in ("docker-buildx", "docker-compose"):
        assert (PLUGINS / plugin).exists(), f"{plugin} is not there: run scripts/clients"
    return Docker(served.modern_environment())


def tar_of(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o640
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()
