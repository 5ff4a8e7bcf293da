"""Run a further process in a container, and be its terminal or the other end of its pipes."""

from __future__ import annotations

import contextlib
import fcntl
import marshal
import os
import signal
import socket
import struct
import termios
import threading
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path

import msgspec

from onggi.container.op import Plan
from onggi.container.stdio import Stdio
from onggi.errors import Invalid
from onggi.linux import channel, frames, report
from onggi.linux.attach import connect, lost, raw, stdin_size
from onggi.linux.detach import DetachKeys, detach_sequence
from onggi.linux.loop import READ, WRITE, Loop, is_ready

READ_SIZE = 64 * 1024
PIPE_SIZE = 256 * 1024


def execute(
    home: str | Path, plan: Plan, streams: Stdio | None, id: str, size: tuple[int, int] | None = None
) -> int | None:
    """Its exit code; None at once without `streams`, or when the person detached. `id`: of its record. `size`: rows and
    columns of its terminal; None: those of ours. Raises Failed (126, 127) if its program cannot be executed, Conflict
    if the container does not run, or it was started before."""
    rows, columns = size or stdin_size(streams) or (0, 0)
    document = {**msgspec.to_builtins(plan), "options": {"rows": rows, "columns": columns, "id": id}}
    with connect(home) as peer, contextlib.ExitStack() as stack:
        ours, its = _pipes(stack) if streams and not plan.terminal else ([], [])
        _ask(peer, marshal.dumps(document), its, ours[1:])
        session = _Session(home, peer, stack)
        session.wait_for_start()
        if streams is None:
            return None
        if session.master:
            session.be_terminal(streams, session.master)
        else:
            session.be_pipes(ours, streams)
        return session.run()


def _ask(peer: socket.socket, document: bytes, its: Sequence[FileIO], outputs: Sequence[FileIO]) -> None:
    """Ask for it, and give its ends away; where its output is read, it may do so when we have gone."""
    frame = frames.frame(frames.EXEC, document)
    if len(document) > frames.LONGEST:
        raise Invalid("the command is too long", hint="put what is long into a file, or into its stdin")
    channel.send(peer, frame[:1], [each.fileno() for each in (*its, *outputs)])
    peer.sendall(frame[1:])
    for each in its:
        each.close()


