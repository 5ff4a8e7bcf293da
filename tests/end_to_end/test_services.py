"""nginx in front, Redis behind it, as people run them: by name over networks of their own, one of them with a port."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest
from tests.waiting import eventually

from .conftest import Onggi

pytestmark = pytest.mark.distributions

VISITS = Path(__file__).parents[2] / "examples" / "visits"
URL = "http://127.0.0.1:8080/visits"
ECHO = """
import socket
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("", 7))
while True:
    said, who = peer.recvfrom(2048)
    peer.sendto(said.upper(), who)
"""


def curl(*words: str) -> str:
    """What the server said, and its status."""
    options = ("--silent", "--max-time", "10", "--write-out", "%{http_code}")
    return subprocess.run(["curl", *options, *words, URL], capture_output=True, text=True).stdout


def start(onggi: Onggi) -> None:
    """The database in a network, the web server in that and in another, with a port."""
    onggi.build(VISITS, "-t", "visits")
    for network in ("back", "front"):
        onggi("network", "create", network)
    start_database(onggi)
    onggi("run", "-d", "--name", "web", "--network", "front", "--network", "back", "-p", "8080:80", "visits")
    eventually(lambda: curl() == "0\n200")


def start_database(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "db", "--network", "back", "-v", "visits:/data", "redis:7.0")


def address(onggi: Onggi, container: str, network: str) -> str:
    (found,) = json.loads(onggi("inspect", container))
    text: str = found["NetworkSettings"]["Networks"][network]["IPAddress"]
    return text


def is_open(host: str, port: int) -> bool:
    """Whether this host reaches it."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def test_what_curl_is_told_comes_from_the_database(onggi: Onggi) -> None:
    start(onggi)
    assert curl("--request", "POST") == "1\n200"
    assert curl("--request", "POST") == "2\n200"
    assert onggi("exec", "db", "redis-cli", "get", "visits") == "2"
    onggi("exec", "db", "redis-cli", "set", "visits", "41")
    assert curl("--request", "POST") == "42\n200"


def test_only_who_is_in_its_network_reaches_the_database(onggi: Onggi) -> None:
    start(onggi)
    db, gateway = address(onggi, "db", "back"), address(onggi, "web", "front").rpartition(".")[0] + ".1"
    assert is_open("127.0.0.1", 8080) and not is_open("127.0.0.1", 6379)
    onggi("run", "-d", "--name", "near", "--network", "back", "busybox:1.35", "sleep", "1000.26")
    onggi("run", "-d", "--name", "far", "--network", "front", "busybox:1.35", "sleep", "1000.26")
    ping = "echo PING | nc -w 2 {} {}"
    assert onggi("exec", "near", "sh", "-c", ping.format("db", 6379)) == "+PONG"
    for host in (db, gateway):
        assert onggi.run("exec", "far", "sh", "-c", ping.format(host, 6379)).stdout == b""
    assert "bad address" in onggi.fails("exec", "far", "wget", "-q", "-O-", "http://db:6379/")
    asked = "printf 'GET /visits HTTP/1.0\\r\\n\\r\\n' | nc -w 5 {} {}"
    for host, port in (("web", 80), (gateway, 8080)):
        assert "200 OK" in onggi("exec", "far", "sh", "-c", asked.format(host, port))


def test_a_database_that_comes_again_is_found_by_its_name(onggi: Onggi) -> None:
    start(onggi)
    curl("--request", "POST")
    was = address(onggi, "db", "back")
    onggi("stop", "db")
    assert curl().startswith("the database: ") and curl().endswith("\n502")
    onggi("start", "db")
    eventually(lambda: curl() == "1\n200")
    assert address(onggi, "db", "back") == was
    onggi("stop", "db")
    onggi("rm", "db")
    onggi("run", "-d", "--name", "lodger", "--network", "back", "busybox:1.35", "sleep", "1000.26")
    start_database(onggi)
    assert address(onggi, "lodger", "back") == was != address(onggi, "db", "back")
    eventually(lambda: curl() == "1\n200")


def test_datagrams_come_through_a_port(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    onggi(
        "run", "-d", "--name", "echo", "--network", "shop", "-p", "7007:7/udp", "python:3.11-slim", "python", "-c", ECHO
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(1)
        peer.connect(("127.0.0.1", 7007))

        def has_answered() -> bool:
            try:
                peer.send(b"hello")
                return peer.recv(2048) == b"HELLO"
            except OSError:
                return False

        eventually(has_answered)
