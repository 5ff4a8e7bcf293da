"""The monitor's side of a container's stdin, stdout and stderr: three pipes, or one terminal."""

from __future__ import annotations

import fcntl
import os
from errno import EAGAIN, EIO
from struct import pack

from onggi.linux import frames
from onggi.linux.loop import READ, WRITE, Loop, is_ready

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ_SIZE = 256 * 1024
PIPE_SIZE = 1024 * 1024  # what the kernel gives without asking (pipe-max-size)
MOST_INPUT = 256 * 1024  # bytes that wait for the container to read them, before those who write them are held back
TERMINAL_SECONDS = 1.0  # how long a terminal's last bytes may take from the kernel's buffer to us

F_SETPIPE_SZ = 1031
TIOCSWINSZ = 0x5414


class Stdio:
    """`on_output` gets (stream, bytes); `on_input` is called when room for input appears or goes."""

    def __init__(self, loop: Loop, on_output: Callable[[int, bytes], None], on_input: Callable[[], None]) -> None:
        self._loop = loop
        self._on_output = on_output
        self._on_input = on_input
        self._outputs: dict[int, int] = {}  # descriptor → stream
        self._stdin = -1
        self._input = bytearray()
        self._has_all_input = False
        self.is_terminal = False
        self.is_held = False

    def pipes(self, open_stdin: bool) -> tuple[int, int, int]:
        """The container's ends of new pipes; without `open_stdin` it reads /dev/null."""
        if open_stdin:
            stdin, self._stdin = os.pipe()
            _widen(stdin)
        else:
            stdin = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        ends = []
        for stream in (frames.STDOUT, frames.STDERR):
            output, end = os.pipe()
            _widen(output)
            self._outputs[output] = stream
            ends.append(end)
        return stdin, ends[0], ends[1]

    def no_pipes(self) -> tuple[int, int, int]:
        """What a container with a terminal has until it opens that."""
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        return null, os.dup(null), os.dup(null)

    def take_terminal(self, master: int) -> None:
        self.is_terminal = True
        self._stdin = master
        self._outputs = {master: frames.STDOUT}

    def start(self) -> None:
        """Begin to read and write, now that the program runs."""
        for output in self._outputs:
            os.set_blocking(output, False)
            self._loop.watch(output, self._handler(output))
        if self._stdin >= 0 and not self.is_terminal:
            os.set_blocking(self._stdin, False)
            self._loop.watch(self._stdin, self._on_stdin, 0)

    def _handler(self, output: int) -> Callable[[int], None]:
        def handle(events: int) -> None:
            if events & ~WRITE:
                self._read(output)
            if events & WRITE:
                self._flush()

        return handle

    def _read(self, output: int) -> bool:
        """Pass on what the container wrote; False when there is nothing now."""
        try:
            data = os.read(output, READ_SIZE)
        except OSError as error:
            if error.errno == EAGAIN:
                return False
            if error.errno != EIO:  # a terminal that nobody in the container has open any more
                raise
            data = b""
        if data:
            self._on_output(self._outputs[output], data)
        else:
            self._loop.forget(output)
        return bool(data)

    def hold(self, is_held: bool) -> None:
        """Read its output no more, so that it waits; or again."""
        if is_held != self.is_held:
            self.is_held = is_held
            for output in self._outputs:
                self._loop.change(output, self._events(output))

    def _events(self, descriptor: int) -> int:
        """What to wait for."""
        reading = descriptor in self._outputs and not self.is_held
        return (READ if reading else 0) | (WRITE if self._input and descriptor == self._stdin else 0)

    def drain(self) -> None:
        """Read all that is left after the container's end. With PID 1 everything in its namespace was killed, so nobody
        writes any more; but a terminal's last bytes are handed over by a work queue of the kernel."""
        for output in self._outputs:
            while output in self._loop:
                if not self._read(output) and not (self.is_terminal and is_ready(output, TERMINAL_SECONDS * 1000)):
                    break
            self._loop.forget(output)

    # Input.

    @property
    def input_pipe(self) -> int:
        """The container's stdin, to be written to by others; -1 if it has none, or a terminal."""
        return -1 if self.is_terminal else self._stdin

    @property
    def is_full(self) -> bool:
        return len(self._input) >= MOST_INPUT

    def write(self, data: bytes | memoryview) -> None:
        """Input for the container. Ignored once its stdin is closed."""
        if self._stdin >= 0 and not self._has_all_input:
            self._input += data
            self._flush()

    def close_input(self) -> None:
        """There is no more: the container reads the end of file after what is waiting. A terminal has no such end."""
        if self._stdin >= 0 and not self.is_terminal:
            self._has_all_input = True
            self._flush()

    def _on_stdin(self, events: int) -> None:
        if events & ~WRITE:  # the container closed it
            self._close_stdin()
        else:
            self._flush()

    def _flush(self) -> None:
        was_full = self.is_full
        try:
            while self._input:
                count = os.write(self._stdin, self._input)
                del self._input[:count]
        except BlockingIOError:
            pass
        except OSError:
            self._close_stdin()
        if self._stdin >= 0:
            self._loop.change(self._stdin, self._events(self._stdin))
            if self._has_all_input and not self._input:
                self._close_stdin()
        if was_full != self.is_full:
            self._on_input()

    def _close_stdin(self) -> None:
        self._input.clear()
        if not self.is_terminal:
            self._loop.forget(self._stdin)
            os.close(self._stdin)
        self._stdin = -1

    def close(self) -> None:
        """Give up the descriptors: its program has ended."""
        if self._stdin >= 0:
            self._close_stdin()
        for output in self._outputs:
            self._loop.forget(output)
            os.close(output)
        self._outputs.clear()

    def resize(self, rows: int, columns: int) -> None:
        if self.is_terminal and self._stdin >= 0:
            fcntl.ioctl(self._stdin, TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))


def _widen(pipe: int) -> None:
    """For fewer turns with more in each."""
    try:
        fcntl.fcntl(pipe, F_SETPIPE_SZ, PIPE_SIZE)
    except OSError:  # this user has very many pipes (pipe(7): pipe-user-pages-soft), or may have only small ones
        pass
