from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace as changed
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.registries import fake, wares
from tests.registries.changes import World, drip, endless, silence
from tests.registries.fake import Answer, Asked, Fake, Server
from tests.registries.tls import Authority
from tests.waiting import eventually

from onggi.errors import Corrupt, Denied, NotFound, Unauthorized, Unavailable
from onggi.fetch.network import Network
from onggi.fetch.tls import Tls
from onggi.oci.descriptor import Descriptor
from onggi.registry import blobs, documents, flow
from onggi.registry.auth import try_login
from onggi.registry.blobs import Upload
from onggi.registry.driver import Driver
from onggi.registry.flow import Body, Conversation, Interrupted, Request
from onggi.registry.logins.login import NO_LOGINS, Login, Logins, MemoryLogins
from onggi.registry.place import Place
from onggi.solve.ports import Abandoned, Cancel

Honest = Callable[[], Answer]
IMAGE = wares.image(layers=1, size=300_000)
LAYER = IMAGE.layers[0]
WHAT = Descriptor(wares.LAYER, wares.digest(LAYER), len(LAYER))
QUICK = Network(pause_seconds=0, attempts=3, silence_seconds=20)
REFUSED = Answer(500, {}, b"no")
MANIFEST = "/v2/name/manifests/1"


class Trap:
    """A change: each request at a path gets the next of these answers, and then the honest one."""

    def __init__(self, *answers: Answer, path: str = MANIFEST) -> None:
        self._answers = list(answers)
        self._path = path

    def __call__(self, asked: Asked, honest: Honest) -> Answer:
        return self._answers.pop(0) if self._answers and asked.path == self._path else honest()


@contextmanager
def serving(change: fake.Change = fake.as_it_is, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with fake.serve(Fake(), change, tls) as server:
        server.fake.put(IMAGE, "name", "1")
        yield server


@contextmanager
def driving(
    network: Network = QUICK, logins: Logins = NO_LOGINS, tls: Tls | None = None, cancel: Cancel | None = None
) -> Iterator[Driver]:
    with Driver(network, logins, lambda host: tls or Tls(), cancel or Cancel()) as driver:
        yield driver


def at(host: str, *, may_be_plain: bool = True) -> Place:
    return Place(host=host, repository="name", account=host, may_be_plain=may_be_plain)


def fetch(driver: Driver, place: Place) -> bytes:
    return driver.run(documents.fetch(place, "1")).raw


def get(place: Place, target: str = MANIFEST, **how: object) -> Request:
    return Request(method="GET", place=place, target=target, **how)  # type: ignore[arg-type]


def only(request: Request) -> Conversation[flow.Answer]:
    return (yield request)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


def context(authority: Authority) -> ssl.SSLContext:
    made, pair = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), authority.server()
    made.load_cert_chain(pair.certificate, pair.key)
    return made


class TestScheme:
    """TLS, and plain where that is allowed and TLS is not spoken."""

    def test_plain_is_found_out_once(self) -> None:
        with serving() as server, driving() as driver:
            for _ in range(3):
                assert fetch(driver, at(server.host)) == IMAGE.raw_manifest
            assert len(server.asked) == 3
            assert server.connections == 2, "one to see that there is no TLS"

    def test_plain_is_not_spoken_where_it_is_not_allowed(self) -> None:
        with serving() as server, driving() as driver:
            with pytest.raises(Unavailable, match=f"{server.host} speaks no TLS") as raised:
                fetch(driver, at(server.host, may_be_plain=False))
            assert "plain in registries.toml" in raised.value.hint
            assert server.connections == 1
            assert server.asked == []

    @pytest.mark.parametrize("may_be_plain", [True, False])
    def test_tls_where_it_is_spoken(self, authority: Authority, may_be_plain: bool) -> None:
        with serving(tls=context(authority)) as server, driving(tls=Tls(bundle=authority.bundle)) as driver:
            place = at(server.host, may_be_plain=may_be_plain)
            assert fetch(driver, place) == fetch(driver, place) == IMAGE.raw_manifest
            assert server.connections == 1 + may_be_plain, "one more where it might have been plain"

    @pytest.mark.parametrize("may_be_plain", [True, False])
    def test_a_certificate_that_is_not_trusted(self, authority: Authority, may_be_plain: bool) -> None:
        with serving(tls=context(authority)) as server, driving() as driver:
            with pytest.raises(Unavailable, match="a certificate that this host does not trust"):
                fetch(driver, at(server.host, may_be_plain=may_be_plain))
            assert server.asked == []

    def test_a_place_where_nobody_listens(self) -> None:
        with socket.socket() as taken, driving() as driver:
            taken.bind(("127.0.0.1", 0))  # and never listens
            host = f"127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(Unavailable, match=f"cannot fetch {host}/name:1: {host} does not take connections"):
                fetch(driver, at(host))


