"""By which the other side is called."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from h2.errors import ErrorCodes
from h2.exceptions import H2Error

from onggi.api.buildkit.grpc.connection import GRPC, Connection, gone
from onggi.api.buildkit.grpc.status import INTERNAL, UNAVAILABLE, CallError
from onggi.api.buildkit.grpc.stream import Headers, Stream, Watchers
from onggi.api.connections import PATIENCE


class Channel(Connection):
    def __init__(self, connection: socket.socket, patience: float = PATIENCE) -> None:
        super().__init__(connection, patience, is_client=True)

    def call(self, path: str, metadata: Headers = ()) -> Stream:
        """Waits where the other side serves no more at once, but not for ever. Raises CallError where the connection
        has ended, and where it can have no more calls."""
        head = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        head += [("content-type", GRPC), ("te", "trailers"), *metadata]
        with self._room:
            has_room = self._room.wait_for(lambda: self._is_over or self._may_call(), self._patience)
            if self._is_over:
                raise gone()
            if not has_room:
                raise CallError(UNAVAILABLE, f"the other side takes no more calls for {self._patience:g} seconds")
            stream = Stream(self, self._h2.get_next_available_stream_id(), path, {})
            try:
                self._h2.send_headers(stream.number, head)
            except H2Error as error:
                raise CallError(INTERNAL, f"{path} cannot be called: {error}") from error
            self._streams[stream.number] = stream
            self._flush()
        return stream

    def drop(self, stream: Stream) -> None:
        """It is given up."""
        if not stream.has_ended.is_set():
            self.reset(stream)

    def _may_call(self) -> bool:
        return self._h2.open_outbound_streams < self._h2.remote_settings.max_concurrent_streams

    def _begin(self, number: int, headers: Mapping[str, str]) -> None:
        """Nothing is served here."""
        self._cut(number, ErrorCodes.REFUSED_STREAM)

    def _end_of(self, stream: Stream) -> Watchers:
        """It was answered, also where we had more to say."""
        del self._streams[stream.number]
        if not stream.is_sent:
            self._cut(stream.number, ErrorCodes.CANCEL)
        return stream.end_both(stream.outcome)
