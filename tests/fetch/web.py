"""A web server on this machine whose answers a test scripts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""With its key: for localhost, 127.0.0.1 and files.example.test."""


class Asked(msgspec.Struct):
    """A request as the server saw it; names of headers in lower case."""

    path: str
    headers: dict[str, str]


class Answer(msgspec.Struct):
    """`cut`: end the connection after so many bytes of the body."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b""
    cut: int | None = None


Script = Callable[[Asked], Answer]


class Web:
    """What was asked, and where the server is."""

    def __init__(self, port: int, *, is_tls: bool) -> None:
        self.port = port
        self.url = f"http{'s' if is_tls else ''}://127.0.0.1:{port}"
        self.asked: list[Asked] = []


@contextmanager
def serve(script: Script, *, is_tls: bool = False) -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
            web.asked.append(asked)
            answer = script(asked)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304 and "Transfer-Encoding" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have had enough
                self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if is_tls:
            server.socket = tls_context().wrap_socket(server.socket, server_side=True)
        web = Web(server.server_address[1], is_tls=is_tls)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()


def tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context
