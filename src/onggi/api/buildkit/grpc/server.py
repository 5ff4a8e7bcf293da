"""Who is called by the other side. A call that is served has a thread to itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeAlias

from h2.errors import ErrorCodes
from h2.exceptions import H2Error

from onggi.api.buildkit.grpc.connection import GRPC, Connection
from onggi.api.buildkit.grpc.http2 import MOST_STREAMS
from onggi.api.buildkit.grpc.status import INTERNAL, UNAVAILABLE, CallError, trailers
from onggi.api.buildkit.grpc.stream import Stream, Watchers
from onggi.api.connections import PATIENCE
from onggi.api.requests import given_up

Serve: TypeAlias = Callable[[Stream], None]
_NOT_GRPC = ((":status", "415"),)
_ENDED = CallError(UNAVAILABLE, given_up().message)


class Server(Connection):
    """serve: what becomes of a call. It may raise CallError, which is its answer."""

    def __init__(self, connection: socket.socket, serve: Serve, patience: float = PATIENCE) -> None:
        super().__init__(connection, patience, is_client=False)
        self._serve = serve
        self._threads: set[threading.Thread] = set()

    def run(self, first: bytes = b"") -> None:
        """Also until whoever serves has heard of the end and is done."""
        try:
            super().run(first)
        finally:
            with self.lock:
                threads = tuple(self._threads)
            for thread in threads:
                thread.join()

    def _break_off(self) -> None:
        """Who still waits for an answer, and is there, hears why there is none: nothing is read any more."""
        with self.lock:
            for stream in self._streams.values():
                with suppress(H2Error):
                    self._h2.send_headers(stream.number, trailers(_ENDED), end_stream=True)
        super()._break_off()

    def drop(self, stream: Stream) -> None:
        """Who serves it answers that it has failed."""

    def _begin(self, number: int, headers: Mapping[str, str]) -> None:
        if len(self._threads) >= MOST_STREAMS:
            self._cut(number, ErrorCodes.REFUSED_STREAM)
            return
        if not headers.get("content-type", "").startswith(GRPC):
            with suppress(H2Error):
                self._h2.send_headers(number, _NOT_GRPC, end_stream=True)
            return
        stream = Stream(self, number, headers.get(":path", ""), headers)
        thread = threading.Thread(target=self._answer, args=(stream,), daemon=True)
        self._streams[number] = stream
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # the process can have no more
            del self._streams[number]
            self._threads.remove(thread)
            self._cut(number, ErrorCodes.REFUSED_STREAM)

    def _end_of(self, stream: Stream) -> Watchers:
        """All was asked; the answer is still to come."""
        stream.end()
        return []

    def _answer(self, stream: Stream) -> None:
        """Serve a call to its end, which its caller hears of whatever becomes of it."""
        error: CallError | None = CallError(INTERNAL, "this is a mistake of the server's; what it was is in its log")
        try:
            with suppress(H2Error), self.lock:
                self._h2.send_headers(stream.number, [(":status", "200"), ("content-type", GRPC)])
                self._flush()
            self._serve(stream)
            error = None
        except CallError as told:
            error = told
        finally:
            self._end(stream, error)

    def _end(self, stream: Stream, error: CallError | None) -> None:
        """A caller that has not said all is told not to."""
        with self.lock, suppress(H2Error):
            self._threads.discard(threading.current_thread())
            self._streams.pop(stream.number, None)
            if not stream.has_ended.is_set():
                self._h2.send_headers(stream.number, trailers(error), end_stream=True)
                if not stream.is_told:
                    self._h2.reset_stream(stream.number, ErrorCodes.NO_ERROR)
                self._flush()
