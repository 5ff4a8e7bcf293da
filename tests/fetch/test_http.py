from __future__ import annotations

import io
import socket
import subprocess
import sys
import threading

import pytest

from onggi.errors import Corrupt, Invalid, NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.fetch.http import Fetched, NotModified, Validators, fetch
from onggi.fetch.network import Network
from onggi.oci import digest
from onggi.solve.ports import Abandoned, Cancel

from .web import CERTIFICATE, Answer, Asked, Script, serve, tls_context

QUICK = Network(pause_seconds=0, attempts=3)
BODY = bytes(range(256)) * 4000
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


def always(answer: Answer) -> Script:
    return lambda asked: answer


def in_turn(*answers: Answer) -> Script:
    rest = iter(answers)
    return lambda asked: next(rest)


def got(url: str, **options: object) -> tuple[bytes, Fetched]:
    target = io.BytesIO()
    fetched = fetch(url, target, **{"network": QUICK, **options})  # type: ignore[arg-type]
    assert isinstance(fetched, Fetched)
    return target.getvalue(), fetched


def test_a_file_with_all_that_the_server_says_of_it() -> None:
    headers = {"ETag": '"v1"', "Last-Modified": DATE}
    with serve(always(Answer(headers=headers, body=BODY))) as web:
        data, fetched = got(f"{web.url}/dir/some%20file.tar?x=1#part")
    assert data == BODY
    assert fetched == Fetched(digest.of(BODY), len(BODY), "some file.tar", Validators('"v1"', DATE), 1445412480)
    assert web.asked[0].path == "/dir/some%20file.tar?x=1"


def test_the_server_may_name_the_file() -> None:
    answer = Answer(headers={"Content-Disposition": 'attachment; filename="../a/tool.zip"'})
    with serve(always(answer)) as web:
        assert got(f"{web.url}/x")[1].name == "tool.zip"


def test_what_is_compressed_stays_so() -> None:
    with serve(always(Answer(headers={"Content-Encoding": "gzip"}, body=b"not gzip at all"))) as web:
        assert got(f"{web.url}/x.gz")[0] == b"not gzip at all"
    assert web.asked[0].headers["accept-encoding"] == "identity"


def test_a_chunked_answer() -> None:
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serve(always(Answer(headers={"Transfer-Encoding": "chunked"}, body=body))) as web:
        assert got(f"{web.url}/x")[0] == b"abcde"


def test_a_digest_is_checked() -> None:
    with serve(always(Answer(body=b"other"))) as web:
        assert got(f"{web.url}/x", checksum=digest.of(b"other"))[0] == b"other"
        with pytest.raises(Corrupt, match=r"http://127.*/x has the digest sha256:.* was asked for"):
            got(f"{web.url}/x", checksum=digest.of(b"wanted"))
    with pytest.raises(Invalid, match="not a sha256 digest"):
        got("http://127.0.0.1:1/x", checksum="md5:00")


def test_a_file_that_is_as_it_was() -> None:
    def script(asked: Asked) -> Answer:
        return Answer(304 if asked.headers.get("if-none-match") == '"v1"' else 200, {"ETag": '"v1"'}, b"data")

    with serve(script) as web:
        _, fetched = got(f"{web.url}/x")
        target = io.BytesIO()
        assert fetch(f"{web.url}/x", target, known=fetched.validators, network=QUICK) == NotModified()
        assert not target.getvalue()
        assert got(f"{web.url}/x", known=Validators('"v0"'))[0] == b"data"


def test_a_server_that_sends_all_although_nothing_changed() -> None:
    with serve(always(Answer(headers={"ETag": '"v1"'}, body=BODY))) as web:
        assert fetch(f"{web.url}/x", io.BytesIO(), known=Validators('"v1"'), network=QUICK) == NotModified()


def test_a_broken_transfer_goes_on_where_it_stopped() -> None:
    def script(asked: Asked) -> Answer:
        wanted = asked.headers.get("range")
        if wanted is None:
            return Answer(200, {"ETag": '"v1"'}, BODY, cut=300_000)
        assert asked.headers["if-range"] == '"v1"'
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        headers = {"ETag": '"v1"', "Content-Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"}
        return Answer(206, headers, BODY[start:], cut=300_000 if start < 500_000 else None)

    with serve(script) as web:
        data, fetched = got(f"{web.url}/x", network=Network(pause_seconds=0, attempts=2))
    assert data == BODY
    assert fetched.digest == digest.of(BODY)
    assert len(web.asked) > 2  # attempts that bring something are not counted


