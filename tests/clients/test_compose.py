"""docker-compose: services that are built, named, scaled and taken away together."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import BUSYBOX, Served

PROJECT = f"""\
version: "3.8"
services:
  site:
    build: {{context: ., args: {{greeting: hello}}}}
    ports: ["127.0.0.1::80"]
    networks: {{default: {{aliases: [www]}}}}
    volumes: ["data:/data", "./shared:/shared:ro"]
    healthcheck: {{test: "test -f /data/ready", interval: 200ms}}
    stop_grace_period: 1s
    restart: unless-stopped
  visitor:
    image: {BUSYBOX}
    command: sleep 600
    depends_on: {{site: {{condition: service_healthy}}}}
    environment: [WORD=said]
    stop_grace_period: 1s
volumes: {{data: {{labels: {{of: tests}}}}}}
"""
DOCKERFILE = f"""\
FROM {BUSYBOX}
ARG greeting
RUN mkdir /www && echo "$greeting from within" > /www/index.html
CMD ["sh", "-c", "touch /data/ready; exec httpd -f -p 80 -h /www"]
"""


class Compose:
    """Its command line, with a project."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.folder = folder
        self._env = served.environment()

    def __call__(self, *words: str) -> str:
        """What it prints, and after that what it does."""
        argv = [str(shutil.which("docker-compose")), "--project-name", "shop", *words]
        done = subprocess.run(
            argv, env=self._env, cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def compose(served: Served, tmp_path: Path) -> Compose:
    (tmp_path / "docker-compose.yml").write_text(PROJECT)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/file").write_text("of the host\n")
    return Compose(served, tmp_path)


def test_a_project(compose: Compose, served: Served) -> None:
    compose("up", "-d", "--build")
    assert "shop_site_1 is up-to-date\nshop_visitor_1 is up-to-date\n" in compose("up", "-d")
    assert compose("exec", "-T", "visitor", "wget", "-q", "-O", "-", "http://www/") == "hello from within\n"
    assert compose("exec", "-T", "site", "cat", "/shared/file") == "of the host\n"
    ran = compose("run", "--rm", "-T", "visitor", "sh", "-c", "echo $WORD; wget -q -O - http://site/")
    assert ran.startswith("said\nhello from within\n")
    assert compose("port", "site", "80").strip() == served.onggi("port", "shop_site_1", "80")
    compose("up", "-d", "--scale", "visitor=3")
    assert len(served.onggi("ps", "-q", "--filter", "label=com.docker.compose.service=visitor").split()) == 3
    compose("stop", "-t", "0")
    assert served.onggi("ps", "-q") == ""
    compose("start")
    assert "Up" in compose("ps")
    compose("down", "-v", "--rmi", "local", "-t", "0")
    assert served.onggi("ps", "-aq") + served.onggi("volume", "ls", "-q") == ""
    assert "shop" not in served.onggi("network", "ls") + served.onggi("images")
