"""The projects in examples/ are built and run, and answer over HTTP."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from .conftest import Onggi

pytestmark = [pytest.mark.distributions, pytest.mark.usefixtures("machines_network")]

EXAMPLES = Path(__file__).parents[2] / "examples"
WITH_PACKAGES = ("--host-ca", "--network", "host")
"""Their steps fetch some, as this machine would; and no bridge is made on it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(url: str, data: bytes | None = None, kind: str = "text/plain") -> bytes:
    deadline = time.monotonic() + 30
    while True:
        try:
            request = urllib.request.Request(url, data, {"Content-Type": kind})
            body: bytes = urllib.request.urlopen(request, timeout=5).read()
            return body
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline, f"{url} never answered"
            time.sleep(0.1)


@pytest.mark.slow
def test_node_service(onggi: Onggi) -> None:
    folder = EXAMPLES / "node-service"
    onggi.build(folder, *WITH_PACKAGES, "--target", "test")
    image = onggi.build(folder, *WITH_PACKAGES, "-t", "node-service")
    assert onggi.build(folder, *WITH_PACKAGES) == image, "all of it comes from the cache"
    port = free_port()
    container = onggi("run", "-d", "--network", "host", "-e", f"PORT={port}", "-e", "HOST=127.0.0.1", "node-service")
    answer = json.loads(ask(f"http://127.0.0.1:{port}/"))
    assert answer == {"service": "node-service", "user": 1000, "pid": 1}
    lines = json.dumps([{"name": "jar", "price": 5, "count": 3}]).encode()
    assert json.loads(ask(f"http://127.0.0.1:{port}/total", lines, "application/json")) == {"total": 15}
    began = time.monotonic()
    onggi("stop", "-t", "20", container)
    assert time.monotonic() - began < 15
    assert onggi("wait", container) == "0"
    assert "listening" in onggi("logs", container)
    tools = onggi("run", "--rm", "--entrypoint", "sh", "node-service", "-c", "ls node_modules | grep -c typescript; ls")
    assert tools.split()[0] == "0" and "src" not in tools.split()


@pytest.mark.slow
def test_python_service(onggi: Onggi) -> None:
    onggi.build(EXAMPLES / "python-service", *WITH_PACKAGES, "-t", "python-service")
    port = free_port()
    container = onggi("run", "-d", "--network", "host", "-e", f"PORT={port}", "python-service")
    assert json.loads(ask(f"http://127.0.0.1:{port}/count", b"a b a")) == {"a": 2, "b": 1}
    assert onggi("inspect", "--format", "{{.Config.User}}", container) == "app"
    onggi("stop", "-t", "20", container)
    assert onggi("wait", container) == "0"