def test_a_transfer_of_unknown_identity_starts_again() -> None:
    with serve(in_turn(Answer(body=b"old" * 1000, cut=2000), Answer(body=b"new"))) as web:
        assert got(f"{web.url}/x")[0] == b"new"
    assert "range" not in web.asked[1].headers


def test_a_file_that_changed_between_two_attempts_starts_again() -> None:
    first = Answer(200, {"ETag": '"v1"'}, b"old" * 1000, cut=2000)
    with serve(in_turn(first, Answer(200, {"ETag": '"v2"'}, b"new"))) as web:
        data, fetched = got(f"{web.url}/x")
    assert data == b"new"
    assert fetched.validators == Validators('"v2"')


@pytest.mark.parametrize("answer", [Answer(206, {"Content-Range": "bytes 0-9/10"}, b"0123456789"), Answer(416)])
def test_a_server_that_cannot_go_on_is_asked_anew(answer: Answer) -> None:
    first = Answer(200, {"ETag": '"v1"'}, b"old" * 1000, cut=2000)
    with serve(in_turn(first, answer, Answer(body=b"whole"))) as web:
        assert got(f"{web.url}/x", network=Network(pause_seconds=0, attempts=4))[0] == b"whole"


def test_what_fails_for_a_while_is_tried_again() -> None:
    with serve(in_turn(Answer(503, {"Retry-After": "0"}), Answer(500), Answer(body=b"yes"))) as web:
        assert got(f"{web.url}/x")[0] == b"yes"


def test_what_fails_for_long_is_said() -> None:
    with (
        serve(always(Answer(502))) as web,
        pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+ answered 502") as failure,
    ):
        got(f"{web.url}/x")
    assert len(web.asked) == 3
    assert "tried 3 times" in failure.value.hint


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(404, NotFound), (410, NotFound), (401, Unauthorized), (403, Unauthorized), (418, Unavailable)],
)
def test_a_refusal_is_not_tried_again(status: int, meaning: type[OnggiError]) -> None:
    with serve(always(Answer(status))) as web, pytest.raises(meaning) as failure:
        got(f"http://me:secret@127.0.0.1:{web.port}/x")
    assert len(web.asked) == 1
    assert "secret" not in failure.value.message
    assert f"http://***@127.0.0.1:{web.port}/x" in failure.value.message


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+ does not take connections"):
            got(f"http://127.0.0.1:{taken.getsockname()[1]}/x")


def test_a_server_that_falls_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        network = Network(pause_seconds=0, attempts=2, silence_seconds=0.05)
        with pytest.raises(Unavailable, match="has gone silent"):
            got(f"http://127.0.0.1:{silent.getsockname()[1]}/x", network=network)


def test_a_redirect_is_followed() -> None:
    def script(asked: Asked) -> Answer:
        return Answer(body=b"here") if asked.path == "/b/there" else Answer(302, {"Location": "../b/there"})

    with serve(script) as web:
        data, fetched = got(f"{web.url}/a/file")
    assert data == b"here"
    assert fetched.name == "file"  # the URL that the person wrote names it


def test_redirects_in_a_circle() -> None:
    with serve(always(Answer(302, {"Location": "/x"}))) as web, pytest.raises(Unavailable, match="more than 10 times"):
        got(f"{web.url}/x")


def test_a_redirect_away_from_http() -> None:
    answer = Answer(302, {"Location": "file:///etc/passwd"})
    with serve(always(answer)) as web, pytest.raises(Invalid, match="no http or https URL"):
        got(f"{web.url}/x")


def test_credentials_stay_with_the_server_that_they_are_for() -> None:
    with serve(always(Answer(body=b"data"))) as other:
        location = {"Location": f"{other.url}/x"}
        with serve(lambda asked: Answer(302, location if asked.path == "/b" else {"Location": "/b"})) as web:
            got(f"http://me:p%40ss@127.0.0.1:{web.port}/a")
            got(f"{web.url}/a", authorization="Bearer token")
    seen = [asked.headers.get("authorization") for asked in web.asked]
    assert seen == ["Basic bWU6cEBzcw=="] * 2 + ["Bearer token"] * 2
    assert [asked.headers.get("authorization") for asked in other.asked] == [None, None]


