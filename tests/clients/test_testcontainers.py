"""testcontainers: a service for the length of a test. Its reaper, a container of its own that is told over the mounted
socket what to remove, is switched off by its own setting; `with` removes what was started."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.image import DockerImage
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

from .conftest import BUSYBOX, Served

SERVE = "mkdir -p /www; cp /greeting /www/index.html; echo ready to serve; exec httpd -f -p 80 -h /www"


@pytest.fixture(autouse=True)
def docker_host(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", served.url)
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    monkeypatch.setattr(testcontainers_config, "sleep_time", 0.05)


def web() -> DockerContainer:
    service = DockerContainer(BUSYBOX).with_command(["sh", "-c", SERVE]).with_exposed_ports(80)
    return service.with_copy_into_container(b"hello from within\n", "/greeting")


def read(service: DockerContainer) -> bytes:
    address = f"http://{service.get_container_host_ip()}:{service.get_exposed_port(80)}/"
    with urllib.request.urlopen(address, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def test_a_service_with_a_port(served: Served) -> None:
    ready = LogMessageWaitStrategy("ready to serve").with_startup_timeout(60)
    with web().waiting_for(ready).waiting_for(HttpWaitStrategy(80).with_startup_timeout(60)) as service:
        assert read(service) == b"hello from within\n"
        assert service.get_logs() == (b"ready to serve\n", b"")
        assert service.exec(["cat", "/greeting"]).output == b"hello from within\n"
        assert service.exec(["sh", "-c", "exit 6"]).exit_code == 6
    assert served.onggi("ps", "-aq") == ""


def test_wait_for_logs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("of the host\n")
    command = ["sh", "-c", "cat /data; echo $WORD >&2; sleep 600"]
    container = DockerContainer(BUSYBOX).with_command(command).with_env("WORD", "to all")
    with container.with_volume_mapping(data, "/data").waiting_for(LogMessageWaitStrategy("to all")) as started:
        assert started.get_logs() == (b"of the host\n", b"to all\n")
        kept = tmp_path / "kept"
        started.copy_from_container("/data", kept)
        assert kept.read_text() == "of the host\n"


def test_two_on_a_network() -> None:
    with (
        Network() as network,
        web().with_network(network).with_network_aliases("site").waiting_for(LogMessageWaitStrategy("ready")),
        DockerContainer(BUSYBOX)
        .with_command(["sh", "-c", "until wget -q -O - http://site/; do sleep 0.1; done"])
        .with_network(network) as visitor,
    ):
        assert visitor.wait() == 0
        assert visitor.get_logs()[0] == b"hello from within\n"


def test_an_image_that_is_built(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f'FROM {BUSYBOX}\nRUN <<E\necho built > /built\nE\nCMD ["cat", "/built"]\n')
    with DockerImage(path=tmp_path, tag="of-tests:1") as image, DockerContainer(str(image)) as container:
        assert container.wait() == 0
        assert container.get_logs()[0] == b"built\n"
