"""`onggi serve`: where it listens, whom it lets in, how it begins and ends, and sockets that can do less."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.served import Docker
from tests.registries.tls import Authority
from tests.waiting import eventually

from .conftest import BUSYBOX, Onggi

ALONE: dict[str, Any] = {"HostConfig": {"NetworkMode": "none"}}
_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[2], sys.argv[2:])
"""
PING = b"GET /_ping HTTP/1.1\r\nHost: onggi\r\nConnection: close\r\n\r\n"


class Served:
    """A server, and what it has said."""

    def __init__(self, process: subprocess.Popen[bytes], greeting: list[str]) -> None:
        self.process = process
        self.greeting = greeting
        self.rest = ""
        self.has_ended = False

    def end(self, number: int = signal.SIGTERM) -> int:
        if not self.has_ended:
            self.process.send_signal(number)
            self.rest = self.process.communicate(timeout=60)[0].decode()
            self.has_ended = True
        assert "Traceback" not in self.rest, self.rest
        return self.process.returncode


@contextmanager
def served(onggi: Onggi, *words: str | Path, listeners: int = 1, **how: Any) -> Iterator[Served]:
    process = subprocess.Popen(
        onggi.argv("serve", *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **{"env": {**os.environ, **onggi.env}, **how},
    )
    assert process.stdout is not None
    try:
        greeting = [process.stdout.readline().decode() for _ in range(listeners)]
        assert all(line.startswith("Serving ") for line in greeting), [*greeting, process.stdout.read().decode()]
        found = Served(process, [line.split()[-1] for line in greeting])
        yield found
        assert found.end() == 0, found.rest
    finally:
        process.kill()
        process.communicate()


@contextmanager
def client(path: Path) -> Iterator[Client]:
    found = Client(path)
    try:
        yield found
    finally:
        found.close()


def docker(path: Path, config: Path) -> Docker:
    config.mkdir(exist_ok=True)
    return Docker(path, config)


def pinged(address: Path | tuple[str, int], context: ssl.SSLContext | None = None, ping: bytes = PING) -> bytes:
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    with socket.socket(family) as plain:
        plain.settimeout(20)
        plain.connect(str(address) if isinstance(address, Path) else address)
        with plain if context is None else context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            connection.sendall(ping)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def stays_outside(address: tuple[str, int], context: ssl.SSLContext | None = None) -> bool:
    """With TLS 1.3 a client learns it when it reads, and without TLS by HTTP."""
    try:
        return pinged(address, context)[:12] in (b"", b"HTTP/1.0 400")
    except OSError:
        return True


def port(address: str) -> tuple[str, int]:
    return "127.0.0.1", int(address.rpartition(":")[2])


# Sockets


def test_the_usual_socket_is_in_the_store_and_for_root_alone(onggi: Onggi) -> None:
    path = onggi.root / "run" / "onggi.sock"
    with served(onggi) as server:
        assert server.greeting == [f"unix://{path}"]
        found = path.stat()
        assert stat.S_ISSOCK(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o660
        assert (found.st_uid, found.st_gid) == (0, 0)
        assert pinged(path).startswith(b"HTTP/1.1 200")
    assert not path.exists()


def test_a_group_may_be_let_in(onggi: Onggi) -> None:
    path = onggi.root / "a.sock"
    with served(onggi, "-H", f"unix://{path}", "--group", "4711"):
        assert path.stat().st_gid == 4711
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert "there is no group" in onggi.fails("serve", "-H", path, "--group", "nobody-has-this-one")


def test_it_listens_at_several_addresses(onggi: Onggi) -> None:
    one, two = onggi.root / "1.sock", onggi.root / "2.sock"
    words = ("-H", f"unix://{one}", "-H", str(two), "-H", "tcp://127.0.0.1:0", "--insecure")
    with served(onggi, *words, listeners=3) as server:
        assert server.greeting[:2] == [f"unix://{one}", f"unix://{two}"]
        for address in (one, two):
            assert pinged(address).endswith(b"OK")
        plain, here = port(server.greeting[2]), PING.replace(b"onggi", b"localhost")
        assert pinged(plain, ping=here).endswith(b"OK")
        assert pinged(plain).startswith(b"HTTP/1.1 403")  # what a browser would send for a page of http://onggi
        page = here.replace(b"localhost", b"localhost\r\nOrigin: http://evil.example")
        assert pinged(plain, ping=page).startswith(b"HTTP/1.1 403")
    assert not one.exists()
    assert not two.exists()


def test_a_socket_that_a_killed_server_left_is_replaced(onggi: Onggi) -> None:
    path = onggi.root / "a.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with served(onggi, "-H", path):
        assert pinged(path).endswith(b"OK")


def test_the_socket_of_another_server_is_left_alone(onggi: Onggi) -> None:
    path = onggi.root / "a.sock"
    with served(onggi, "-H", path):
        assert f"another server answers at {path}" in onggi.fails("serve", "-H", path)
        assert pinged(path).endswith(b"OK")


def test_what_is_no_socket_is_left_alone(onggi: Onggi) -> None:
    path = onggi.root / "file"
    path.write_text("precious")
    assert "is no socket" in onggi.fails("serve", "-H", path)
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_is_a_mistake(onggi: Onggi) -> None:
    folder = onggi.root / "no" / "such"
    assert f"there is no folder {folder} for the socket" in onggi.fails("serve", "-H", folder / "a.sock")
    assert not folder.parent.exists()


def test_of_two_that_begin_at_once_one_serves(onggi: Onggi) -> None:
    """Whoever may read the folder can hold a lock on it: that stops nobody."""
    path = onggi.root / "a.sock"
    path.with_name(".a.sock.lock").touch()  # of one that was killed
    folder = os.open(onggi.root, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    servers = [
        subprocess.Popen(
            onggi.argv("serve", "-H", path),
            env={**os.environ, **onggi.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    try:
        said = [server.stdout.readline().decode() for server in servers if server.stdout]
        assert sorted(line.partition(" ")[0] for line in said) == ["Serving", "onggi:"], said
        assert pinged(path).endswith(b"OK")
        assert not path.with_name(".a.sock.lock").exists()
    finally:
        os.close(folder)
        for server in servers:
            server.terminate()
            server.communicate(timeout=60)


def test_a_socket_of_another_in_our_place_stays(onggi: Onggi) -> None:
    path = onggi.root / "a.sock"
    with served(onggi, "-H", path) as server:
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
            assert server.end() == 0
        assert path.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-H", "http://127.0.0.1:1"], "not an address"),
        (["-H", "tcp://127.0.0.1"], "not an address"),
        (["-H", "unix://relative.sock"], "not an address"),
        (["-H", "unix:///" + "a" * 120], "at most 107 bytes"),
        (["-H", "tcp://127.0.0.1:0"], "there is no TLS"),
        (["-H", "tcp://0.0.0.0:0", "--insecure"], "can be reached from other machines"),
        (["-H", "tcp://:0", "--insecure"], "can be reached from other machines"),
        (["-H", "fd://"], "no sockets were handed over"),
        (["--allow", "everything"], "there is no set"),
        (["--streams", "1000000000"], "files may be open here"),
    ],
)
def test_what_makes_no_sense_is_refused(onggi: Onggi, words: Sequence[str], said: str) -> None:
    done = onggi.run("serve", *words)
    assert done.returncode != 0
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


# TLS


def test_who_has_no_certificate_of_the_authority_stays_outside(onggi: Onggi, tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    server, one, other = authority.server(), authority.client(), stranger.client()
    words = ("--tlscacert", authority.bundle, "--tlscert", server.certificate, "--tlskey", server.key)
    with served(onggi, "-H", "tcp://0.0.0.0:0", *words) as running:
        address = port(running.greeting[0])
        context = ssl.create_default_context(cafile=str(authority.bundle))
        assert stays_outside(address, context)
        context.load_cert_chain(other.certificate, other.key)
        assert stays_outside(address, context)
        known = ssl.create_default_context(cafile=str(authority.bundle))
        known.load_cert_chain(one.certificate, one.key)
        assert pinged(address, known).endswith(b"OK")
        old = ssl.create_default_context(cafile=str(authority.bundle))
        old.load_cert_chain(one.certificate, one.key)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        assert pinged(address, old).endswith(b"OK")
        assert stays_outside(address)


def test_certificates_that_cannot_be_used_are_named(onggi: Onggi, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    words = ("--tlscacert", bad, "--tlscert", bad, "--tlskey", bad)
    assert str(bad) in onggi.fails("serve", "-H", "tcp://127.0.0.1:0", *words)
    assert "belong together" in onggi.run("serve", "--tlscert", bad).stderr.decode()


# Beginning and end


@contextmanager
def handed_over(
    onggi: Onggi, listener: socket.socket, *words: str, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that got its socket from somebody else."""
    argv = [sys.executable, "-c", _HAND_OVER, str(listener.fileno()), *onggi.argv("serve", "-H", "fd://", *words)]
    process = subprocess.Popen(
        argv,
        env={**os.environ, **onggi.env, **environment},
        pass_fds=[listener.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_takes_over_sockets_and_says_when_it_is_ready(onggi: Onggi, tmp_path: Path) -> None:
    """As systemd starts it: the sockets are there before, and stay."""
    path = onggi.root / "a.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        listener.bind(str(path))
        listener.listen()
        manager.bind(str(onggi.root / "n.sock"))
        manager.settimeout(20)
        with handed_over(onggi, listener, NOTIFY_SOCKET=str(onggi.root / "n.sock")) as process:
            assert manager.recv(100) == b"READY=1"
            assert pinged(path).endswith(b"OK")
            process.terminate()
            assert manager.recv(100) == b"STOPPING=1"
            said = process.communicate(timeout=60)[0]
            assert process.returncode == 0, said
    assert path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_containers_go_on_without_it(onggi: Onggi, number: int) -> None:
    path = onggi.root / "a.sock"
    with served(onggi, "-H", path) as server, client(path) as api:
        made = api.create(BUSYBOX, "sleep", "1000.61", **ALONE)
        api.post(f"/containers/{made}/start")
        assert server.end(number) == 0
    assert onggi("inspect", "-f", "{{.State.Status}}", made) == "running"
    blocked = onggi("exec", made, "grep", "SigBlk", "/proc/1/status")
    assert blocked.split()[1] == "0" * 16
    with served(onggi, "-H", path), client(path) as api:
        assert api.get(f"/containers/{made}/json")["State"]["Running"] is True


def sent(path: Path, request: str) -> socket.socket:
    """A request that the server handles: it has read it, and goes on."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(path))
    connection.sendall(f"{request} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_what_is_under_way_has_time_to_end(onggi: Onggi) -> None:
    """And who follows something is let go of at once."""
    path = onggi.root / "a.sock"
    with served(onggi, "-H", path) as server, client(path) as api:
        made = api.create(BUSYBOX, "sh", "-c", "trap 'echo asked' TERM; while true; do sleep 0.1; done", **ALONE)
        api.post(f"/containers/{made}/start")
        logs = sent(path, f"GET /containers/{made}/logs?follow=1&stdout=1")
        with logs, sent(path, "GET /events") as events, sent(path, f"POST /containers/{made}/stop?t=2") as stop:
            said = b""
            while b"asked" not in said:
                said += logs.recv(10_000)
            server.process.terminate()
            assert not logs.recv(10_000).endswith(b"0\r\n\r\n")  # that was not all
            while events.recv(10_000):
                pass
            assert server.process.poll() is None
            assert stop.recv(100).startswith(b"HTTP/1.1 204")
            assert server.process.wait(timeout=60) == 0  # a second signal would end it at once


def test_more_than_may_go_on_are_told_so(onggi: Onggi) -> None:
    path = onggi.root / "a.sock"
    with served(onggi, "-H", path, "--streams", "2") as server, client(path) as api:
        events = [sent(path, "GET /events") for _ in range(2)]
        for each in events:
            assert each.recv(12) == b"HTTP/1.1 200"
        refused = api.request("GET", "/events")
        assert refused.status == 503
        assert "2 requests go on already" in refused.message
        assert api.get("/containers/json") == []
        assert api.request("GET", "/_ping").status == 200  # without which no client begins
        events.pop().close()
        eventually(lambda: api.request("POST", "/containers/nobody/wait").status == 404)
        events.pop().close()
        assert server.end() == 0


def test_it_ends_when_nobody_is_there(onggi: Onggi) -> None:
    path = onggi.root / "a.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(path))
        listener.listen()
        client.connect(str(path))  # before it begins, so that somebody is there from the start
        with handed_over(onggi, listener, "--idle", "0.3") as process:
            begun = time.monotonic()
            while time.monotonic() < begun + 1.5:
                client.sendall(PING.replace(b"close", b"keep-alive"))
                assert client.recv(1000)
            assert process.poll() is None
            client.close()
            assert process.wait(timeout=60) == 0


def test_a_line_for_each_request(onggi: Onggi) -> None:
    path = onggi.root / "a.sock"
    with served(onggi, "-H", path, "--log") as server:
        with client(path) as api:
            api.request("GET", "/v1.41/containers/x\ny/json")
        server.end()
    assert len(server.rest.splitlines()) == 1, server.rest
    line = server.rest
    assert f"uid=0 pid={os.getpid()}" in line
    assert '"GET /v1.41/containers/x%0Ay/json" 404' in line


def test_what_clients_need_is_printed(onggi: Onggi) -> None:
    assert onggi("serve", "--print-env") == f"export DOCKER_HOST=unix://{onggi.root}/run/onggi.sock"
    assert f"ExecStart={shlex.join(onggi.argv('serve', '-H', 'fd://'))} " in onggi(
        "serve", "--print-unit", "onggi.service"
    )


def test_it_is_small(onggi: Onggi) -> None:
    with served(onggi, "-H", onggi.root / "a.sock") as server, client(onggi.root / "a.sock") as api:
        for _ in range(20):
            api.get("/containers/json")
        rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
        (kilobytes,) = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")]
        assert kilobytes < 60 * 1024


# Sockets that can do less


def test_a_socket_for_containers_with_a_label(onggi: Onggi, tmp_path: Path) -> None:
    full, less = onggi.root / "full.sock", onggi.root / "less.sock"
    with served(onggi, "-H", full), served(onggi, "-H", less, "--allow", "containers:label=ci,commit,events"):
        admin, guest = docker(full, tmp_path / "a"), docker(less, tmp_path / "b")
        theirs = admin("run", "-d", "--network", "none", "--name", "theirs", BUSYBOX, "sleep", "1000.63")
        ours = guest("run", "-d", "--network", "none", "--name", "ours", BUSYBOX, "sleep", "1000.64")
        assert guest("ps", "-aq", "--no-trunc") == ours
        assert set(admin("ps", "-aq", "--no-trunc").split()) == {ours, theirs}
        assert guest("exec", "ours", "echo", "in") == "in"
        for words in (
            ["exec", "theirs", "true"],
            ["logs", "theirs"],
            ["cp", "theirs:/etc/passwd", "-"],
            ["rm", theirs],
            ["rm", theirs[:6]],
            ["container", "inspect", "theirs"],
            ["commit", "theirs"],
            ["attach", "theirs"],
            ["rename", "theirs", "mine"],
            ["export", "theirs"],
            ["stats", "--no-stream", "theirs"],
        ):
            assert "o such" in guest.fails(*words), words
        assert "policy" in guest.fails("images")
        assert "policy" in guest.fails("run", "-v", "/:/host", BUSYBOX, code=125)
        assert "policy" in guest.fails("run", "--privileged", BUSYBOX, code=125)
        assert "policy" in guest.fails("exec", "--privileged", "ours", "true")
        assert "policy" in guest.fails("run", "--network", "host", BUSYBOX, code=125)
        assert "ours" in guest("events", "--since", "0", "--until", str(int(time.time()) + 1))
        assert "remove yours by name" in guest.fails("container", "prune", "-f")
        guest("rm", "-f", "ours")
        assert admin("ps", "-q", "--no-trunc") == theirs


def test_who_has_nothing_sees_nothing(onggi: Onggi) -> None:
    """Whatever is asked for: nobody's list of what is nobody's is a list of everything."""
    full, less = onggi.root / "full.sock", onggi.root / "less.sock"
    allowed = "containers:label=ci,volumes:label=ci,networks:label=ci,events"
    with (
        served(onggi, "-H", full),
        served(onggi, "-H", less, "--allow", allowed),
        client(less) as guest,
        client(full) as admin,
    ):
        theirs = admin.create(BUSYBOX, "true", name="theirs", **ALONE)
        admin.post("/volumes/create", {"Name": "theirs", "Labels": {"ci2": "", "com.docker.volume.anonymous": ""}})
        admin.post("/networks/create", {"Name": "theirs", "Labels": {"ci2": ""}})
        lists: tuple[dict[str, list[str]], ...] = ({}, {"label": []}, {"label": ["ci2"]}, {"name": ["theirs"]})
        for filters in (*lists, {"id": []}, {"id": [theirs]}, {"id": [""]}):
            assert guest.get("/containers/json", all=1, filters=filters) == [], filters
        assert guest.get("/containers/json", all=1, limit=1) == []
        for key in ("before", "since"):
            assert guest.request("GET", "/containers/json", all=1, filters={key: ["theirs"]}).status == 404
            assert guest.request("GET", "/containers/json", all=1, **{key: theirs[:12]}).status == 404
        for filters in lists:
            assert guest.get("/volumes", filters=filters)["Volumes"] in ([], None), filters
            assert guest.get("/networks", filters=filters) == [], filters
        until = int(time.time()) + 1
        for filters in ({}, {"type": []}, {"container": []}, {"container": ["theirs"]}, {"label": []}):
            assert guest.request("GET", "/events", since=0, until=until, filters=filters).body == b"", filters
        guest.post("/volumes/prune", filters={"all": ["true"], "label": []})
        guest.post("/networks/prune", filters={"label": []})
        admin.get("/volumes/theirs")
        admin.get("/networks/theirs")
        ours = guest.create(BUSYBOX, "true", **ALONE)
        assert [each["Id"] for each in guest.get("/containers/json", all=1, filters={"id": []})] == [ours]
        assert [each["Id"] for each in guest.get("/containers/json", filters={"before": [ours], "id": [""]})] == []


def test_a_label_that_an_image_brings_opens_no_container(onggi: Onggi, tmp_path: Path) -> None:
    """Who may build could label an image, and wait for somebody to run it."""
    full, less = onggi.root / "full.sock", onggi.root / "less.sock"
    with (
        served(onggi, "-H", full),
        served(onggi, "-H", less, "--allow", "containers:label=ci,build,events,remove"),
        client(less) as guest,
        client(full) as admin,
    ):
        words = docker(less, tmp_path / "b")
        env_file = f"FROM {BUSYBOX}\nLABEL ci=1\n".encode()
        with_builder = subprocess.run(
            ["docker", "build", "-t", "bait", "-"],
            input=env_file,
            env={**words.env, "DOCKER_BUILDKIT": "0"},
            capture_output=True,
            timeout=120,
        )
        assert with_builder.returncode == 0, with_builder.stderr
        theirs = admin.create("bait", "sleep", "1000.65", **ALONE)
        assert admin.get(f"/containers/{theirs}/json")["Config"]["Labels"]["ci"] == "1"
        assert guest.request("GET", f"/containers/{theirs}/json").status == 404
        assert guest.request("DELETE", f"/containers/{theirs}").status == 404
        ours = guest.create("bait", "true", **ALONE)
        assert guest.get(f"/containers/{ours}/json")["Id"] == ours
        assert [each["Id"] for each in guest.get("/containers/json", all=1)] == [ours]
        assert [each["Id"] for each in guest.get("/containers/json", all=1, filters={"label": ["ci"]})] == [ours]
        told = guest.request("GET", "/events", since=0, until=int(time.time()) + 1, filters={"label": ["ci"]})
        assert {json.loads(line)["Actor"]["ID"] for line in told.body.splitlines()} == {ours}
        guest.delete("/images/bait", force=1)  # then nobody can tell whose label it was
        assert guest.request("GET", f"/containers/{theirs}/json").status == 404
        assert guest.get(f"/containers/{ours}/json")["Id"] == ours


def test_a_socket_that_only_looks(onggi: Onggi, tmp_path: Path) -> None:
    full, less = onggi.root / "full.sock", onggi.root / "less.sock"
    with served(onggi, "-H", full), served(onggi, "-H", less, "--read-only"):
        admin, guest = docker(full, tmp_path / "a"), docker(less, tmp_path / "b")
        made = admin("create", "--network", "none", BUSYBOX, "true")
        assert guest("ps", "-aq", "--no-trunc") == made
        assert BUSYBOX.partition(":")[0] in guest("images")
        guest("info")
        guest("system", "df")
        for words in (["rm", made], ["start", made], ["create", BUSYBOX], ["tag", BUSYBOX, "x"], ["volume", "create"]):
            assert "read-only" in guest.fails(*words), words


def test_builds_alone(onggi: Onggi, tmp_path: Path) -> None:
    path = onggi.root / "less.sock"
    with served(onggi, "-H", path, "--allow", "build"):
        guest = docker(path, tmp_path / "b")
        env = {**guest.env, "DOCKER_BUILDKIT": "0"}

        def build(dockerfile: str, *words: str) -> subprocess.CompletedProcess[bytes]:
            argv = ["docker", "build", "--network", "none", *words, "-"]
            return subprocess.run(argv, input=dockerfile.encode(), env=env, capture_output=True, timeout=120)

        assert build(f"FROM {BUSYBOX}\nRUN true\n", "-t", "mine").returncode == 0
        taken = build(f"FROM {BUSYBOX}\n", "-t", BUSYBOX)
        assert taken.returncode != 0
        assert b"is taken" in taken.stderr
        for step in ("RUN --security=insecure true", "RUN --network=host true"):
            refused = build(f"FROM {BUSYBOX}\n{step}\n", "--no-cache")
            assert refused.returncode != 0, step
        assert b"policy" in build(f"FROM {BUSYBOX}\n", "--network", "host").stderr
        assert "policy" in guest.fails("ps")


def test_what_a_socket_serves_is_shown(onggi: Onggi) -> None:
    shown = onggi("serve", "--allow", "build:name=ci/*,pull", "--show-policy")
    assert "build: only name ci/*" in shown
    assert "bind mounts" in shown
