"""Engines that serve Docker's API at a Unix socket, and a client of them that costs next to nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.measure import command
from bench.ring import Ring

# As tests/differential runs it: nothing of this host's network is touched.
_DOCKERD = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--cgroup-parent=/onggi-bench")
_UNPACKED = Path(__file__).parents[1] / ".cache/docker/usr"
"""Where scripts/differential puts Docker's engine."""


@dataclass(frozen=True)
class Served:
    """`pid` is that of its first process."""

    path: Path
    pid: int

    def docker(self, *words: str) -> list[str]:
        """Docker's own client, at this engine."""
        return ["docker", "-H", f"unix://{self.path}", *words]

    def connect(self) -> Connection:
        return Connection(self.path)

    def start(self, *argv: str, **config: object) -> str:
        """A container that runs, without a network; its ID."""
        peer = self.connect()
        host = {"NetworkMode": "none", **config.pop("HostConfig", {})}  # type: ignore[dict-item]
        asked = {"Image": "busybox:1.35", "Cmd": argv, "HostConfig": host, **config}
        made: str = peer.ask("POST", "/containers/create", asked)["Id"]
        peer.ask("POST", f"/containers/{made}/start")
        return made

    def remove(self, *containers: str) -> None:
        peer = self.connect()
        for container in containers:
            peer.ask("DELETE", f"/containers/{container}?force=1&v=1")

    def attach(self, container: str, query: str) -> socket.socket:
        """The raw connection, of which the head has been read, and no more."""
        raw = socket.socket(socket.AF_UNIX)
        raw.connect(str(self.path))
        head = f"POST /containers/{container}/attach?stream=1&{query} HTTP/1.1\r\nHost: bench\r\n"
        raw.sendall(f"{head}Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += raw.recv(1)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        return raw


class Connection(HTTPConnection):
    """One, kept alive."""

    def __init__(self, path: Path) -> None:
        super().__init__("bench", timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What it answers; a refusal ends the benchmark."""
        data, kind = (None, {}) if body is None else (json.dumps(body), {"Content-Type": "application/json"})
        self.request(method, path, data, kind)
        answer = self.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {said!r}")
        return json.loads(said) if said.startswith((b"{", b"[")) else said


@contextmanager
def served(ring: Ring) -> Iterator[dict[str, Served]]:
    """onggi, and Docker's engine if it is there, both with busybox:1.35."""
    archive = ring.work / "api-busybox.tar"
    ring.onggi.save(archive, "busybox:1.35")
    with ExitStack() as undo:
        ours = ring.work / "onggi.sock"
        found = {"onggi": undo.enter_context(_running(ours, *ring.onggi.command(), "serve", "-H", f"unix://{ours}"))}
        if dockerd := shutil.which("dockerd", path=_path()):
            folder = ring.work / "dockerd"
            folders = (f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid")
            theirs = ring.work / "docker.sock"
            undo.callback(_forget_groups)
            docker = undo.enter_context(_running(theirs, dockerd, *folders, *_DOCKERD, "-H", f"unix://{theirs}"))
            command(*docker.docker("load", "-i", str(archive)))
            found["docker"] = docker
        yield found


@contextmanager
def _running(path: Path, *argv: str) -> Iterator[Served]:
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": _path()})
    try:
        engine = Served(path, process.pid)
        deadline = time.monotonic() + 60
        while not _answers(engine):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{argv[0]} does not serve")
            time.sleep(0.1)
        yield engine
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        path.unlink(missing_ok=True)


def _forget_groups() -> None:
    """The engine leaves the group behind that its containers were in, and its BuildKit one beneath that."""
    root = Path("/sys/fs/cgroup")
    for group in (*root.glob("onggi-bench"), *root.glob("*/onggi-bench")):
        for each in (*group.glob("*/"), group):
            each.rmdir()


def _answers(engine: Served) -> bool:
    try:
        return bool(engine.connect().ask("GET", "/_ping") == b"OK")
    except OSError:
        return False


def _path() -> str:
    return f"{os.environ['PATH']}:{_UNPACKED}/bin:{_UNPACKED}/sbin"
