"""What a client sends as one stream: `moby.upload.v1.Upload/Pull`. A tar from its standard input, to build from."""

from __future__ import annotations

import io
from collections.abc import Generator
from urllib.parse import urlsplit

from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.session.messages import hear
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import BytesMessage
from onggi.errors import Unavailable, Unsupported
from onggi.reader import Reader

METHOD = "/moby.upload.v1.Upload/Pull"
_HOST = "http://buildkit-session/"


def is_upload(url: str) -> bool:
    """Whether a context that looks like a URL is one that the client sends itself."""
    return url.startswith(_HOST)


def open_upload(session: Session, url: str) -> io.BufferedReader:
    """Nothing is asked for before it is read. Raises Unsupported; reading raises Unavailable where the client sends no
    more, or what is none of it."""
    if not session.serves(METHOD):
        raise Unsupported(f"the client does not send {url}")
    return io.BufferedReader(Reader(_pieces(session, url)))


def _pieces(session: Session, url: str) -> Generator[bytes, None, None]:
    address = urlsplit(url)
    try:
        stream = session.channel.call(METHOD, [("urlpath", address.path), ("urlhost", address.netloc)])
        try:
            while (message := hear(stream, BytesMessage)) is not None:
                yield message.data
        finally:
            stream.give_up()
    except CallError as error:
        raise Unavailable(f"the client does not send its context: {error.message}") from error
