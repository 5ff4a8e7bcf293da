"""`docker compose` of today: services that are built by BuildKit's protocol."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from .command_line import Docker
from .conftest import BUSYBOX, Served

PROJECT = f"""\
services:
  site:
    build:
      context: .
      args: {{greeting: hello}}
      secrets: [word]
      additional_contexts: {{pages: ./pages}}
    ports: ["127.0.0.1::80"]
    networks: {{default: {{aliases: [www]}}}}
    volumes: ["data:/data", "./shared:/shared:ro"]
    healthcheck: {{test: "test -f /data/ready", interval: 200ms, retries: 100}}
    stop_grace_period: 1s
    restart: unless-stopped
  visitor:
    build:
      dockerfile_inline: |
        FROM {BUSYBOX}
        RUN echo inline > /inline
    command: sleep 600
    depends_on: {{site: {{condition: service_healthy}}}}
    environment: [WORD=said]
    stop_grace_period: 1s
secrets: {{word: {{file: ./secret}}}}
volumes: {{data: {{labels: {{of: tests}}}}}}
"""
DOCKERFILE = f"""\
FROM {BUSYBOX}
ARG greeting
COPY --from=pages . /www/
RUN --mount=type=secret,id=word echo "$greeting, $(wc -c < /run/secrets/word) from within" > /www/index.html
CMD ["sh", "-c", "touch /data/ready; exec httpd -f -p 80 -h /www"]
"""


@pytest.fixture
def compose(docker: Docker, tmp_path: Path) -> Docker:
    """Commands of Compose begin with `compose`."""
    folder = tmp_path / "shop"
    for name in ("shared", "pages"):
        (folder / name).mkdir(parents=True)
    (folder / "compose.yaml").write_text(PROJECT)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "shared/file").write_text("of the host\n")
    (folder / "pages/more").write_text("more\n")
    (folder / "secret").write_text("kept")
    return replace(docker, folder=folder)


def test_a_project(compose: Docker, served: Served) -> None:
    compose("compose", "up", "-d", "--build", "--wait")
    assert "Running" in compose.told("compose", "up", "-d")
    fetched = compose("compose", "exec", "-T", "visitor", "wget", "-q", "-O", "-", "http://www/", "http://www/more")
    assert fetched == "hello, 4 from within\nmore"
    assert compose("compose", "exec", "-T", "site", "cat", "/shared/file") == "of the host"
    assert compose("compose", "run", "--rm", "-T", "visitor", "sh", "-c", "echo $WORD; cat /inline") == "said\ninline"
    assert compose("compose", "port", "site", "80") == served.onggi("port", "shop-site-1", "80")
    listed = [json.loads(line) for line in compose("compose", "ps", "--format", "json").splitlines()]
    assert {each["Service"]: each["State"] for each in listed} == {"site": "running", "visitor": "running"}
    compose("compose", "build", "--no-cache", "visitor")
    compose("compose", "up", "-d", "--scale", "visitor=2")
    assert len(served.onggi("ps", "-q", "--filter", "label=com.docker.compose.service=visitor").split()) == 2
    compose("compose", "down", "-v", "--rmi", "local", "-t", "0")
    assert served.onggi("ps", "-aq") + served.onggi("volume", "ls", "-q") == ""
    assert "shop" not in served.onggi("network", "ls") + served.onggi("images")
