"""Begin and end of a server, who may come in, and what may be done."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
import urllib.request
from pathlib import Path

import bcrypt
import pytest
from tests.registries.tls import Authority
from tests.waiting import eventually

from onggi.errors import Denied, Invalid, Unavailable
from onggi.registry_server import exposure, passwords
from onggi.registry_server.context import Options
from onggi.registry_server.refusals import Refusal
from onggi.registry_server.running import IDLE_SECONDS, MOST, Uploads
from onggi.registry_server.server import Server
from onggi.store.store import Store

from .client import Client, digest_of
from .test_passwords import basic, line

REPO = "team/app"


def test_what_was_pushed_is_there_the_next_time(root: Path) -> None:
    with Server(root) as server:
        raw = Client(server.address).push(REPO, "1")
    with Server(root) as server:
        assert Client(server.address).ask("GET", f"/v2/{REPO}/manifests/1").body == raw
    assert not any(thread.name == "registry" for thread in threading.enumerate())


def test_a_port_that_is_taken(root: Path, tmp_path: Path, server: Server) -> None:
    port = int(server.address.split(":")[1])
    with pytest.raises(Unavailable, match=rf"cannot listen on 127.0.0.1:{port}: .*in use"):
        Server(tmp_path / "other", Options(port=port)).__enter__()
    assert Client(server.address).ask("GET", "/v2/").status == 200


def test_an_address_of_version_6(root: Path) -> None:
    with Server(root, Options(host="::1")) as server:
        assert server.address.startswith("[::1]:")
        with urllib.request.urlopen(f"http://{server.address}/v2/") as answer:
            assert answer.status == 200


def test_a_certificate_that_is_none(root: Path, tmp_path: Path) -> None:
    (tmp_path / "not.pem").write_text("nothing")
    with pytest.raises(Invalid, match=r"the certificate .*not.pem with the key"):
        Server(root, Options(tls=(tmp_path / "not.pem", tmp_path / "not.pem"))).__enter__()


def test_tls(root: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    pair = authority.server()
    with Server(root, Options(tls=(pair.certificate, pair.key))) as server:
        trusting = ssl.create_default_context(cafile=str(authority.bundle))
        with urllib.request.urlopen(f"https://{server.address}/v2/", context=trusting) as answer:
            assert answer.status == 200
        with pytest.raises(ssl.SSLError), socket.create_connection(server.address.split(":")) as plain:  # type: ignore[arg-type]
            ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")


def test_the_end_lets_a_transfer_end(root: Path) -> None:
    blob = b"x" * 1000
    server = Server(root).__enter__()
    client = Client(server.address)
    place = client.begin(REPO)
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"PUT {place}?digest={digest_of(blob)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head.encode() + blob[:500])
        eventually(lambda: client.ask("GET", place).headers["range"] == "0-499")
        ending = threading.Thread(target=server.__exit__, args=(None, None, None))
        ending.start()
        eventually(lambda: not is_listening(host, int(port)))
        connection.sendall(blob[500:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 201")
    ending.join()
    with Store(root) as store:
        assert store.served.blob_size(REPO, digest_of(blob)) == 1000


def is_listening(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port)).close()
    except OSError:
        return False
    return True


def test_users(root: Path, tmp_path: Path) -> None:
    (tmp_path / "users").write_text(line("alice", "secret"))
    with Server(root, Options(passwords=passwords.read(tmp_path / "users"))) as server:
        stranger, alice = Client(server.address), Client(server.address, {"Authorization": basic("alice", "secret")})
        raw = alice.push(REPO, "1")
        assert alice.ask("GET", f"/v2/{REPO}/manifests/1").body == raw
        for method, path in (
            ("GET", "/v2/"),
            ("HEAD", f"/v2/{REPO}/manifests/1"),
            ("GET", f"/v2/{REPO}/tags/list"),
            ("GET", "/v2/_catalog"),
            ("POST", f"/v2/{REPO}/blobs/uploads/"),
            ("DELETE", f"/v2/{REPO}/manifests/1"),
            ("GET", "/nothing"),
        ):
            for who in (stranger, Client(server.address, {"Authorization": basic("alice", "wrong")})):
                answer = who.ask(method, path)
                assert answer.status == 401
                assert answer.headers["www-authenticate"].startswith('Basic realm="onggi"')
                assert method == "HEAD" or answer.code == "UNAUTHORIZED"


def test_a_password_is_hashed_once(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "users").write_text(line("alice", "secret"))
    hashed, check = [], bcrypt.checkpw

    def counted(password: bytes, known: bytes) -> bool:
        hashed.append(password)
        return check(password, known)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    with Server(root, Options(passwords=passwords.read(tmp_path / "users"))) as server:
        client = Client(server.address, {"Authorization": basic("alice", "secret")})
        assert [client.ask("GET", "/v2/").status for _ in range(5)] == [200] * 5
    assert len(hashed) == 1


def test_read_only(root: Path) -> None:
    with Server(root) as server:
        raw = Client(server.address).push(REPO, "1")
    with Server(root, Options(is_read_only=True)) as server:
        client = Client(server.address)
        assert client.ask("GET", f"/v2/{REPO}/manifests/1").body == raw
        assert client.ask("HEAD", f"/v2/{REPO}/manifests/1").status == 200
        for method, path in (
            ("POST", f"/v2/{REPO}/blobs/uploads/"),
            ("PUT", f"/v2/{REPO}/manifests/1"),
            ("DELETE", f"/v2/{REPO}/manifests/1"),
        ):
            answer = client.ask(method, path, b"{}")
            assert (answer.status, answer.code) == (405, "UNSUPPORTED")
            assert "read-only" in answer.document["errors"][0]["message"]


def test_nothing_is_deleted(root: Path) -> None:
    with Server(root, Options(may_delete=False)) as server:
        client = Client(server.address)
        raw = client.push(REPO, "1")
        for path in (f"manifests/{digest_of(raw)}", "manifests/1", f"blobs/{digest_of(raw)}"):
            assert client.ask("DELETE", f"/v2/{REPO}/{path}").code == "UNSUPPORTED"
        assert client.ask("DELETE", client.begin(REPO)).status == 204  # an upload is its client's


def test_a_line_for_each_request(root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "users").write_text(line("alice", "secret"))
    options = Options(logs_requests=True, passwords=passwords.read(tmp_path / "users"))
    with caplog.at_level(logging.INFO, "onggi.registry"), Server(root, options) as server:
        Client(server.address, {"Authorization": basic("alice", "secret")}).push(REPO, "1")
        Client(server.address, {"User-Agent": "a' 200 \xff"}).ask("GET", f"/v2/{REPO}/%0atags/list?x=%0d")
    lines = [record.getMessage() for record in caplog.records]
    assert lines[-2].startswith(f'127.0.0.1 alice "PUT /v2/{REPO}/manifests/1" 201 ')
    assert lines[-1].startswith('127.0.0.1 - "GET /v2/')
    assert " 401 " in lines[-1]
    assert all(line.isprintable() and "secret" not in line for line in lines)


def test_the_bytes_of_a_blob_are_counted(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Those of a range, too; of HEAD there are none."""
    data = bytes(3_000_000)
    with caplog.at_level(logging.INFO, "onggi.registry"), Server(root, Options(logs_requests=True)) as server:
        client = Client(server.address)
        client.push_blob(REPO, data)
        path = f"/v2/{REPO}/blobs/{digest_of(data)}"
        assert client.ask("GET", path).body == data
        Client(server.address, {"Range": "bytes=1000000-1999999"}).ask("GET", path)
        client.ask("HEAD", path)
    *_, whole, part, head = [int(record.getMessage().partition(" bytes ")[0].split()[-1]) for record in caplog.records]
    assert len(data) < whole < len(data) + 1000
    assert 1_000_000 < part < 1_001_000
    assert 0 <= head < 1000


