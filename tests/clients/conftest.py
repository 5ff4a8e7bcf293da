"""The clients that people have, unchanged, against `onggi serve` on a store of the test's own.

What is not Python is put below .cache/clients by `scripts/clients`: dockerode, and docker's own command line where the
machine has none.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Onggi, alone, bases, busybox, context, nothing_stays, onggi, registry
from tests.waiting import eventually

__all__ = ["alone", "bases", "busybox", "context", "nothing_stays", "onggi", "registry"]

BUSYBOX = "busybox:1.35"
CACHE = Path(__file__).parents[2] / ".cache/clients"


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
        """Of a client: docker's command line without anybody's settings, and with the builder of its protocol."""
        path = f"{os.environ['PATH']}:{CACHE / 'bin'}"
        config = str(self.socket.parent / "no-settings")
        return {**os.environ, "PATH": path, "DOCKER_HOST": self.url, "DOCKER_CONFIG": config, "DOCKER_BUILDKIT": "0"}


@pytest.fixture
def served(onggi: Onggi) -> Iterator[Served]:
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
