"""Lines of `ps` as clients get them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from onggi.api.versions import NEWEST
from onggi.api.wire.summary import Summaries, Summary, of
from onggi.container.network.port import PortBinding
from onggi.engine.types import ContainerSummary
from onggi.oci.digest import Digest

IDLE = ContainerSummary(
    id="5e" * 32,
    name="web",
    image="busybox",
    image_id=Digest("sha256:" + "a" * 64),
    command=("sh", "-c", "sleep 3", "x"),
    created=1700000000.9,
    state="created",
    status="Created",
    exit_code=0,
    labels={},
    networks={},
    mounts=(),
    network_mode="none",
)


def documents(*containers: ContainerSummary, cache: Summaries | None = None) -> list[dict[str, Any]]:
    encoded = (cache or Summaries()).encode(containers, lambda name: f"/volumes/{name}", NEWEST, lambda found: found)
    found: list[dict[str, Any]] = json.loads(encoded)
    return found


def test_what_is_not_there_is_left_out_or_empty_as_in_docker() -> None:
    assert documents(IDLE) == [
        {
            "Id": IDLE.id,
            "Names": ["/web"],
            "Image": "busybox",
            "ImageID": IDLE.image_id,
            "Command": "sh -c 'sleep 3' x",
            "Created": 1700000000,
            "Ports": [],
            "Labels": {},
            "State": "created",
            "Status": "Created",
            "HostConfig": {"NetworkMode": "none"},
            "Health": {"Status": "none", "FailingStreak": 0},
            "NetworkSettings": {"Networks": {}},
            "Mounts": [],
        }
    ]
    assert documents() == []


@pytest.mark.parametrize(
    ("command", "text"),
    [(("a b",), "a b"), (("a", "b c"), "a 'b c'"), (("a", ""), "a "), ((), "")],
)
def test_commands(command: tuple[str, ...], text: str) -> None:
    assert documents(replace(IDLE, command=command))[0]["Command"] == text


def test_ports_that_are_published_are_not_told_twice() -> None:
    ports = (PortBinding(80, "tcp", "0.0.0.0", 8080), PortBinding(80, "tcp", "::", 8080))
    (found,) = documents(replace(IDLE, ports=ports, exposed_ports=("53/udp", "80/tcp")))
    assert found["Ports"] == [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 53, "Type": "udp"},
    ]


def test_what_was_encoded_once_is_told_as_it_is_now() -> None:
    cache = Summaries()
    assert documents(IDLE, cache=cache) == documents(IDLE, cache=cache)
    ended = replace(IDLE, state="exited", status="Exited (0) 1 second ago")
    (found,) = documents(ended, cache=cache)
    assert (found["State"], found["Status"]) == ("exited", "Exited (0) 1 second ago")
    sizes = replace(ended, size=3, virtual_size=5)
    (found,) = documents(sizes, cache=cache)
    assert (found["SizeRw"], found["SizeRootFs"]) == (3, 5)
    (found,) = documents(ended, cache=cache)
    assert "SizeRw" not in found


def test_who_asks_for_others_throws_none_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(container: ContainerSummary, volume: object) -> Summary:
        made.append(container.id)
        return of(container, lambda name: name)

    monkeypatch.setattr("onggi.api.wire.summary.of", counted)
    cache, other = Summaries(), replace(IDLE, id="0e" * 32)
    for asked in ([IDLE, other], [IDLE], [other], [], [replace(IDLE, size=3)], [IDLE, other]):
        documents(*asked, cache=cache)
    assert made == [IDLE.id, other.id, IDLE.id]
    for number in range(10_000):
        documents(replace(IDLE, id=f"{number:064x}"), cache=cache)
    assert len(cache._known) <= 8193