class TestRedirects:
    """Followed for what is read; credentials stay at home."""

    def redirect(self, target: str, status: int = 307) -> Trap:
        return Trap(Answer(status, {"Location": target}))

    def logged_in(self, server: Server, driver: Driver) -> None:
        server.fake.token = server.fake.grants = "the-token"
        server.fake.realm = f"{server.url}/token"
        assert fetch(driver, at(server.host))
        server.asked.clear()

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_another_host_is_shown_nothing(self, status: int) -> None:
        with serving() as other, serving() as server, driving() as driver:
            self.logged_in(server, driver)
            server.change = self.redirect(f"{other.url}{MANIFEST}", status)
            assert fetch(driver, at(server.host)) == IMAGE.raw_manifest
            assert server.asked[0].headers["authorization"] == "Bearer the-token"
            assert [("authorization" in each.headers, "accept" in each.headers) for each in other.asked] == [
                (False, True)
            ]

    @pytest.mark.parametrize("target", ["{url}/v2/name/manifests/1?x", "/v2/name/manifests/1?x", "1?x"])
    def test_the_same_host_is_shown_who_asks(self, target: str) -> None:
        with serving() as server, driving() as driver:
            self.logged_in(server, driver)
            server.change = self.redirect(target.format(url=server.url))
            assert fetch(driver, at(server.host)) == IMAGE.raw_manifest
            assert [each.headers["authorization"] for each in server.asked] == ["Bearer the-token"] * 2

    def test_from_tls_to_plain(self, authority: Authority) -> None:
        with serving() as plain, serving(tls=context(authority)) as server:
            server.change = self.redirect(f"{plain.url}{MANIFEST}")
            place, words = at(server.host, may_be_plain=False), "wants to be asked without TLS, at http://127"
            with driving(tls=Tls(bundle=authority.bundle)) as driver, pytest.raises(Denied, match=words) as raised:
                fetch(driver, place)
            assert "registries.toml" in raised.value.hint
            assert plain.asked == []

    def test_in_a_circle(self) -> None:
        with serving(lambda asked, honest: Answer(302, {"Location": asked.path})) as server, driving() as driver:
            place = at(server.host)
            with pytest.raises(Unavailable, match="name:1 is redirected more than 10 times"):
                fetch(driver, place)

    def test_what_is_sent_is_not_sent_elsewhere(self) -> None:
        with serving() as other, serving() as server, driving() as driver:
            server.change = Trap(
                Answer(307, {"Location": f"{other.url}/v2/name/blobs/uploads/"}), path="/v2/name/blobs/uploads/"
            )
            with pytest.raises(Unavailable, match="it answered 307"):
                driver.run(blobs.begin(at(server.host)))
            assert other.asked == []

    def test_an_upload_at_another_host_is_shown_nothing(self) -> None:
        with serving() as other, serving() as server, driving() as driver:
            self.logged_in(server, driver)
            other.fake.uploads["x"] = b""
            url = f"{other.url}/v2/name/blobs/uploads/x"
            driver.run(blobs.send(Upload(at(server.host), url), Body(lambda: iter([LAYER]))))
            assert other.fake.uploads["x"] == LAYER
            assert "authorization" not in other.asked[0].headers


