"""Docker's command line and docker-py over TLS, where both sides show certificates; and who has none that counts."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from docker.tls import TLSConfig
from tests.registries.tls import Authority, Pair
from tests.waiting import eventually

from .conftest import BUSYBOX, Onggi
from .test_api_serve import PING, pinged, port, served, stays_outside

SIZE = 100_000_000


@dataclass
class Site:
    """A server that listens with TLS, and a client's certificates as Docker has them in a folder."""

    pid: int
    address: str
    folder: Path
    authority: Authority
    client: Pair

    def docker(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        env = {"DOCKER_HOST": self.address, "DOCKER_CERT_PATH": str(self.folder), "DOCKER_TLS_VERIFY": "1"}
        env |= {"DOCKER_CONFIG": str(self.folder), "DOCKER_BUILDKIT": "0"}
        done = subprocess.run(
            ["docker", *words], input=stdin, env={**os.environ, **env}, capture_output=True, timeout=120
        )
        assert done.returncode == 0, (words, done.stderr)
        return done

    def context(self, pair: Pair | None) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(self.authority.bundle))
        if pair is not None:
            made.load_cert_chain(pair.certificate, pair.key)
        return made

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


@pytest.fixture
def site(onggi: Onggi, tmp_path: Path) -> Iterator[Site]:
    authority, folder = Authority(tmp_path / "ca"), tmp_path / "docker"
    server, client = authority.server(), authority.client()
    folder.mkdir()
    for name, source in (("ca.pem", authority.bundle), ("cert.pem", client.certificate), ("key.pem", client.key)):
        (folder / name).write_bytes(source.read_bytes())
    words = ("--tlscacert", authority.bundle, "--tlscert", server.certificate, "--tlskey", server.key)
    with served(onggi, "-H", "tcp://127.0.0.1:0", *words) as running:
        yield Site(running.process.pid, running.greeting[0], folder, authority, client)


def test_a_days_work(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # requests would put them before what docker-py is told
        monkeypatch.delenv(name, raising=False)
    site.docker("version")
    data = os.urandom(1 << 20) * (SIZE >> 20)
    assert site.docker("run", "-i", "--rm", "--network", "none", BUSYBOX, "cat", stdin=data).stdout == data
    site.docker("run", "-d", "--network", "none", "--name", "web", BUSYBOX, "sh", "-c", "echo up; sleep 1000.67")
    assert site.docker("exec", "-i", "web", "sh", "-c", "cat; echo end", stdin=b"x\n").stdout == b"x\nend\n"
    (tmp_path / "file").write_bytes(data[:1000])
    site.docker("cp", str(tmp_path / "file"), "web:/tmp/file")
    site.docker("cp", "web:/tmp/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data[:1000]
    built = f"FROM {BUSYBOX}\nCOPY . /there\nRUN test -f /there/file\n"
    (tmp_path / "Dockerfile").write_text(built)
    (tmp_path / ".dockerignore").write_text("*\n!file\n")
    site.docker("build", "--network", "none", "-t", "made", str(tmp_path))
    tls = TLSConfig(
        client_cert=(str(site.folder / "cert.pem"), str(site.folder / "key.pem")),
        ca_cert=str(site.folder / "ca.pem"),
        verify=True,
    )
    with closing(docker.DockerClient(base_url=site.address, tls=tls)) as client:
        web = client.containers.get("web")
        assert web.exec_run(["echo", "in"]).output == b"in\n"
        logs = web.logs(stream=True, follow=True)
        assert next(logs) == b"up\n"
        web.kill()
        assert list(logs) == []
        web.remove()
        assert client.images.get("made").tags == ["made:latest"]


def test_whose_certificate_does_not_count_stays_outside(site: Site, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "theirs").client()
    address = port(site.address)
    assert pinged(address, site.context(site.client)).endswith(b"OK")
    before = site.open_files()
    old = site.context(site.client)
    old.set_ciphers("ALL:@SECLEVEL=0")  # or OpenSSL would not even try
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    expired = site.authority.client("expired", (2001, 2002))
    for context in (None, site.context(None), site.context(stranger), site.context(expired), old):
        assert stays_outside(address, context)
    silent = [socket.create_connection(address) for _ in range(50)]
    silent[0].sendall(b"\x16\x03\x01")  # the beginning of a greeting, and no more
    silent[1].sendall(PING)
    assert pinged(address, site.context(site.client)).endswith(b"OK")
    for each in silent:
        each.close()
    eventually(lambda: site.open_files() <= before)


def test_who_begins_in_the_wrong_way_is_told_and_so_is_the_log(onggi: Onggi, tmp_path: Path) -> None:
    """The two usual mistakes: no TLS, no certificate; and clients that go in the middle are named in the log."""
    authority, folder = Authority(tmp_path / "ca"), tmp_path / "docker"
    server, one = authority.server(), authority.client()
    folder.mkdir()
    (folder / "ca.pem").write_bytes(authority.bundle.read_bytes())
    words = ("--tlscacert", authority.bundle, "--tlscert", server.certificate, "--tlskey", server.key, "--log")
    context = ssl.create_default_context(cafile=str(authority.bundle))
    with served(onggi, "-H", "tcp://127.0.0.1:0", *words) as running:
        address = port(running.greeting[0])
        assert pinged(address).endswith(b"\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
        env = {**os.environ, "DOCKER_HOST": running.greeting[0], "DOCKER_CONFIG": str(folder)}
        done = subprocess.run(["docker", "ps"], env=env, capture_output=True, timeout=120)
        assert b"Client sent an HTTP request to an HTTPS server" in done.stderr
        with pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"):
            pinged(address, context)
        with socket.create_connection(address) as plain:
            plain.sendall(b"\x16\x03\x01")
        context.load_cert_chain(one.certificate, one.key)
        with (
            socket.create_connection(address) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as events,
        ):
            events.sendall(b"GET /events HTTP/1.1\r\nHost: onggi\r\n\r\n")
            assert events.recv(1000).startswith(b"HTTP/1.1 200")
        running.end()
    said = [line.split(" ", 2)[2] for line in running.rest.splitlines()]
    assert "127.0.0.1 no TLS: http request" in said
    assert "127.0.0.1 no TLS: peer did not return a certificate" in said
    assert "127.0.0.1 no TLS: the client has left" in said
    assert [line for line in said if line.startswith("127.0.0.1 'client' \"GET /events\" 200")], said