def test_through_a_proxy() -> None:
    with serve(always(Answer(body=b"by proxy"))) as proxy:
        network = Network(proxies={"http_proxy": f"http://me:secret@127.0.0.1:{proxy.port}", "NO_PROXY": "other.test"})
        assert got("http://files.example.test/x", network=network)[0] == b"by proxy"
    assert proxy.asked[0].path == "http://files.example.test/x"
    assert proxy.asked[0].headers["proxy-authorization"] == "Basic bWU6c2VjcmV0"


def test_with_tls() -> None:
    with serve(always(Answer(body=BODY)), is_tls=True) as web:
        assert got(f"{web.url}/x", network=Network(certificates=CERTIFICATE))[0] == BODY


def test_a_certificate_that_nobody_trusts() -> None:
    with serve(always(Answer()), is_tls=True) as web, pytest.raises(Unavailable, match="does not trust") as failure:
        got(f"{web.url}/x")
    assert "SSL_CERT_FILE" in failure.value.hint


def test_through_a_proxy_with_tls() -> None:
    with serve(always(Answer(body=BODY)), is_tls=True) as web, socket.create_server(("127.0.0.1", 0)) as server:
        tunnel = Tunnel(server, web.port)
        network = Network(proxies={"HTTPS_PROXY": f"127.0.0.1:{server.getsockname()[1]}"}, certificates=CERTIFICATE)
        assert got("https://files.example.test/x", authorization="Bearer t", network=network)[0] == BODY
        tunnel.join()
    assert tunnel.asked.startswith(b"CONNECT files.example.test:443 ")
    assert b"Bearer" not in tunnel.asked
    assert web.asked[0].headers["authorization"] == "Bearer t"


def test_through_a_proxy_that_has_tls_itself() -> None:
    with serve(always(Answer(body=b"by proxy")), is_tls=True) as proxy:
        network = Network(proxies={"HTTP_PROXY": proxy.url}, certificates=CERTIFICATE)
        assert got("http://other.example.test/x", network=network)[0] == b"by proxy"
    assert proxy.asked[0].path == "http://other.example.test/x"


def test_a_proxy_of_another_kind() -> None:
    with pytest.raises(Unsupported, match=r"socks5 is not supported: socks5://\*\*\*@proxy.test"):
        got("http://h.test/x", network=Network(proxies={"HTTP_PROXY": "socks5://me:pw@proxy.test"}))


class Tunnel(threading.Thread):
    """A proxy that takes one CONNECT, and leads it to a port of this machine."""

    def __init__(self, server: socket.socket, port: int) -> None:
        super().__init__()
        self.asked = b""
        self._server = server
        self._port = port
        self.start()

    def run(self) -> None:
        client, _ = self._server.accept()
        with client, socket.create_connection(("127.0.0.1", self._port)) as target:
            while not self.asked.endswith(b"\r\n\r\n"):
                self.asked += client.recv(1)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pour, args=(target, client))
            back.start()
            _pour(client, target)
            back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side has had enough


@pytest.mark.parametrize("is_tls", [False, True])
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
def test_cancelling_ends_a_wait(head: bytes, is_tls: bool) -> None:
    cancel = Cancel()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_and_cancel() -> None:
            client, _ = server.accept()
            with tls_context().wrap_socket(client, server_side=True) if is_tls else client as peer:
                peer.recv(65536)
                peer.sendall(head)
                cancel.set()
                try:
                    peer.recv(1)  # until the other side is gone
                except OSError:
                    pass

        thread = threading.Thread(target=answer_and_cancel)
        thread.start()
        url = f"http{'s' if is_tls else ''}://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(Abandoned):
            got(url, cancel=cancel, network=Network(certificates=CERTIFICATE))
        thread.join()


def test_cancelling_ends_the_pause_between_attempts() -> None:
    cancel = Cancel()

    def script(asked: Asked) -> Answer:
        cancel.set()
        return Answer(503, {"Retry-After": "60"})

    with serve(script) as web, pytest.raises(Abandoned):
        got(f"{web.url}/x", cancel=cancel)


def test_nothing_is_imported_before_something_is_fetched() -> None:
    modules = ", ".join(f"onggi.fetch.{name}" for name in ("credentials", "git", "http", "tarball"))
    code = f"import sys, {modules}; sys.exit('urllib3' in sys.modules or 'ssl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