class TestAttempts:
    """What may pass is tried again."""

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
    def test_it_passes(self, status: int) -> None:
        with serving(Trap(Answer(status), Answer(status))) as server, driving() as driver:
            assert fetch(driver, at(server.host)) == IMAGE.raw_manifest
            assert len(server.asked) == 3

    @pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
    def test_what_does_not_pass(self, status: int) -> None:
        with serving(Trap(Answer(status))) as server, driving() as driver:
            with pytest.raises(Exception, match=f"it answered {status}"):
                fetch(driver, at(server.host))
            assert len(server.asked) == 1

    def test_until_enough_is_enough(self) -> None:
        body = b'{"errors": [{"message": "on fire"}]}'
        with serving(Trap(*[Answer(500, {}, body)] * 9)) as server, driving() as driver:
            with pytest.raises(
                Unavailable, match=rf"cannot fetch {server.host}/name:1: {server.host} answered 500, on fire"
            ) as raised:
                fetch(driver, at(server.host))
            assert raised.value.hint == "tried 3 times in a row; try again later"
            assert len(server.asked) == 3
            server.asked.clear()
            with pytest.raises(Unavailable):
                fetch(driver, replace(at(server.host), is_mirror=True))
            assert len(server.asked) == 2, "there is another to ask"

    def test_a_server_that_says_when_is_left_alone_so_long(self) -> None:
        with serving(Trap(Answer(429, {"Retry-After": "1"}))) as server, driving() as driver:
            assert fetch(driver, at(server.host)) == IMAGE.raw_manifest
            assert len(server.asked) == 2

    def test_a_server_that_wants_to_be_left_alone_for_long(self) -> None:
        with serving(Trap(Answer(429, {"Retry-After": "86400"}))) as server, driving() as driver:
            with pytest.raises(Unavailable) as raised:
                fetch(driver, at(server.host))
            assert "asks to be left alone for" in raised.value.hint
            assert len(server.asked) == 1

    def test_connections_that_break(self) -> None:
        broken = Answer(raw=(), ending="reset")
        with serving(Trap(broken, broken)) as server, driving() as driver:
            assert fetch(driver, at(server.host)) == IMAGE.raw_manifest

    def test_what_cannot_be_repeated_is_not(self) -> None:
        with serving() as server, driving() as driver:
            upload = driver.run(blobs.begin(at(server.host)))
            server.change = lambda asked, honest: Answer(503, {"Retry-After": "7"})
            server.asked.clear()
            with pytest.raises(Interrupted, match=r"was broken off: .* answered 503") as raised:
                driver.run(blobs.send(upload, Body(lambda: iter([LAYER]))))
            assert raised.value.cause.pause == 7
            assert len(server.asked) == 1

    @pytest.mark.parametrize(
        ("status", "words"), [(507, ""), (503, "no space left on /srv/registry"), (500, "no space left")]
    )
    def test_a_full_disk_is_not_waited_for(self, status: int, words: str) -> None:
        body = json.dumps({"errors": [{"code": "UNKNOWN", "message": "unknown", "detail": words}]}).encode()
        with serving(lambda asked, honest: Answer(status, {}, body)) as server, driving() as driver:
            what = f"a push to {server.host}/name finds no room there: it answered {status}"
            with pytest.raises(Denied) as raised:
                driver.run(blobs.begin(at(server.host)))
            assert raised.value.message == what
            assert len(server.asked) == 1

    def test_each_request_has_its_verb(self) -> None:
        with socket.socket() as taken, driving(replace(QUICK, attempts=1)) as driver:
            taken.bind(("127.0.0.1", 0))  # and never listens
            place = at(f"127.0.0.1:{taken.getsockname()[1]}")
            for flow_of, words in (
                (documents.fetch(place, "1"), f"fetch {place.host}/name:1"),
                (documents.look(place, "1", blobs.PUSH), f"send {place.host}/name:1"),
                (blobs.begin(place), f"send a layer of {place.host}/name"),
                (documents.delete(place, "1"), f"delete {place.host}/name:1"),
                (try_login(place, Login("ann", "word")), f"ask {place.host}"),
            ):
                with pytest.raises(Unavailable, match=f"^cannot {words}: {place.host} does not take connections$"):
                    driver.run(flow_of)

    def test_a_flow_may_go_another_way(self) -> None:
        def either(bad: Place, good: Place) -> Conversation[str]:
            try:
                yield get(bad)
            except Unavailable:
                yield get(good)
                return "the other"
            return "the first"

        with serving(Trap(*[REFUSED] * 3)) as server, driving() as driver:
            assert driver.run(either(at(server.host), at(server.host))) == "the other"


