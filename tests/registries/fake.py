"""A registry in memory whose answers can be changed on their way out: the honest half of the hostile one.

    with fake.serve(Fake(), change) as server:
        server.fake.put(wares.image(), "name", "1")

It does what the OCI distribution spec says of pull and push, one request at a time in as many threads as there are
connections. `change` sees each request beside a function that does what is asked and gives the honest answer; what it
returns goes out.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from .wares import Wares, digest


@dataclass
class Asked:
    """A request as the server saw it; header names in lower case. `sent` is how many bytes of a body it got so far."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    sent: int = 0


@dataclass(frozen=True)
class Answer:
    """`length` is what Content-Length says, the body's own where None. `frame`: how the body's end is told. `raw`:
    bytes instead of an HTTP answer. `ending`: what becomes of the connection behind the body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    length: int | None = None
    frame: Literal["length", "chunked", "closed"] = "length"
    ending: Literal["kept", "reset"] = "kept"
    raw: Iterable[bytes] | None = None


Change = Callable[[Asked, Callable[[], Answer]], Answer]


@dataclass
class Fake:
    """What it holds, by repository. `token`: what requests must show, "" for a registry open to all; `realm`: where
    that is to be had; `grants`: what its own token server gives to everybody."""

    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    token: str = ""
    grants: str = ""
    realm: str = ""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def put(self, wares: Wares, repository: str, tag: str) -> None:
        for name, data in wares.blobs().items():
            self.blobs[repository, name] = data
        for document in wares.documents():
            self.manifests[repository, digest(document[1])] = document
            self.manifests[repository, tag] = document

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return _json(200, {"token": self.grants, "expires_in": 300})
        if self.token and asked.headers.get("authorization") != f"Bearer {self.token}":
            challenge = f'Bearer realm="{self.realm}",service="fake",scope="repository:name:pull"'
            return _refusal(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge})
        for methods, pattern, route in _ROUTES:
            if asked.method in methods and (found := pattern.fullmatch(asked.path)):
                return route(self, asked, *found.groups())
        return _refusal(404, "UNSUPPORTED")

    def _version(self, asked: Asked) -> Answer:
        return _json(200, {})

    def _manifest(self, asked: Asked, repository: str, name: str) -> Answer:
        if (repository, name) not in self.manifests:
            return _refusal(404, "MANIFEST_UNKNOWN")
        media_type, raw = self.manifests[repository, name]
        return Answer(200, {"Content-Type": media_type, "Docker-Content-Digest": digest(raw)}, raw)

    def _put_manifest(self, asked: Asked, repository: str, name: str) -> Answer:
        document = json.loads(asked.body)
        named = [document["config"], *document["layers"]] if "config" in document else []
        if any((repository, each["digest"]) not in self.blobs for each in named):
            return _refusal(404, "MANIFEST_BLOB_UNKNOWN")
        found = digest(asked.body)
        for key in (name, found):
            self.manifests[repository, key] = (asked.headers["content-type"], asked.body)
        return Answer(201, {"Location": f"/v2/{repository}/manifests/{found}", "Docker-Content-Digest": found})

    def _blob(self, asked: Asked, repository: str, name: str) -> Answer:
        data = self.blobs.get((repository, name))
        if data is None:
            return _refusal(404, "BLOB_UNKNOWN")
        headers = {"Docker-Content-Digest": name, "Content-Type": "application/octet-stream"}
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("range", "")):
            first = int(found[1])
            if first >= len(data):
                return _refusal(416, "SIZE_INVALID")
            part = data[first : int(found[2]) + 1 if found[2] else None]
            told = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
            return Answer(206, {**headers, "Content-Range": told}, part)
        return Answer(200, headers, data)

    def _begin(self, asked: Asked, repository: str) -> Answer:
        wanted, source = asked.query.get("mount", ""), asked.query.get("from", "")
        if (source, wanted) in self.blobs:
            self.blobs[repository, wanted] = self.blobs[source, wanted]
            return Answer(201, {"Location": f"/v2/{repository}/blobs/{wanted}", "Docker-Content-Digest": wanted})
        if "digest" in asked.query:
            return self._keep(repository, asked.query["digest"], asked.body)
        name = f"upload-{next(self._numbers)}"
        self.uploads[name] = b""
        return self._under_way(202, repository, name)

    def _look_at_upload(self, asked: Asked, repository: str, name: str) -> Answer:
        return self._under_way(204, repository, name) if name in self.uploads else _refusal(404, "BLOB_UPLOAD_UNKNOWN")

    def _more(self, asked: Asked, repository: str, name: str) -> Answer:
        if name not in self.uploads:
            return _refusal(404, "BLOB_UPLOAD_UNKNOWN")
        begin = asked.headers.get("content-range", "").partition("-")[0]
        if begin and int(begin) != len(self.uploads[name]):
            return _refusal(416, "BLOB_UPLOAD_INVALID")
        self.uploads[name] += asked.body
        return self._under_way(202, repository, name)

    def _finish(self, asked: Asked, repository: str, name: str) -> Answer:
        if name not in self.uploads:
            return _refusal(404, "BLOB_UPLOAD_UNKNOWN")
        return self._keep(repository, asked.query["digest"], self.uploads.pop(name) + asked.body)

    def _keep(self, repository: str, wanted: str, data: bytes) -> Answer:
        if digest(data) != wanted:
            return _refusal(400, "DIGEST_INVALID")
        self.blobs[repository, wanted] = data
        return Answer(201, {"Location": f"/v2/{repository}/blobs/{wanted}", "Docker-Content-Digest": wanted})

    def _under_way(self, status: int, repository: str, name: str) -> Answer:
        size = len(self.uploads[name])
        headers = {"Location": f"/v2/{repository}/blobs/uploads/{name}", "Docker-Upload-UUID": name}
        return Answer(status, {**headers, "Range": f"0-{max(size - 1, 0)}"})

    def _tags(self, asked: Asked, repository: str) -> Answer:
        """Pages as the spec has them: at most n behind `last`, and a Link to those that follow."""
        every = sorted(name for held, name in self.manifests if held == repository and ":" not in name)
        rest = [tag for tag in every if tag > asked.query.get("last", "")]
        page = rest[: int(asked.query.get("n", 100))]
        answer = _json(200, {"name": repository, "tags": page})
        if len(page) < len(rest):
            answer.headers["Link"] = f'</v2/{repository}/tags/list?n={len(page)}&last={page[-1]}>; rel="next"'
        return answer


_NAME, _UPLOAD = r"/v2/(.+)", r"/v2/(.+)/blobs/uploads/([^/]+)"
_ROUTES: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[..., Answer]], ...] = (
    (("GET",), re.compile("/v2/"), Fake._version),
    (("GET", "HEAD"), re.compile(f"{_NAME}/manifests/([^/]+)"), Fake._manifest),
    (("PUT",), re.compile(f"{_NAME}/manifests/([^/]+)"), Fake._put_manifest),
    (("POST",), re.compile(f"{_NAME}/blobs/uploads/"), Fake._begin),
    (("GET",), re.compile(_UPLOAD), Fake._look_at_upload),
    (("PATCH",), re.compile(_UPLOAD), Fake._more),
    (("PUT",), re.compile(_UPLOAD), Fake._finish),
    (("GET", "HEAD"), re.compile(f"{_NAME}/blobs/([^/]+)"), Fake._blob),
    (("GET",), re.compile(f"{_NAME}/tags/list"), Fake._tags),
)


def _json(status: int, document: object) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(document).encode())


def _refusal(status: int, code: str, headers: dict[str, str] | None = None) -> Answer:
    answer = _json(status, {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]})
    answer.headers.update(headers or {})
    return answer


class Server:
    """A fake on a port of its own. `asked`: all requests, in the order in which they came; `connections`: how many
    there were."""

    def __init__(self, fake: Fake, change: Change, stopping: threading.Event) -> None:
        self.fake = fake
        self.change = change
        self.stopping = stopping
        self.asked: list[Asked] = []
        self.connections = 0
        self.host = ""
        self.is_tls = False

    @property
    def url(self) -> str:
        return f"http{'s' if self.is_tls else ''}://{self.host}"


def as_it_is(asked: Asked, honest: Callable[[], Answer]) -> Answer:
    """The change that is none."""
    return honest()


@contextmanager
def serve(fake: Fake, change: Change = as_it_is, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(fake, change, threading.Event())
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.hostile = server
        if tls is not None:
            listener.socket = tls.wrap_socket(listener.socket, server_side=True)
        server.host, server.is_tls = f"127.0.0.1:{listener.server_address[1]}", tls is not None
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            listener.shutdown()
            thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    hostile: Server

    def verify_request(self, request: object, client_address: object) -> bool:
        self.hostile.connections += 1
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hangs up, which is what is hoped for here


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def _answer(self) -> None:
        hostile = self.server.hostile
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, self._body())
        hostile.asked.append(asked)
        answer = hostile.change(asked, lambda: hostile.fake.answer(asked))
        with contextlib.suppress(OSError):  # who asked may have had enough
            self._send(asked, answer)
        if answer.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        if answer.ending == "reset" or answer.frame == "closed" or answer.raw is not None:
            self.close_connection = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # the library's name for what answers a method
            return self._answer
        raise AttributeError(name)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, asked: Asked, answer: Answer) -> None:
        if answer.raw is not None:
            for piece in answer.raw:
                self.wfile.write(piece)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.frame == "length":
            length = answer.length if answer.length is not None else len(answer.body)  # type: ignore[arg-type]
            self.send_header("Content-Length", str(length))
        elif answer.frame == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        if asked.method == "HEAD":
            return
        for piece in (answer.body,) if isinstance(answer.body, bytes) else answer.body:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if answer.frame == "chunked" else piece)
            asked.sent += len(piece)
        if answer.frame == "chunked":
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass
