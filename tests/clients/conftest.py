"""The clients that people have, unchanged, against `onggi serve` on a store that the tests of a module share.

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
from tests.end_to_end.conftest import Onggi, alone, bases, busybox, context, lasting, nothing_stays, registry
from tests.waiting import eventually

__all__ = ["alone", "bases", "busybox", "context", "lasting", "nothing_stays", "registry"]

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


def tar_of(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o640
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()