class TestSizeAndTime:
    """Servers that send too much, or too slowly."""

    @pytest.mark.parametrize("frame", ["length", "chunked", "closed"])
    def test_documents_have_a_limit(self, frame: str) -> None:
        large = Answer(200, {"Content-Type": wares.MANIFEST}, [bytes(1 << 16)] * 1000, 1000 << 16, frame)  # type: ignore[arg-type]
        with serving(lambda asked, honest: large) as server, driving() as driver:
            with pytest.raises(Corrupt, match=f"{server.host}/name:1 is longer than the 4194304 bytes"):
                fetch(driver, at(server.host))
            assert len(server.asked) == 1
            eventually(lambda: server.asked[0].sent < 1000 << 16)

    def test_of_a_refusal_the_beginning_is_read(self) -> None:
        def refuse(asked: Asked, honest: Honest) -> Answer:
            return changed(endless("chunked")(honest(), asked, World(server, server, 0)), status=404)

        with serving() as server, driving() as driver:
            server.change = refuse
            with pytest.raises(NotFound, match="it answered 404"):
                fetch(driver, at(server.host))

    @pytest.mark.parametrize("change", [drip(1, 0.05), silence], ids=["drip", "silence"])
    def test_slow_bytes(self, change: Callable[[Answer, Asked, World], Answer]) -> None:
        with serving() as server, driving(replace(QUICK, silence_seconds=0.4, attempts=1)) as driver:
            server.change = lambda asked, honest: change(honest(), asked, World(server, server, 0))
            with pytest.raises(Unavailable, match=r"sends too slowly|has gone silent"):
                fetch(driver, at(server.host))

    def test_cancel_ends_a_wait(self) -> None:
        cancel = Cancel()
        with serving() as server, driving(cancel=cancel) as driver:
            server.change = lambda asked, honest: silence(honest(), asked, World(server, server, 0))
            ended: list[BaseException] = []

            def wait() -> None:
                try:
                    fetch(driver, at(server.host))
                except Abandoned as error:
                    ended.append(error)

            thread = threading.Thread(target=wait)
            thread.start()
            eventually(lambda: server.asked)
            cancel.set()
            thread.join(15)
            assert [type(error) for error in ended] == [Abandoned]
            with pytest.raises(Abandoned):
                fetch(driver, at(server.host))

    def test_cancel_ends_a_pause(self) -> None:
        cancel = Cancel()

        def refuse(asked: Asked, honest: Honest) -> Answer:
            cancel.set()
            return REFUSED

        with serving(refuse) as server, driving(replace(QUICK, pause_seconds=50), cancel=cancel) as driver:
            place = at(server.host)
            with pytest.raises(Abandoned):
                fetch(driver, place)


def test_connections_are_used_again() -> None:
    with serving() as server, driving() as driver:
        place = at(server.host)
        for _ in range(5):
            driver.run(documents.look(place, "1"))
            fetch(driver, place)
            opened = driver.run(blobs.open_blob(place, WHAT))
            assert b"".join(opened.chunks) == LAYER
            opened.close()
            with pytest.raises(NotFound):
                driver.run(documents.fetch(place, "missing"))
        assert server.connections == 2