def test_a_client_that_goes_away_is_told_with_what_it_got(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = bytes(64_000_000)  # more than the buffers of both ends
    with caplog.at_level(logging.INFO, "onggi.registry"), Server(root, Options(logs_requests=True)) as server:
        Client(server.address).push_blob(REPO, data)
        host, port = server.address.split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"GET /v2/{REPO}/blobs/{digest_of(data)} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
            assert connection.recv(4096)
    (line,) = [record.getMessage() for record in caplog.records if '"GET ' in record.getMessage()]
    assert 4096 <= int(line.partition(" bytes ")[0].split()[-1]) < len(data)


@pytest.mark.parametrize(
    "said", [b"garbage\r\n\r\n", b"\x16\x03\x01 a client of TLS", b"GET /v2/ HTTP/1.1\r\nA: \0\r\n\r\n"]
)
def test_what_is_no_http_is_refused_without_a_word(root: Path, caplog: pytest.LogCaptureFixture, said: bytes) -> None:
    with caplog.at_level(logging.INFO, "onggi.registry"), Server(root, Options(logs_requests=True)) as server:
        host, port = server.address.split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(said)
            assert connection.recv(4096).startswith(b"HTTP/1.0 400")
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:5000", ("127.0.0.1", 5000)),
        ("[::1]:0", ("::1", 0)),
        (":5000", ("0.0.0.0", 5000)),
        ("registry.local:443", ("registry.local", 443)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert exposure.parse(text) == address


@pytest.mark.parametrize(
    "text", ["", "5000", "localhost", "::1:5000", "h:99999", "h:x", "http://h:5000", "a b:1", "[h]:5"]
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(Invalid, match="not an address to listen on"):
        exposure.parse(text)


def test_who_listens_to_other_machines_has_doors(tmp_path: Path) -> None:
    (tmp_path / "users").write_text(line("alice", "secret"))
    users, pair = passwords.read(tmp_path / "users"), (Path("cert"), Path("key"))
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        exposure.require_doors(Options(host=host))
    exposure.require_doors(Options(host="0.0.0.0", tls=pair, passwords=users))
    for options, missing in (
        (Options(host="0.0.0.0"), "no TLS (--tls-cert, --tls-key) and no passwords (--htpasswd)"),
        (Options(host="::", tls=pair), "no passwords"),
        (Options(host="localhost.evil.example", passwords=users), "no TLS"),
    ):
        with pytest.raises(Denied) as raised:
            exposure.require_doors(options)
        assert missing in raised.value.message
        assert "--insecure" in raised.value.hint


def test_uploads_that_nobody_goes_on_with_end(root: Path) -> None:
    now = 0.0
    with Store(root) as store:
        uploads = Uploads(lambda: now)
        abandoned, busy = (uploads.begin(REPO, store.served.draft()) for _ in range(2))
        for upload in (abandoned, busy):
            upload.draft.append(b"data")
        with uploads.hold(busy):
            now = IDLE_SECONDS + 1
            uploads.end_abandoned()
        uploads.end_abandoned()
        assert uploads.get(REPO, busy.id) is busy
        assert [path.name for path in (root / "tmp").iterdir()] == [Path(busy.draft.path).name]
        uploads.end_all()
        assert list((root / "tmp").iterdir()) == []


def test_what_clients_deleted_is_given_back(root: Path) -> None:
    with Server(root, Options(tidy_seconds=0.01)) as server:
        client = Client(server.address)
        deleted, kept = client.push_blob(REPO, b"deleted"), client.push_blob(REPO, b"kept")
        assert client.ask("DELETE", f"/v2/{REPO}/blobs/{deleted}").status == 202
        eventually(lambda: os.listdir(root / "blobs/sha256") == [kept.removeprefix("sha256:")])


def test_so_many_uploads_are_under_way_at_most(root: Path) -> None:
    with Store(root) as store:
        uploads = Uploads(lambda: 0.0)
        for _ in range(MOST):
            uploads.begin(REPO, store.served.draft())
        with pytest.raises(Refusal) as raised:
            uploads.begin(REPO, store.served.draft())
    assert (raised.value.code, raised.value.status) == ("TOOMANYREQUESTS", 429)
