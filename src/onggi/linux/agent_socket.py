"""A socket for one step that answers for an SSH agent, and lets through what a build may ask."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from contextlib import suppress
from pathlib import Path

from onggi.linux.agent_filter import AgentFilter, Malformed

_CHUNK = 1 << 16
MOST = 64
"""Conversations at a time: a step's are paid with descriptors of ours."""

_PATIENCE = 2.0
"""Seconds until an agent that takes no connections counts as gone, as in BuildKit."""


class AgentSocket:
    """A listening socket whose conversations go, filtered, to the agent at `upstream`; one thread serves them all."""

    def __init__(self, upstream: str, path: Path, *, uid: int, gid: int, mode: int) -> None:
        self.path = path
        self._upstream = upstream
        self._listener = listen(path, uid, gid, mode)
        self._selector = selectors.DefaultSelector()
        self._conversations: set[_Conversation] = set()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="ssh agent", daemon=True)
        self._thread.start()

    def __enter__(self) -> AgentSocket:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is under way and removes the socket; may be called again."""
        self._wake.close()
        self._thread.join()
        with suppress(FileNotFoundError):
            os.unlink(self.path)

    def _serve(self) -> None:
        try:
            while self._turn():
                pass
        finally:
            for conversation in list(self._conversations):
                self._end(conversation)
            self._selector.close()
            self._listener.close()
            self._woken.close()

    def _turn(self) -> bool:
        """Does what can be done now; False when it is time to end."""
        for key, _ in self._selector.select():
            if key.fileobj is self._woken:
                return False
            if key.fileobj is self._listener:
                self._accept()
            elif key.data in self._conversations:
                self._advance(key.data)
        self._watch_listener()
        return True

    def _watch_listener(self) -> None:
        is_watched = self._listener.fileno() in self._selector.get_map()
        if is_watched and len(self._conversations) >= MOST:
            self._selector.unregister(self._listener)
        elif not is_watched and len(self._conversations) < MOST:
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it went away, or no descriptor is free now
        try:
            agent = _connect(self._upstream)
        except OSError:
            client.close()  # the agent has ended: to the client it is one that hangs up
            return
        conversation = _Conversation(client, agent)
        self._conversations.add(conversation)
        conversation.watch(self._selector)

    def _advance(self, conversation: _Conversation) -> None:
        try:
            conversation.advance()
        except (OSError, EOFError, Malformed):
            self._end(conversation)
            return
        conversation.watch(self._selector)

    def _end(self, conversation: _Conversation) -> None:
        self._conversations.discard(conversation)
        conversation.close(self._selector)


class _Conversation:
    """Moves bytes between two sockets and the filter."""

    def __init__(self, client: socket.socket, agent: socket.socket) -> None:
        self._client = client
        self._agent = agent
        self._filter = AgentFilter()
        client.setblocking(False)
        agent.setblocking(False)

    def advance(self) -> None:
        """All that can be done without waiting. Raises EOFError when a side has ended, OSError, Malformed."""
        filtered = self._filter
        if filtered.wants_requests and (data := _receive(self._client)):
            filtered.asked(data)
        if data := _receive(self._agent):
            filtered.answered(data)
        _send(self._agent, filtered.to_agent)
        _send(self._client, filtered.to_client)

    def watch(self, selector: selectors.BaseSelector) -> None:
        read, write = selectors.EVENT_READ, selectors.EVENT_WRITE
        client = read * self._filter.wants_requests | write * bool(self._filter.to_client)
        agent = read | write * bool(self._filter.to_agent)
        for side, events in ((self._client, client), (self._agent, agent)):
            if side.fileno() in selector.get_map():
                selector.unregister(side)
            if events:
                selector.register(side, events, self)

    def close(self, selector: selectors.BaseSelector) -> None:
        for side in (self._client, self._agent):
            if side.fileno() in selector.get_map():
                selector.unregister(side)
            side.close()


def listen(path: Path, uid: int, gid: int, mode: int) -> socket.socket:
    """A socket at `path`, whose owner and permissions it has before anybody can connect."""
    listener = socket.socket(socket.AF_UNIX)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")  # the path itself may be longer than a socket's may
        os.chown(path, uid, gid)
        os.chmod(path, mode)
        listener.listen()
    except BaseException:
        listener.close()
        raise
    finally:
        os.close(folder)
    return listener


def _connect(path: str) -> socket.socket:
    agent = socket.socket(socket.AF_UNIX)
    agent.settimeout(_PATIENCE)
    try:
        agent.connect(path)
    except BaseException:
        agent.close()
        raise
    return agent


def _receive(side: socket.socket) -> bytes:
    """What has arrived; b"" if nothing has. Raises EOFError at the end."""
    try:
        data = side.recv(_CHUNK)
    except BlockingIOError:
        return b""
    if not data:
        raise EOFError
    return data


def _send(side: socket.socket, data: bytearray) -> None:
    """Sends what goes now, and takes it from `data`."""
    if data:
        with suppress(BlockingIOError):
            del data[: side.send(data)]