def test_logins_are_asked_for_where_they_are_wanted() -> None:
    with serving() as server:
        challenge = Answer(401, {"WWW-Authenticate": 'Basic realm="x"'})
        login = Login("ann", "secret")
        server.change = lambda asked, honest: (
            honest() if asked.headers.get("authorization") == login.basic else challenge
        )
        with driving(logins=MemoryLogins({server.host: login})) as driver:
            assert fetch(driver, at(server.host)) == IMAGE.raw_manifest
            assert fetch(driver, at(server.host)) == IMAGE.raw_manifest
            assert len(server.asked) == 3
            assert driver.run_alone(only(get(at(server.host)))).status == 401
            assert "authorization" not in server.asked[-1].headers
        with driving() as driver, pytest.raises(Unauthorized, match=f"{server.host} does not give name to everyone"):
            fetch(driver, at(server.host))


def test_a_proxy() -> None:
    with serving() as server:
        proxy = f"http://user:word@{server.host}"
        network = replace(QUICK, attempts=1, proxies={"http_proxy": proxy, "https_proxy": proxy})
        with driving(network) as driver:
            assert fetch(driver, at("registry.example.test")) == IMAGE.raw_manifest
        assert [each.method for each in server.asked] == ["CONNECT", "GET"]
        assert server.asked[1].headers["host"] == "registry.example.test"
        assert server.asked[1].headers["proxy-authorization"] == "Basic dXNlcjp3b3Jk"
        network = replace(network, proxies={**network.proxies, "no_proxy": "example.test"})
        with (
            driving(network) as driver,
            pytest.raises(Unavailable, match=r"is no known host name|cannot be looked up now"),
        ):
            fetch(driver, at("registry.example.test"))


def pieces(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield bytes([number % 251]) * 70_000


@pytest.mark.parametrize("size", [None, 20 * 70_000])
def test_a_body_that_streams_arrives_whole(size: int | None) -> None:
    with serving() as server, driving() as driver:
        upload = driver.run(blobs.begin(at(server.host)))
        after = driver.run(blobs.send(upload, Body(lambda: pieces(20), size)))
        (arrived,) = server.fake.uploads.values()
        assert arrived == b"".join(pieces(20))
        assert after.size == len(arrived)
        assert ("transfer-encoding" in server.asked[-1].headers) is (size is None)


class Hasty:
    """A server that answers when it has seen the head of a request with a body, and hangs up; `answers` in turn."""

    def __init__(self, *answers: bytes, tls: ssl.SSLContext | None = None) -> None:
        self._answers = list(answers)
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.heads: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Hasty:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while self._answers:
            try:
                connection = self._listening.accept()[0]
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                if self._tls is None:
                    self._answer(connection)
                    continue
                with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                    self._answer(wrapped)

    def _answer(self, stream: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = stream.recv(1000)
            head += piece
            if not piece:
                return
            if head[:1] == b"\x16":  # the beginning of TLS
                stream.sendall(b"it is not spoken here\r\n")
                return
        self.heads.append(head)
        stream.sendall(self._answers.pop(0))
        time.sleep(0.2)  # as servers do, lest what they say is lost in the reset that follows


def told(line: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {line}", *headers, "Content-Length: 0", "Connection: close", "", "")).encode()


@pytest.mark.parametrize("is_tls", [False, True])
@pytest.mark.parametrize("size", [None, 600 * 70_000])
def test_a_refusal_before_all_was_sent_is_told_as_that(is_tls: bool, size: int | None, authority: Authority) -> None:
    login = Login("ann", "secret")
    refusals = (told("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"'), told("413 Too Large"))
    with Hasty(*refusals, tls=context(authority) if is_tls else None) as server:
        with driving(logins=MemoryLogins({server.host: login}), tls=Tls(bundle=authority.bundle)) as driver:
            body = Body(lambda: pieces(600), size)
            with pytest.raises(Denied, match=rf"a layer of {server.host}/name is too large for it: it answered 413"):
                driver.run(blobs.send(Upload(at(server.host), "/upload"), body))
        assert [b"Authorization: Basic" in head for head in server.heads] == [False, True]
