"""Requests of any method, and the connections that they go over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.registries import fake
from tests.registries.fake import Answer, Fake, Server
from tests.waiting import eventually

from onggi.errors import Unavailable, Unsupported
from onggi.fetch.attempts import Temporary
from onggi.fetch.network import Network
from onggi.fetch.tls import Tls
from onggi.fetch.transport import NotTls, Response, Transport, retry_after
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
        with pytest.raises(Unavailable, match="a certificate that this host does not trust"):
            sending.get(split(f"https://127.0.0.1:{port}/x"), {})
        assert asked == [f"localhost:{port}", f"127.0.0.1:{port}"]


def test_a_server_without_tls() -> None:
    with serving() as server, transport() as sending, pytest.raises(NotTls, match="speaks no TLS at port"):
        sending.get(split(f"https://{server.host}/x"), {})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(raw=(), ending="reset"), "the connection to 127.0.0.1 broke"),
        (Answer(raw=[b"SSH-2.0\r\n\r\n"]), "the connection to 127.0.0.1 broke"),
        (Answer(200, {}, BODY, length=len(BODY) + 1, ending="reset"), "broke|ended before all had arrived"),
    ],
)
def test_what_may_pass(answer: Answer, words: str) -> None:
    with serving(answer) as server, transport() as sending, pytest.raises(Temporary, match=words):
        drained(sending.get(split(f"{server.url}/x"), {}))


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