def _pipes(stack: contextlib.ExitStack) -> tuple[list[FileIO], list[FileIO]]:
    """Our ends and its, of stdin, stdout and stderr. As files, each of which is closed once, whoever does it first:
    a number that is closed again may be another's by then, in a process with threads."""
    ours, its = [], []
    for number in range(3):
        pipe = os.pipe()
        read, write = stack.enter_context(FileIO(pipe[0], "r")), stack.enter_context(FileIO(pipe[1], "w"))
        fcntl.fcntl(read, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        mine, other = (write, read) if number == 0 else (read, write)
        os.set_blocking(mine.fileno(), False)
        ours.append(mine)
        its.append(other)
    return ours, its


class _Pump:
    """Bytes from one descriptor to another, as fast as that takes them and no faster. `stream`: said in Docker's header
    in front of each piece. on_broken: called when nobody reads them any more."""

    def __init__(
        self,
        loop: Loop,
        source: int,
        target: int | None,
        *,
        keys: DetachKeys | None = None,
        stream: int | None = None,
        on_broken: Callable[[], None] | None = None,
    ) -> None:
        self.loop = loop
        self.source = source
        self.target = target
        self.keys = keys
        self.stream = stream
        self.on_broken = on_broken
        self.pending = b""
        self.is_open = True
        loop.watch(source, self.on_source)

    def on_source(self, events: int) -> None:
        try:
            data = os.read(self.source, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:  # a terminal whose other end is closed
            data = b""
        if not data:
            self.end()
            return
        self.take(data)

    def take(self, data: bytes) -> None:
        passed = self.keys.without(data) if self.keys else data
        self.pending = passed if self.stream is None else frames.frame(self.stream, passed)
        self.push()

    def push(self) -> None:
        """Write; what is not taken now is written before more is read."""
        if self.target is None:
            self.pending = b""
        while self.pending:
            assert self.target is not None
            try:
                self.pending = self.pending[os.write(self.target, self.pending) :]
            except BlockingIOError:
                self.loop.forget(self.source)
                self.loop.watch(self.target, self.on_target, WRITE)
                return
            except (BrokenPipeError, ConnectionResetError):  # nobody reads it
                self.pending = b""
                if self.on_broken:
                    self.on_broken()
                else:
                    self.end()
                return

    def on_target(self, events: int) -> None:
        assert self.target is not None
        self.loop.forget(self.target)
        self.loop.watch(self.source, self.on_source)
        self.push()

    def drain(self) -> None:
        """What is there already, and no more, however slowly that is taken."""
        self.settle()
        while self.is_open and is_ready(self.source, 0):
            self.on_source(READ)
            self.settle()

    def settle(self) -> None:
        """What has been read, is written."""
        while self.pending and self.target is not None:
            is_ready(self.target, None, WRITE)
            self.on_target(WRITE)

    def end(self) -> None:
        self.is_open = False
        self.loop.forget(self.source)


class _Input(_Pump):
    """The person's stdin: its end is the end of the process's."""

    def __init__(self, loop: Loop, source: int, inlet: FileIO, keys: DetachKeys | None = None) -> None:
        super().__init__(loop, source, inlet.fileno(), keys=keys)
        self.inlet = inlet

    def end(self) -> None:
        super().end()
        if self.target is not None:
            self.loop.forget(self.target)
            self.inlet.close()
            self.target = None


class _Session:
    """`stack`: closes in the end what it has been given."""

    def __init__(self, home: str | Path, peer: socket.socket, stack: contextlib.ExitStack) -> None:
        self.home = home
        self.peer = peer
        self.stack = stack
        self.loop = Loop()
        self.parser = frames.Parser()
        self.outputs: list[_Pump] = []
        self.keys: DetachKeys | None = None
        self.input: _Input | None = None
        self.has_left = False
        self.exit_code: int | None = None
        self.has_started = False
        self.master: FileIO | None = None

    def wait_for_start(self) -> None:
        """Raises why it did not start."""
        while not self.has_started and self.exit_code is None:
            self.on_peer(READ)

    def be_terminal(self, streams: Stdio, terminal: FileIO) -> None:
        master, stack = terminal.fileno(), self.stack
        os.set_blocking(master, False)
        if streams.stdin is not None:
            self.keys = DetachKeys(detach_sequence(streams.detach_keys))
            if os.isatty(streams.stdin):
                stack.enter_context(raw(streams.stdin))
                stack.enter_context(self._resizing(master, streams))
            inlet = stack.enter_context(FileIO(os.dup(master), "w"))
            self.input = _Input(self.loop, streams.stdin, inlet, self.keys)
        self._be_read(streams, (frames.STDOUT, master, streams.stdout))

    def be_pipes(self, ours: Sequence[FileIO], streams: Stdio) -> None:
        inlet, out, err = ours
        if streams.stdin is None:
            inlet.close()
        else:
            self.input = _Input(self.loop, streams.stdin, inlet)
        outputs = ((frames.STDOUT, out.fileno(), streams.stdout), (frames.STDERR, err.fileno(), streams.stderr))
        self._be_read(streams, *outputs)

    def _be_read(self, streams: Stdio, *outputs: tuple[int, int, int | None]) -> None:
        """`outputs`: the stream, where it is read and where it goes."""
        leave = None
        if streams.peer is not None:
            leave = self.leave
            self.loop.watch(streams.peer, lambda events: self.leave(), 0)
            self._peer = streams.peer
        for stream, source, target in outputs:
            header = stream if streams.is_multiplexed else None
            self.outputs.append(_Pump(self.loop, source, target, stream=header, on_broken=leave))
        if streams.first and self.input:
            self.input.take(streams.first)

    def leave(self) -> None:
        """Nobody reads the output any more; what was written to stdin before is still there."""
        self.has_left = True
        self.loop.forget(self._peer)
        for output in self.outputs:
            output.target = None

    def is_done(self) -> bool:
        """The person has left."""
        if self.keys and self.keys.were_pressed:
            return True
        return self.has_left and not (self.input and self.input.is_open)

    def run(self) -> int | None:
        self.loop.watch(self.peer.fileno(), self.on_peer)
        while self.exit_code is None and not self.is_done():
            self.loop.turn()
        for output in self.outputs:  # what it wrote before it ended; not what those write whom it left behind
            output.drain()
        return self.exit_code

    def on_peer(self, events: int) -> None:
        data, descriptors = channel.receive(self.peer, READ_SIZE)
        if descriptors:
            self.master = self.stack.enter_context(FileIO(descriptors[0], "r+"))
        if not data:
            raise lost(self.home)
        for kind, payload in self.parser.feed(data):
            if kind == frames.EXIT and self.exit_code is None:
                (self.exit_code,) = frames.NUMBER.unpack(payload)
            elif kind == frames.ANSWER and payload:
                raise report.decode(bytes(payload))
            elif kind == frames.ANSWER:
                self.has_started = True

    @contextlib.contextmanager
    def _resizing(self, master: int, streams: Stdio) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def resize(number: int, frame: object) -> None:
            if size := stdin_size(streams):
                fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

        before = signal.signal(signal.SIGWINCH, resize)
        try:
            yield
        finally:
            signal.signal(signal.SIGWINCH, before)
