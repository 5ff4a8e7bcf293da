"""Requests of any method, and the connections that they go over."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.registries import fake
from tests.registries.fake import Answer, Fake, Server
from tests.registries.tls import Authority, server_context
from tests.waiting import eventually
from urllib3 import exceptions

from onggi.errors import Unavailable, Unsupported
from onggi.fetch.attempts import GivenUp, Temporary
from onggi.fetch.network import Network
from onggi.fetch.tls import Tls
from onggi.fetch.transport import NotTls, Response, Transport, _meaning, retry_after
from onggi.fetch.url import split
from onggi.solve.ports import Abandoned, Cancel

from .web import CERTIFICATE, tls_context

NETWORK = Network(silence_seconds=20)
BODY = bytes(range(256)) * 1000


@contextmanager
def serving(answer: Answer | None = None, *, is_tls: bool = False) -> Iterator[Server]:
    """One that answers whatever is asked."""
    found = answer or Answer(200, {"X-Name": "a"}, BODY)
    with fake.serve(Fake(), lambda asked, honest: found, tls_context() if is_tls else None) as server:
        yield server


@contextmanager
def transport(cancel: Cancel | None = None, tls: Tls | None = None, network: Network = NETWORK) -> Iterator[Transport]:
    with Transport(network, cancel or Cancel(), (lambda host: tls) if tls else None) as made:
        yield made


def drained(response: Response) -> bytes:
    data = b"".join(response.chunks())
    response.close()
    return data


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_any_method(method: str) -> None:
    with serving() as server, transport() as sending:
        response = sending.send(method, split(f"{server.url}/x?y=1"), {"X-Own": "b"})
        assert (response.status, response.header("x-name")) == (200, "a")
        assert drained(response) == (b"" if method == "HEAD" else BODY)
        (asked,) = server.asked
        assert (asked.method, asked.path, asked.query, asked.headers["x-own"]) == (method, "/x", {"y": "1"}, "b")
        assert asked.headers["user-agent"] == NETWORK.agent
        assert asked.headers["accept-encoding"] == "identity"


def pieces() -> Iterator[bytes]:
    for at in range(0, len(BODY), 9999):
        yield BODY[at : at + 9999]


@pytest.mark.parametrize("is_tls", [False, True])
def test_bodies(is_tls: bool) -> None:
    with serving(is_tls=is_tls) as server, transport(tls=Tls(bundle=CERTIFICATE)) as sending:
        url = split(f"{server.url}/x")
        for body, headers in ((BODY, {}), (pieces(), {}), (pieces(), {"Content-Length": str(len(BODY))}), (None, {})):
            drained(sending.send("PUT", url, headers, body))
        assert [asked.body for asked in server.asked] == [BODY, BODY, BODY, b""]
        assert [asked.headers.get("content-length", "none") for asked in server.asked] == [
            str(len(BODY)),
            "none",
            str(len(BODY)),
            "0",
        ]
        assert server.connections == 1


def test_what_a_body_raises_is_raised() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise Unavailable("the source broke")

    with serving() as server, transport() as sending, pytest.raises(Unavailable, match="the source broke"):
        sending.send("PUT", split(f"{server.url}/x"), {}, broken())


def test_no_redirect_is_followed_and_no_refusal_is_an_error() -> None:
    with serving(Answer(307, {"Location": "/y"})) as server, transport() as sending:
        assert sending.get(split(f"{server.url}/x"), {}).status == 307
        assert len(server.asked) == 1


def test_user_and_password_of_a_url_are_not_sent_by_themselves() -> None:
    with serving() as server, transport() as sending:
        drained(sending.get(split(f"http://ann:secret@{server.host}/x#part"), {}))
        assert "authorization" not in server.asked[0].headers
        assert server.asked[0].path == "/x"


def test_several_threads_have_connections_of_their_own() -> None:
    together = threading.Barrier(4)

    def meet(asked: fake.Asked, honest: object) -> Answer:
        together.wait(60)
        return Answer(200, {}, BODY)

    with fake.serve(Fake(), meet) as server, transport() as sending:
        found: list[bytes] = []
        url = split(f"{server.url}/x")
        threads = [threading.Thread(target=lambda: found.append(drained(sending.get(url, {})))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [BODY] * 4
        assert server.connections == 4


def test_hosts_may_differ_in_what_is_trusted() -> None:
    asked: list[str] = []

    def tls_of(host: str) -> Tls:
        asked.append(host)
        return Tls(is_verified=False) if host.startswith("localhost") else Tls()

    with serving(is_tls=True) as server, Transport(NETWORK, Cancel(), tls_of) as sending:
        port = server.host.rpartition(":")[2]
        assert drained(sending.get(split(f"https://localhost:{port}/x"), {})) == BODY
        words = f"^127.0.0.1:{port} has a certificate that this host does not trust: .*has signed it$"
        with pytest.raises(GivenUp, match=words) as raised:
            sending.get(split(f"https://127.0.0.1:{port}/x"), {})
        for name in ("`ca` in registries.toml", "certs.d", "SSL_CERT_FILE"):
            assert name in raised.value.hint
        assert asked == [f"localhost:{port}", f"127.0.0.1:{port}"]


def test_a_server_without_tls() -> None:
    with serving() as server, transport() as sending, pytest.raises(NotTls, match=f"^{server.host} speaks no TLS$"):
        sending.get(split(f"https://{server.host}/x"), {})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(raw=(), ending="reset"), "^the connection to HOST broke: connection reset by peer$"),
        (Answer(raw=[b"SSH-2.0\r\n\r\n"]), "^the connection to HOST broke: it spoke no HTTP but SSH-2.0$"),
        (Answer(200, {}, BODY, length=len(BODY) + 1, ending="reset"), "broke|ended before all had arrived"),
    ],
)
def test_what_may_pass(answer: Answer, words: str) -> None:
    with serving(answer) as server, transport() as sending, pytest.raises(Temporary) as raised:
        drained(sending.get(split(f"{server.url}/x"), {}))
    assert re.search(words, str(raised.value).replace(server.host, "HOST"))
    assert raised.value.most is None


def test_a_host_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver's final answer is not asked for again; that it could not find out may pass."""
    for errno, words, most in (
        (socket.EAI_NONAME, "registry.example is no known host name", 1),
        (socket.EAI_NODATA, "registry.example is no known host name", 1),
        (socket.EAI_AGAIN, "registry.example:5000 cannot be looked up now: no name server answers", None),
    ):

        def look_up(*asked: object, errno: int = errno, **how: object) -> None:
            raise socket.gaierror(errno, "the resolver's own words")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        with transport() as sending, pytest.raises(Temporary) as raised:
            sending.get(split("http://registry.example:5000/x"), {})
        assert (str(raised.value), raised.value.most) == (words, most)


