"""What the Engine API makes of what is no request, or makes no sense: Docker's document, and nothing stays."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, cast

import hypothesis
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from requests import Request
from tests import processes
from tests.api.client import Client, UnixConnection
from tests.waiting import eventually

from onggi.api import openapi, versions
from onggi.api.application import ROUTES

from .conftest import Onggi

CREATE = b"POST /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
INFO = b" /v1.41/info HTTP/1.1\r\nHost: x\r\n\r\n"


def with_body(body: bytes, head: bytes = CREATE) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def ask(path: Path, data: bytes) -> tuple[int, bytes]:
    """Status and body; 0 where the connection was closed without a word."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(path))
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has read enough, and what it says about it can be read
        try:
            answer = HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.read()
        except (ConnectionError, OSError):
            return 0, b""


HOSTILE: dict[str, tuple[bytes, set[int]]] = {
    "no JSON": (with_body(b'{"Image":'), {400}),
    "a list": (with_body(b"[]"), {400}),
    "a number for a text": (with_body(b'{"Image":12}'), {400}),
    "a text for a truth": (with_body(b'{"Tty":"yes"}'), {400}),
    "a number that is too large": (with_body(b'{"HostConfig":{"Memory":' + b"9" * 50 + b"}}"), {400}),
    "a number with 5000 digits": (with_body(b'{"HostConfig":{"Memory":' + b"9" * 5000 + b"}}"), {400}),
    "not a number": (with_body(b'{"HostConfig":{"Memory":NaN}}'), {400}),
    "no UTF-8": (with_body(b'{"Image":"\xff\xfe"}'), {400}),
    "half a surrogate": (with_body(b'{"Image":"\\ud800"}'), {400, 404}),
    "a NUL": (with_body(b'{"Image":"a\\u0000b"}'), {400}),
    "very deep": (with_body(b"[" * 100_000), {400}),
    "too large": (CREATE + b"Content-Length: 99999999\r\n\r\n" + b" " * (5 << 20), {413}),
    "a broken chunk": (CREATE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", {400}),
    "two lengths": (CREATE + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "a negative length": (CREATE + b"Content-Length: -1\r\n\r\n", {400}),
    "an unknown field": (with_body(b'{"Image":"nobody/has","Surprise":{"a":[1]}}'), {404}),
    "no HTTP": (b"hello\r\n\r\n", {400}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n", {400}),
    "a flood of headers": (b"GET /_ping HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(9999)), {400, 0}),
    "a huge header": (b"GET /_ping HTTP/1.1\r\nX: " + b"y" * (1 << 20) + b"\r\n\r\n", {400, 0}),
    "a huge path": (b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n", {400, 0}),
    "another method": (b"PUT" + INFO, {404}),
    "no method": (b"BREW" + INFO, {400, 404}),
    "a path outside": (b"GET /v1.41/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
    "a name that leads out": (b"GET /containers/%2e%2e%2f%2e%2e/json HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
    "a volume that leads out": (b"GET /volumes/..%2f..%2fcontainers HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "an image that leads out": (b"GET /images/..%2f..%2fblobs/json HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "a NUL in the path": (b"GET /containers/a%00b/json HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "no UTF-8 in the path": (b"GET /containers/%ff%fe/json HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "raw bytes in the path": (b"GET /containers/\xff\xfe/json HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "raw bytes in the query": (b"GET /containers/json?limit=\xff HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "filters that are none": (b"GET /containers/json?filters=[ HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "no version": (b"GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
    "half a version": (b"GET /v1.41.2/info HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
    "a version to come": (b"GET /v1.99/info HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "an upgrade of nothing": (
        b"POST /containers/nobody/attach?stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
        {404},
    ),
    "an upgrade to something else": (
        b"POST /containers/nobody/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        {404},
    ),
    "a websocket that is none": (b"GET /containers/nobody/attach/ws HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "a Dockerfile of the host": (
        with_body(bytes(1024), b"POST /build?dockerfile=/etc/passwd HTTP/1.1\r\n"),
        {400, 404},
    ),
    "a Dockerfile outside": (with_body(bytes(1024), b"POST /build?dockerfile=../../etc/passwd HTTP/1.1\r\n"), {400}),
    "a folder of the host to build": (b"POST /build?remote=/etc HTTP/1.1\r\nHost: x\r\n\r\n", {400, 501}),
}


@pytest.mark.one_server
@pytest.mark.parametrize("what", HOSTILE)
def test_what_makes_no_sense_gets_dockers_document(api: Client, what: str) -> None:
    data, statuses = HOSTILE[what]
    status, body = ask(api.path, data)
    assert status in statuses, body
    if status:
        assert isinstance(msgspec.json.decode(body)["message"], str)
        assert b"Traceback" not in body


def open_files(server: int) -> int:
    """But for those by which each of its threads reads the database."""
    found = 0
    for each in Path(f"/proc/{server}/fd").iterdir():
        try:
            found += "/onggi.db" not in os.readlink(each)
        except FileNotFoundError:
            pass  # it has been closed meanwhile
    return found


@pytest.fixture
def server(api: Client) -> int:
    """Its process."""
    (found,) = processes.with_word(f"unix://{api.path}".encode())
    return int(found.name)


def test_nothing_stays(api: Client, onggi: Onggi, server: int) -> None:
    api.request("POST", "/containers/create", {"Image": "nobody/has"})  # the first that writes opens a file for good
    before = open_files(server)
    for data, _statuses in HOSTILE.values():
        ask(api.path, data)
    eventually(lambda: open_files(server) <= before)
    assert len(os.listdir(f"/proc/{server}/task")) < 40
    assert os.listdir(onggi.root / "tmp") == []
    assert api.get("/containers/json", all="1") == []


def test_those_who_say_little_do_not_stop_others(api: Client, server: int) -> None:
    api.get("/containers/json")
    before = open_files(server)
    with ExitStack() as stack:
        for number in range(800):
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            connection.connect(str(api.path))
            connection.sendall(b"GET /_ping HT" if number % 2 else CREATE + b"Content-Length: 100\r\n\r\n{")
        assert api.get("/containers/json") == []
    eventually(lambda: open_files(server) <= before)


# Against what it says of itself

NOBODY = "127.0.0.1:1"
"""A registry, or a host, that does not take connections."""
HEAD_SECONDS = 20


def _of_name(case: Any) -> None:
    case.path_parameters = {**case.path_parameters, "name": f"{NOBODY}/shop"}


def _of_login(case: Any) -> None:
    case.body = {**(case.body if isinstance(case.body, dict) else {}), "serveraddress": NOBODY}


def _of_source(case: Any) -> None:
    there = {"remote": f"http://{NOBODY}/x", "fromSrc": f"http://{NOBODY}/x", "fromImage": f"{NOBODY}/shop"}
    found = {name: value for name, value in (case.query or {}).items() if name not in ("outputs", "session")}
    case.query = {name: there.get(name, value) if value else value for name, value in found.items()}


ASKS_OTHERS: dict[str, Callable[[Any], None]] = {
    "/auth": _of_login,
    "/build": _of_source,
    "/distribution/{name}/json": _of_name,
    "/images/create": _of_source,
    "/images/{name}/push": _of_name,
}
"""Requests by which a registry, or a host of anybody's, is asked for something: they ask nobody, and few times, since
each tries again."""
FEW, SOME, MANY = 3, 10, 40
BODIES = {"/build": b"FROM busybox:1.35\nRUN true\n"}


def cases() -> Iterator[tuple[str, Any]]:
    schema = schemathesis.openapi.from_dict(msgspec.json.decode(openapi.document(ROUTES, versions.NEWEST)))
    for found in schema.get_all_operations():
        operation: Any = cast(Any, found).ok()
        yield f"{operation.method.upper()} {operation.path}", operation


def sent(path: Path, case: Any) -> tuple[int, bytes]:
    """Status, and of a document the body: of what goes on without an end there is none."""
    how = case.as_transport_kwargs(base_url="http://onggi")
    asked = Request(how["method"], how["url"], params=how.get("params"), json=how.get("json"), data=how.get("data"))
    prepared = asked.prepare()
    body = prepared.body if isinstance(prepared.body, bytes) else str(prepared.body or "").encode()
    body = body or BODIES.get(case.operation.path, b"")
    connection = UnixConnection(path, timeout=HEAD_SECONDS)
    try:
        connection.putrequest(str(prepared.method), prepared.path_url, skip_accept_encoding=True)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        ends = answer.getheader("Content-Length") or case.operation.path in ASKS_OTHERS
        return answer.status, answer.read() if ends else b""
    finally:
        connection.close()


def test_no_request_that_it_describes_is_a_mistake_of_ours(api: Client) -> None:
    api.request("POST", "/images/busybox:1.35/tag", repo=f"{NOBODY}/shop")
    for name, operation in cases():
        examples = MANY if operation.path in BODIES else FEW if operation.path in ASKS_OTHERS else SOME
        _try(api.path, name, operation.as_strategy(), examples)


def _try(path: Path, name: str, strategy: Any, examples: int) -> None:
    @hypothesis.given(case=strategy)
    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any) -> None:
        ASKS_OTHERS.get(case.operation.path, lambda case: None)(case)
        status, body = sent(path, case)
        assert status not in (500, 502, 504), (name, status, body)
        if status >= 400 and not name.startswith("HEAD "):
            assert isinstance(msgspec.json.decode(body)["message"], str), (name, body)

    check: Callable[[], None] = one
    check()
