"""create, start, rename, port: a container's life outside of `run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onggi.container.spec import Attachment, ContainerSpec, Networking, Process
from onggi.errors import NotFound

from .fake import ID, FakeEngine, call

DEFAULT = Networking(mode="bridge", attachments=(Attachment(network="bridge"),))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def test_create_prints_the_id_and_starts_nothing(engine: FakeEngine, tmp_path: Path) -> None:
    cidfile = tmp_path / "cid"
    shown = call(engine, "create", "--cidfile", str(cidfile), "--name", "web", "-a", "stdout", "busybox", "ls", "-l")
    assert shown == (f"{ID}\n", "", 0)
    assert cidfile.read_text() == ID
    assert engine.containers.specs == [
        ContainerSpec(image="busybox", process=Process(command=("ls", "-l"), attached=("stdout",)), networking=DEFAULT)
    ]
    assert engine.containers.names == ["web"]
    assert engine.containers.asked == []


def test_create_refuses_flags_with_125_and_is_refused_with_1(engine: FakeEngine) -> None:
    assert call(engine, "create", "--pid", "mine", "busybox").code == 125
    assert call(engine, "create", "--detach", "busybox").code == 125
    engine.containers.fails = NotFound("No such image: nowhere")
    assert call(engine, "create", "nowhere") == ("", "onggi: No such image: nowhere\n", 1)


def test_start_prints_the_names_and_goes_on_after_an_error(engine: FakeEngine) -> None:
    engine.containers.missing = frozenset({"gone"})
    shown = call(engine, "start", "web", "gone", "db")
    assert shown == ("web\ndb\n", "onggi: No such container: gone\n", 1)
    assert [asked[1] for asked in engine.containers.asked] == ["web", "gone", "db"]
    assert engine.containers.stdio is None


@pytest.mark.parametrize("flag", ["-a", "-i", "-ai"])
def test_only_one_is_started_attached(engine: FakeEngine, flag: str) -> None:
    shown = call(engine, "start", flag, "web", "db")
    assert shown.err.startswith("onggi: you cannot start and attach multiple containers at once\n")
    assert shown.code == 1
    assert engine.containers.asked == []


def test_a_checkpoint_is_refused_by_name(engine: FakeEngine) -> None:
    shown = call(engine, "start", "--checkpoint", "c1", "web")
    assert shown.err.startswith("onggi: there is no --checkpoint here: a container cannot be saved")
    assert shown.code == 125


def test_rename(engine: FakeEngine) -> None:
    assert call(engine, "rename", "web", "shop") == ("", "", 0)
    assert call(engine, "container", "rename", "shop", "web").code == 0
    assert engine.containers.asked == [("rename", "web", "shop"), ("rename", "shop", "web")]


PORTS: dict[str, Any] = {
    "443/tcp": None,
    "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
    "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "5353"}],
}


@pytest.mark.parametrize(
    ("private", "said"),
    [
        ([], "53/udp -> 127.0.0.1:5353\n80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n"),
        (["80"], "0.0.0.0:8080\n[::]:8080\n"),
        (["53/udp"], "127.0.0.1:5353\n"),
    ],
)
def test_port(engine: FakeEngine, private: list[str], said: str) -> None:
    engine.containers.documents["web"] = {"NetworkSettings": {"Ports": PORTS}}
    assert call(engine, "port", "web", *private) == (said, "", 0)


@pytest.mark.parametrize(
    ("private", "message"),
    [
        ("443", "No public port '443' published for web"),
        ("80/udp", "No public port '80/udp' published for web"),
        ("http", "invalid port (http)"),
        ("65536/tcp", "invalid port (65536)"),
    ],
)
def test_a_port_that_is_not_published(engine: FakeEngine, private: str, message: str) -> None:
    engine.containers.documents["web"] = {"NetworkSettings": {"Ports": PORTS}}
    shown = call(engine, "port", "web", private)
    assert shown.err.startswith(f"onggi: {message}")
    assert shown.code == 1
