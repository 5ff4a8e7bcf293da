"""Be a client of a container's monitor: connect a terminal or pipes to it, wait for it, send it signals."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal as signals
import socket
import struct
import termios
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

from onggi.container.stdio import Stdio, Unheeded
from onggi.errors import Conflict, Invalid, Unavailable
from onggi.linux import frames
from onggi.linux.clients import SOCKET
from onggi.linux.state import RUNNING, is_monitored, read_state

DETACHED = None
PROXIED = (
    signals.SIGHUP,
    signals.SIGINT,
    signals.SIGQUIT,
    signals.SIGTERM,
    signals.SIGUSR1,
    signals.SIGUSR2,
)
MOST_ENDINGS = 3  # SIGINT and SIGTERM that we pass on before we go ourselves, as Docker's command does
READ_SIZE = 64 * 1024
MOST_UNSENT = 256 * 1024  # bytes of input that wait for the monitor before stdin is read on


def pair() -> tuple[socket.socket, socket.socket]:
    """(ours, the monitor's): for a container that is started attached, so that not a byte is missed."""
    return socket.socketpair()


def attach(home: str | Path, streams: Stdio, connection: socket.socket | None = None) -> int | None:
    """Connect until the container ends or the person detaches. Returns its exit code, or None if detached.
    Raises Unheeded when it is still there after being told to end three times.

    `connection` is our end of `pair()`; without it we connect to a container that is running."""
    keys = detach_sequence(streams.detach_keys) if streams.terminal else b""
    with connection or connect(home) as peer, contextlib.ExitStack() as stack:
        session = _Session(home, peer, streams, keys)
        stack.callback(session.close)
        if connection is None:
            session.send(frames.ATTACH)
        if streams.terminal and streams.stdin is not None and os.isatty(streams.stdin):
            stack.enter_context(_raw(streams.stdin))
        if streams.terminal:
            session.redraw()
        stack.enter_context(_signals(session))
        return session.run()


def wait(home: str | Path, timeout: float | None = None) -> int | None:
    """The exit code of the container's present or last run; None if it has not ended after `timeout` seconds."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        try:
            with connect(home) as peer:
                for kind, payload in _frames(peer, deadline):
                    if kind == frames.EXIT:
                        return int.from_bytes(payload, "big")
        except TimeoutError:
            return None
        except Conflict:
            pass
        state = read_state(home)
        if state.status not in RUNNING:
            return state.exit_code
        time.sleep(0.005)  # its monitor is about to say how it ended


def send_signal(home: str | Path, number: int) -> None:
    """Send a signal to the container's first process. Conflict if it does not run."""
    with connect(home) as peer:
        peer.sendall(frames.frame(frames.SIGNAL, frames.NUMBER.pack(number)))
        for kind, payload in _frames(peer):
            if kind == frames.ANSWER and not payload:
                return
            if kind == frames.ANSWER:
                raise Conflict(f"signal {number} could not be sent to the container: {payload.decode()}")
    raise Conflict("the container has ended")


def connect(home: str | Path) -> socket.socket:
    """A connection to the container's monitor. Conflict if there is none."""
    folder = None
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        folder = os.open(home, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        peer.connect(f"/proc/self/fd/{folder}/{SOCKET}")  # the folder's own path may be longer than a socket's may
    except (FileNotFoundError, ConnectionRefusedError):
        peer.close()
        raise Conflict("the container is not running") from None
    finally:
        if folder is not None:
            os.close(folder)
    return peer


def detach_sequence(text: str) -> bytes:
    """ "ctrl-p,ctrl-q" → the bytes that these keys send; "" for none."""
    sequence = bytearray()
    for key in text.split(",") if text else ():
        if len(key) == 1 and key.isascii():
            sequence += key.encode()
        elif key.startswith("ctrl-") and len(key) == 6 and "@" <= key[5].upper() <= "_":
            sequence.append(ord(key[5].upper()) - 64)
        else:
            raise Invalid(f"invalid detach key {key!r}", hint='write keys as in "ctrl-p,ctrl-q" or "a"')
    return bytes(sequence)


def _frames(peer: socket.socket, deadline: float | None = None) -> Iterator[tuple[int, bytes]]:
    """What the monitor says until it goes. TimeoutError when `deadline`, by the monotonic clock, is over."""
    parser = frames.Parser()
    while True:
        if deadline is not None and not select.select([peer], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        data = _receive(peer)
        if not data:
            return
        yield from parser.feed(data)


def _receive(peer: socket.socket) -> bytes:
    try:
        return peer.recv(READ_SIZE)
    except ConnectionResetError:
        return b""


class _Session:
    """One attached connection and the loop around it."""

    def __init__(self, home: str | Path, peer: socket.socket, streams: Stdio, keys: bytes) -> None:
        self.home = home
        self.peer = peer
        self.streams = streams
        self.keys = keys
        self.matched = 0  # how many of the detach keys were pressed just now
        self.unsent = bytearray()
        self.reads_stdin = streams.stdin is not None
        self.is_detached = False
        self.endings = 0  # how often it was told to end
        self.wakeup, self.waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> int | None:
        parser = frames.Parser()
        poll = select.poll()
        poll.register(self.wakeup, select.POLLIN)
        while not (self.is_detached and not self.unsent):
            poll.register(self.peer, select.POLLIN | (select.POLLOUT if self.unsent else 0))
            if self.streams.stdin is not None:
                wanted = self.reads_stdin and len(self.unsent) < MOST_UNSENT
                if wanted:
                    poll.register(self.streams.stdin, select.POLLIN)
                else:
                    with contextlib.suppress(KeyError):
                        poll.unregister(self.streams.stdin)
            ready = dict(poll.poll())
            if self.wakeup in ready:
                self.on_signals(os.read(self.wakeup, 256))
            if ready.get(self.peer.fileno(), 0) & select.POLLOUT:
                self.flush()
            if ready.get(self.peer.fileno(), 0) & ~select.POLLOUT:
                data = _receive(self.peer)
                for kind, payload in parser.feed(data):
                    if kind == frames.EXIT:
                        self.send(frames.TAKEN)
                        return int.from_bytes(payload, "big")
                    self.write(kind, payload)
                if not data:
                    raise self.lost()
            if self.streams.stdin is not None and self.streams.stdin in ready:
                self.read_stdin(self.streams.stdin)
        return DETACHED

    def close(self) -> None:
        os.close(self.wakeup)
        os.close(self.waker)

    def lost(self) -> Unavailable:
        """Why the monitor hung up on us."""
        time.sleep(0.1)  # of a process that ends, our connection may be closed before the lock
        if is_monitored(self.home):
            return Unavailable(
                "the container goes on, but there was no space left to keep its output for us", hint="free some disk"
            )
        return Unavailable("the container's monitor was killed, and the container with it")

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.unsent += frames.frame(kind, payload)
        self.flush()

    def flush(self) -> None:
        try:
            while self.unsent:
                count = self.peer.send(self.unsent, socket.MSG_DONTWAIT)
                del self.unsent[:count]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            self.unsent.clear()  # it ends: what it has sent before is still to be read

    def write(self, kind: int, payload: bytes) -> None:
        target = {frames.STDOUT: self.streams.stdout, frames.STDERR: self.streams.stderr}.get(kind)
        if target is not None:
            rest = memoryview(payload)
            while rest:
                rest = rest[os.write(target, rest) :]

    def read_stdin(self, descriptor: int) -> None:
        data = os.read(descriptor, READ_SIZE)
        if not data:
            self.reads_stdin = False
            self.send(frames.CLOSE_STDIN)
            return
        if self.keys:
            data = self.without_detach_keys(data)
        if data:
            self.send(frames.STDIN, data)
        if self.is_detached:
            self.reads_stdin = False
            self.send(frames.DETACH)

    def without_detach_keys(self, data: bytes) -> bytes:
        """What goes to the container. The first keys of the sequence are kept back until the next one tells."""
        passed = bytearray()
        for byte in data:
            if byte == self.keys[self.matched]:
                self.matched += 1
                if self.matched == len(self.keys):
                    self.is_detached = True
                    break
                continue
            passed += self.keys[: self.matched]
            self.matched = 0
            if byte == self.keys[0]:
                self.matched = 1
            else:
                passed.append(byte)
        return bytes(passed)

    def on_signals(self, numbers: bytes) -> None:
        for number in numbers:
            if number == signals.SIGWINCH:
                self.resize()
            else:
                with contextlib.suppress(Conflict):  # it has just ended
                    send_signal(self.home, number)
                self.endings += number in (signals.SIGINT, signals.SIGTERM)
                if self.endings == MOST_ENDINGS:
                    raise Unheeded(f"got {MOST_ENDINGS} SIGTERM/SIGINTs")

    def size(self) -> tuple[int, int] | None:
        descriptor = self.streams.stdin if self.streams.stdin is not None else self.streams.stdout
        if descriptor is None or not os.isatty(descriptor):
            return None
        return terminal_size(descriptor)

    def resize(self) -> None:
        if size := self.size():
            self.send(frames.RESIZE, frames.SIZE.pack(*size))

    def redraw(self) -> None:
        """Say our size. By way of another size, so that a program on the whole screen draws itself again."""
        if size := self.size():
            rows, columns = size
            self.send(frames.RESIZE, frames.SIZE.pack(rows + 1, columns))
            self.send(frames.RESIZE, frames.SIZE.pack(rows, columns))


def terminal_size(descriptor: int) -> tuple[int, int]:
    """Rows and columns."""
    rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, b"\0" * 8))
    return rows, columns


@contextlib.contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """Keys as they are pressed, unseen and without a meaning to our own terminal; as it was before, in the end."""
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor, termios.TCSANOW)  # what was typed ahead stays
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _signals(session: _Session) -> Iterator[None]:
    """Signals go to the session's loop. In a thread that is not the main one Python cannot, and nothing is changed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [*(PROXIED if session.streams.passes_signals else ()), signals.SIGWINCH]
    # The pipe before the handlers, which do nothing by themselves: a signal in between would be lost.
    before = signals.set_wakeup_fd(session.waker, warn_on_full_buffer=False)
    handlers = [(number, signals.signal(number, _wake_only)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in handlers:
            signals.signal(number, handler)
        signals.set_wakeup_fd(before)


def _wake_only(number: int, frame: object) -> None:
    """The number is in the wake-up pipe already."""
