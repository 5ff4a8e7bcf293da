"""What a client sends as one stream: `moby.upload.v1.Upload/Pull`. A tar from its standard input, to build from."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError

from onggi.api.buildkit.channel import Stream
from onggi.api.buildkit.sessions import Session
from onggi.api.buildkit.status import CallError
from onggi.api.buildkit.wire.session_pb2 import BytesMessage
from onggi.errors import Corrupt, Unavailable, Unsupported

METHOD = "/moby.upload.v1.Upload/Pull"
_HOST = "http://buildkit-session/"


def is_upload(url: str) -> bool:
    """Whether a context that looks like a URL is one that the client sends itself."""
    return url.startswith(_HOST)


class Upload(io.RawIOBase):
    """To be read once. Reading raises Unavailable where the client sends no more, Corrupt for what is none of it."""

    def __init__(self, session: Session, url: str) -> None:
        if not session.serves(METHOD):
            raise Unsupported(f"the client does not send {url}")
        self._session = session
        self._url = url
        self._stream: Stream | None = None
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            data = self._next()
            if data is None:
                return 0
            self._left = data
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def close(self) -> None:
        if self._stream is not None:
            self._stream.give_up()
        super().close()

    def _next(self) -> bytes | None:
        try:
            if self._stream is None:
                self._stream = self._call()
            message = self._stream.receive()
            return None if message is None else BytesMessage.FromString(message).data
        except CallError as error:
            raise Unavailable(f"the client does not send its context: {error.message}") from error
        except DecodeError as error:
            raise Corrupt("the client sent what is no piece of a context") from error

    def _call(self) -> Stream:
        url = urlsplit(self._url)
        return self._session.channel.call(METHOD, [("urlpath", url.path), ("urlhost", url.netloc)])