def test_nobody_at_a_port_of_this_machine() -> None:
    with socket.socket() as taken, transport() as sending:
        taken.bind(("127.0.0.1", 0))  # and never listens
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Temporary, match=f"^{host} does not take connections$") as raised:
            sending.get(split(f"http://{host}/x"), {})
        assert raised.value.most == 2
        assert "is a server running there" in raised.value.hint


@pytest.mark.parametrize(
    ("years", "name", "words", "hint"),
    [
        ((2000, 2001), "127.0.0.1", "has expired", "clock"),
        ((2119, 2120), "127.0.0.1", "is not valid yet", "clock"),
        ((2020, 2120), "127.0.0.2", "is for another name", "by a name or address that its certificate has"),
    ],
)
def test_certificates_that_no_authority_mends(
    tmp_path: Path, years: tuple[int, int], name: str, words: str, hint: str
) -> None:
    authority = Authority(tmp_path / "authority")
    context = server_context(authority.server([name], years))
    tls = Tls(bundle=authority.bundle)
    with (
        fake.serve(Fake(), lambda asked, honest: Answer(200), context) as server,
        transport(tls=tls) as sending,
        pytest.raises(GivenUp) as raised,
    ):
        sending.get(split(f"https://{server.host}/x"), {})
    assert raised.value.message == f"{server.host} has a certificate that {words}"
    assert hint in raised.value.hint
    assert "SSL_CERT_FILE" not in raised.value.hint


def test_what_libraries_say_is_put_in_words() -> None:
    for error, words in (
        (http.client.RemoteDisconnected("Remote end closed connection without response"), "closed before all was said"),
        (ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING] (_ssl.c:1006)"), "closed before all was said"),
        (ConnectionResetError(104, "Connection reset by peer"), "connection reset by peer"),
        (http.client.IncompleteRead(b"x"), "its chunks ended too early, or make no sense"),
    ):
        found = str(_meaning(exceptions.ProtocolError("Connection aborted.", error), split("http://a.example/x")))
        assert found.startswith("the connection to a.example broke: ")
        assert found.endswith(words)


def test_cancelled_before_and_between() -> None:
    cancel = Cancel()
    with serving() as server, transport(cancel) as sending:
        response = sending.get(split(f"{server.url}/x"), {})
        cancel.set()
        with pytest.raises(Abandoned):
            drained(response)
        with pytest.raises(Abandoned):
            sending.get(split(f"{server.url}/x"), {})
        eventually(lambda: len(server.asked) == 1)


def test_a_proxy_of_another_kind() -> None:
    network = Network(proxies={"http_proxy": "socks5://user:word@proxy.example.test"})
    with transport(network=network) as sending, pytest.raises(Unsupported, match="a proxy by socks5") as raised:
        sending.get(split("http://files.example.test/x"), {})
    assert "word" not in str(raised.value)


@pytest.mark.parametrize(("said", "seconds"), [("", 0), ("7", 7), ("-1", 0), ("soon", 0), ("1.5", 0)])
def test_for_how_long_a_server_wants_to_be_left_alone(said: str, seconds: float) -> None:
    with serving(Answer(429, {"Retry-After": said} if said else {})) as server, transport() as sending:
        assert retry_after(sending.get(split(f"{server.url}/x"), {})) == seconds
