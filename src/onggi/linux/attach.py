"""Be a client of a container's monitor: connect a terminal or pipes to it, wait for it, send it signals."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal as signals
import socket
import struct
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from onggi.container.home import SOCKET
from onggi.container.life import RUNNING
from onggi.container.stdio import Stdio, Unheeded
from onggi.errors import Conflict, Unavailable
from onggi.linux import channel, frames, report
from onggi.linux.detach import DetachKeys, detach_sequence
from onggi.linux.loop import READ, WRITE, Loop, is_ready
from onggi.linux.presence import is_monitored
from onggi.linux.state import read_state

PROXIED = (
    signals.SIGHUP,
    signals.SIGINT,
    signals.SIGQUIT,
    signals.SIGTERM,
    signals.SIGUSR1,
    signals.SIGUSR2,
)
MOST_ENDINGS = 3  # SIGINT and SIGTERM that we pass on before we go ourselves, as Docker's command does
READ_SIZE = 256 * 1024
RECEIVE_SIZE = 1024 * 1024
_JOIN_SECONDS = 5.0  # for a monitor to say that we are attached
MOST_PARTS = 1024  # of one write (IOV_MAX)
MOST_UNSENT = 256 * 1024  # bytes of input that wait for the monitor before stdin is read on


def pair() -> tuple[socket.socket, socket.socket]:
    """(ours, the monitor's): for a container that is started attached, so that not a byte is missed."""
    return socket.socketpair()


def attach(
    home: str | Path,
    streams: Stdio,
    connection: socket.socket | None = None,
    *,
    show_log: Callable[[int], object] | None = None,
    at_end: Callable[[], object] = lambda: None,
) -> int | None:
    """Connect until the container ends or the person detaches. Returns its exit code, or None if detached. Who has no
    more than its stdin leaves at the end of that.
    Raises Unheeded when it is still there after being told to end three times.

    `connection` is our end of `pair()`, or what `join` gave; without it we connect to a container that is running.
    show_log: then told up to which moment (ns since the epoch) the log is to be shown before what comes. at_end: does
    what is to be done when the container has ended (--rm); if we are killed before it has, the monitor does."""
    keys = detach_sequence(streams.detach_keys) if streams.terminal else b""
    with connection or connect(home) as peer, contextlib.ExitStack() as stack:
        session = _Session(home, peer, streams, keys)
        stack.callback(session.close)
        session.show_log, session.at_end = show_log, at_end
        if connection is None:
            session.send(frames.ATTACH, frames.WITH_LOG if show_log else b"")
        if streams.terminal and streams.stdin is not None and os.isatty(streams.stdin):
            stack.enter_context(raw(streams.stdin))
        if streams.terminal:
            session.redraw()
        stack.enter_context(_signals(session))
        return session.run()


def join(home: str | Path, *, with_log: bool) -> socket.socket:
    """A connection that is attached to one that runs, from now on. with_log: its `attach` is to show the log. Conflict
    if it does not run."""
    peer = connect(home)
    try:
        peer.sendall(frames.frame(frames.ATTACH, frames.WITH_LOG if with_log else frames.ANSWERED))
        is_ready(peer.fileno(), 1000 * _JOIN_SECONDS)
    except BaseException as error:
        peer.close()
        if isinstance(error, ConnectionError):
            raise Conflict("the container has ended") from error
        raise
    return peer


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
            settle(home)
            return state.exit_code
        time.sleep(0.005)  # its monitor is about to say how it ended


def settle(home: str | Path) -> None:
    """Wait until the monitor of a container whose state says that it has ended has told so: then its events are
    written, and it can be removed. At once for one that runs, or has no monitor any more."""
    while is_monitored(home) and read_state(home).status not in RUNNING:
        time.sleep(0.001)


def send_signal(home: str | Path, number: int) -> None:
    """Send a signal to the container's first process. Conflict if it does not run."""
    request(home, frames.SIGNAL, frames.NUMBER.pack(number))


def send_stop(home: str | Path, number: int, keeps: bool = False) -> None:
    """The same, with one that shall end it for good. `keeps`: its monitor does not remove it then, as --rm asks."""
    request(home, frames.STOP, frames.TWO_NUMBERS.pack(number, keeps))


def request(home: str | Path, kind: int, payload: bytes = b"") -> None:
    """Ask the container's monitor for something. Conflict if the container does not run; what the monitor answers when
    it cannot be done."""
    with connect(home) as peer:
        _ask(peer, kind, payload)


def tell(home: str | Path, kind: int, payload: bytes) -> None:
    """The same, where nothing is answered."""
    with connect(home) as peer:
        peer.sendall(frames.frame(kind, payload))


def _ask(peer: socket.socket, kind: int, payload: bytes = b"") -> None:
    peer.sendall(frames.frame(kind, payload))
    for answer, reason in _frames(peer):
        if answer == frames.ANSWER and not reason:
            return
        if answer == frames.ANSWER:
            raise report.decode(reason)
    raise Conflict("the container has ended")


def connect(home: str | Path) -> socket.socket:
    """A connection to the container's monitor. Raises Conflict."""
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


@contextlib.contextmanager
def pause(home: str | Path) -> Iterator[None]:
    """Paused as long as the block lasts, or this process lives. As `request`."""
    with connect(home) as peer:
        _ask(peer, frames.PAUSE, frames.WHILE_WE_ARE_HERE)
        try:
            yield
        finally:
            with contextlib.suppress(Conflict, ConnectionError):  # it has ended, or someone let it go on
                _ask(peer, frames.UNPAUSE)


def lost(home: str | Path) -> Unavailable:
    """Why its monitor hung up on us, who waited for more."""
    time.sleep(0.1)  # of a process that ends, our connection may be closed before the lock
    if is_monitored(home):
        return Unavailable(
            "the container goes on, but there was no space left to keep its output for us", hint="free some disk"
        )
    return Unavailable("the container's monitor was killed, and the container with it")


def _frames(peer: socket.socket, deadline: float | None = None) -> Iterator[tuple[int, bytes]]:
    """What the monitor says until it goes. TimeoutError when `deadline`, by the monotonic clock, is over."""
    parser = frames.Parser()
    while True:
        if deadline is not None and not is_ready(peer.fileno(), 1000 * max(0.0, deadline - time.monotonic())):
            raise TimeoutError
        data = _receive(peer)
        if not data:
            return
        yield from ((kind, bytes(payload)) for kind, payload in parser.feed(data))


def _receive(peer: socket.socket) -> bytes:
    try:
        return peer.recv(READ_SIZE)
    except ConnectionResetError:
        return b""


class _Session:
    """One attached connection and the loop around it. The container's stdin is written to by way of the monitor, or
    right into its pipe, where the monitor has given us that."""

    def __init__(self, home: str | Path, peer: socket.socket, streams: Stdio, keys: bytes) -> None:
        self.home = home
        self.peer = peer
        self.streams = streams
        self.keys = DetachKeys(keys)
        self.stdin = streams.stdin
        self.loop = Loop()
        self.parser = frames.Parser()
        self.unsent = bytearray()
        self.received = bytearray(RECEIVE_SIZE)
        self.parts: list[bytes | memoryview] = []  # of frames that are to be written
        self.input = -1  # the pipe
        self.unwritten = memoryview(b"")
        self.has_sent_input = False
        self.has_left = False
        self.show_log: Callable[[int], object] | None = None
        self.at_end: Callable[[], object] = lambda: None
        self.exit_code: int | None = None
        self.endings = 0  # how often it was told to end
        self.wakeup, self.waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> int | None:
        self.loop.watch(self.wakeup, self.on_wakeup)
        if self.streams.peer is not None:
            self.loop.watch(self.streams.peer, self.on_hang_up, 0)
        if self.stdin is None:
            self.send(frames.KEEP_STDIN)
        elif self.streams.first:
            self.type(self.streams.first)
        while self.exit_code is None and not (self.is_done() and not self.unsent):
            self.loop.watch(self.peer.fileno(), self.on_peer, READ | WRITE if self.unsent else READ)
            if self.unwritten:
                self.loop.watch(self.input, self.on_input, WRITE)
            if self.stdin is not None and not self.unwritten and len(self.unsent) < MOST_UNSENT:
                self.loop.watch(self.stdin, self.on_stdin)
            elif self.stdin is not None:
                self.loop.forget(self.stdin)
            self.loop.turn()
        return self.exit_code

    def is_done(self) -> bool:
        """The person has left; or who is connected to its stdin only has nothing more to write."""
        only_writes = self.streams.stdin is not None and self.streams.stdout is self.streams.stderr is None
        has_no_reader = only_writes or self.has_left
        return self.keys.were_pressed or (has_no_reader and self.stdin is None and not self.unwritten)

    def close(self) -> None:
        self.leave_input()
        os.close(self.wakeup)
        os.close(self.waker)

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

    def write(self, kind: int, payload: bytes | memoryview) -> None:
        target = {frames.STDOUT: self.streams.stdout, frames.STDERR: self.streams.stderr}.get(kind)
        if target is None or self.has_left:
            return
        if self.streams.has_headers:
            self.parts += (frames.HEADER.pack(kind, len(payload)), payload)
        else:
            self.write_parts(target, [payload])

    def write_frames(self) -> None:
        """All that came at once, at once."""
        target = self.streams.stdout if self.streams.stdout is not None else self.streams.stderr
        if self.parts and target is not None:
            self.write_parts(target, self.parts)
        self.parts = []

    def write_parts(self, target: int, parts: Sequence[bytes | memoryview]) -> None:
        try:
            write_all(target, parts)
        except (BrokenPipeError, ConnectionResetError):
            if self.streams.peer is None:
                raise
            self.leave()

    def on_hang_up(self, events: int) -> None:
        self.leave()

    def leave(self) -> None:
        """Nobody reads the output any more; what was written to stdin before is still there."""
        self.has_left = True
        if self.streams.peer is not None:
            self.loop.forget(self.streams.peer)

    def on_peer(self, events: int) -> None:
        if events & WRITE:
            self.flush()
        if not events & ~WRITE:
            return
        size, descriptors = channel.receive_into(self.peer, self.received)
        self.take_input(descriptors)
        for kind, payload in self.parser.feed(memoryview(self.received)[:size]):
            self.on_frame(kind, payload)
        self.write_frames()
        if not size:
            raise lost(self.home)

    def on_frame(self, kind: int, payload: bytes | memoryview) -> None:
        if kind == frames.LOGGED and self.show_log:
            self.show_log(*frames.MOMENT.unpack(payload))
        elif kind == frames.EXIT:
            self.leave_input()
            self.leave_stdin()
            self.write_frames()
            self.at_end()
            self.send(frames.TAKEN)
            self.exit_code = int.from_bytes(payload, "big")
        else:
            self.write(kind, payload)

    def on_stdin(self, events: int) -> None:
        assert self.stdin is not None
        try:
            data = os.read(self.stdin, READ_SIZE)
        except ConnectionResetError:
            data = b""
        if data:
            self.type(data)
        else:
            self.leave_input()
            self.leave_stdin()
            self.send(frames.CLOSE_STDIN)

    def type(self, data: bytes) -> None:
        """Pass it on to the container's stdin."""
        if self.input >= 0:
            self.unwritten = memoryview(data)
            self.on_input(WRITE)
        elif passed := self.keys.without(data):
            self.has_sent_input = True
            self.send(frames.STDIN, passed)
        if self.keys.were_pressed:
            self.leave_stdin()
            self.send(frames.DETACH)

    def take_input(self, descriptors: tuple[int, ...]) -> None:
        for descriptor in descriptors:
            if self.stdin is None or self.has_sent_input:
                os.close(descriptor)
            else:
                self.input = descriptor

    def on_input(self, events: int) -> None:
        """There is room in the pipe."""
        try:
            while self.unwritten:
                self.unwritten = self.unwritten[os.write(self.input, self.unwritten) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # the container has closed it, or starts again with another one: the monitor knows
            rest = self.unwritten.tobytes()
            self.leave_input()
            self.send(frames.STDIN, rest)
        else:
            self.loop.forget(self.input)

    def leave_input(self) -> None:
        self.unwritten = memoryview(b"")
        if self.input >= 0:
            self.loop.forget(self.input)
            os.close(self.input)
            self.input = -1

    def leave_stdin(self) -> None:
        """What comes from here on is not for the container."""
        if self.stdin is not None:
            self.loop.forget(self.stdin)
            self.stdin = None

    def on_wakeup(self, events: int) -> None:
        for number in os.read(self.wakeup, 256):
            if number == signals.SIGWINCH:
                self.resize()
            else:
                self.pass_on(number)

    def pass_on(self, number: int) -> None:
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


def write(target: int, data: bytes | memoryview, stream: int | None = None) -> None:
    """All of it; with Docker's header in front if it is said of which stream it is."""
    write_all(target, [data] if stream is None else [frames.HEADER.pack(stream, len(data)), data])


def write_all(target: int, parts: Sequence[bytes | memoryview]) -> None:
    """One after the other, with as few calls as can be."""
    for start in range(0, len(parts), MOST_PARTS):
        several = parts[start : start + MOST_PARTS]
        written = os.writev(target, several)
        for part in several:
            rest = memoryview(part)[written:]
            written = max(0, written - len(part))
            while rest:
                rest = rest[os.write(target, rest) :]


def terminal_size(descriptor: int) -> tuple[int, int]:
    """Rows and columns."""
    rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, b"\0" * 8))
    return rows, columns


def stdin_size(streams: Stdio | None) -> tuple[int, int] | None:
    """Rows and columns of the terminal that is our stdin; None if none is."""
    if streams is None or streams.stdin is None or not os.isatty(streams.stdin):
        return None
    return terminal_size(streams.stdin)


@contextlib.contextmanager
def raw(descriptor: int) -> Iterator[None]:
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
