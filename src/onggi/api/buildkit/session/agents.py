"""SSH agents of a client: `moby.sshforward.v1.SSH` (moby/buildkit, session/sshforward).

What goes through is not looked at: a client lets builds only list keys and sign, and may have said that it is no agent
that is at the end of it (`--ssh id=socket,raw=true`).
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session import pump
from onggi.api.buildkit.session.calls import ask
from onggi.api.buildkit.session.messages import tell
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import CheckAgentRequest, CheckAgentResponse
from onggi.linux.agent_socket import MOST, listen

CHECK = "/moby.sshforward.v1.SSH/CheckAgent"
FORWARD = "/moby.sshforward.v1.SSH/ForwardAgent"
_NAME = "ssh agent"  # of threads


class Agents:
    """By the names that steps ask for. The client is asked once whether it has one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}

    def __contains__(self, name: str) -> bool:
        with self._lock:
            if name not in self._known:
                self._known[name] = self._is_there(name)
            return self._known[name]

    def listen(self, name: str, path: Path, *, uid: int = 0, gid: int = 0, mode: int = 0o600) -> Relay:
        """A socket at `path` that leads to the agent, until it is closed."""
        metadata = (("buildkit.ssh.id", name),)
        return Relay(path, listen(path, uid, gid, mode), lambda: self._session.channel.call(FORWARD, metadata))

    def _is_there(self, name: str) -> bool:
        """However the client says no (in Go's words, without a code)."""
        try:
            ask(self._session, CHECK, CheckAgentRequest(id=name), CheckAgentResponse)
        except CallError:
            return False
        return True


class Relay:
    """Each connection to a socket becomes a call, and has two threads, one for each direction."""

    def __init__(self, path: Path, listener: socket.socket, call: Callable[[], Stream]) -> None:
        self._path = path
        self._listener = listener
        self._call = call
        self._room = threading.BoundedSemaphore(MOST)
        self._lock = threading.Lock()
        self._is_closed = False
        self._under_way: dict[threading.Thread, tuple[socket.socket, Stream]] = {}
        self._accepting = threading.Thread(target=self._accept, name=_NAME, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Ends what is under way and removes the socket; may be called again."""
        with self._lock:
            self._is_closed = True
            for connection, stream in self._under_way.values():
                _end(connection, stream)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self._accepting.join()
        with self._lock:
            last = list(self._under_way)
        for thread in last:
            thread.join()
        with suppress(FileNotFoundError):
            os.unlink(self._path)

    def _accept(self) -> None:
        with self._listener, suppress(OSError):  # of a socket that was shut down
            while self._room.acquire() and not self._is_closed:
                self._begin(self._listener.accept()[0])

    def _begin(self, connection: socket.socket) -> None:
        try:
            stream = self._call()
        except CallError:
            connection.close()  # the client has gone: an agent that hangs up
            self._room.release()
            return
        thread = threading.Thread(target=self._converse, args=(connection, stream), name=_NAME, daemon=True)
        with self._lock:
            if self._is_closed:
                _end(connection, stream)
            self._under_way[thread] = connection, stream
        thread.start()

    def _converse(self, connection: socket.socket, stream: Stream) -> None:
        sending = threading.Thread(target=_send, args=(connection, stream), name=_NAME, daemon=True)
        sending.start()
        pump.write(stream, connection)
        _end(connection, stream)
        sending.join()
        connection.close()
        with self._lock:
            del self._under_way[threading.current_thread()]
        self._room.release()


def _send(connection: socket.socket, stream: Stream) -> None:
    """What the step says, to the client."""
    with suppress(OSError, CallError):
        for piece in pump.read(connection):
            tell(stream, piece)
        stream.finish()


def _end(connection: socket.socket, stream: Stream) -> None:
    pump.shut(connection)
    stream.give_up()
