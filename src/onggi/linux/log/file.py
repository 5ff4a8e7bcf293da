"""The newest file of a log, which is written to, and what becomes of it when it is full."""

from __future__ import annotations

import os
import time

from onggi.linux.log import compressor
from onggi.linux.log.lines import Lines
from onggi.linux.log.names import shift, uncompressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from onggi.linux.log.blocks import Blocks
    from onggi.linux.log.json_lines import JsonLines
    from onggi.linux.loop import Loop, Timer

    Layout: TypeAlias = Blocks | JsonLines

UNLIMITED = 1 << 62
QUIET = 1.0  # seconds without a full file, before the older ones are compressed: a burst needs the processor itself


class LogFile:
    """Options: max-size (bytes of a file), max-file (how many there are at most), compress ("true": the older ones).
    Without options it is one file that grows."""

    def __init__(self, layout: Layout, options: dict[str, str], loop: Loop) -> None:
        self._layout = layout
        self._capacity = int(options.get("max-size", UNLIMITED))
        self._count = int(options.get("max-file", 1))
        self._compresses = options.get("compress") == "true"
        self._loop = loop
        self._timer: Timer | None = None
        self._is_compressing = False
        self._open()
        self._compress_later()

    def append(self, stream: str, data: bytes, start: int, end: int) -> None:
        """Write data[start:end], whole lines or a piece of one. Raises OSError when the disk is full, and leaves whole
        records."""
        lines = Lines(stream, time.time_ns(), data, start, end)
        while lines.start < lines.end:
            if self._file < 0:
                self._open()
            head = b"" if self._size else self._layout.begin(lines.time)
            self._write([head, *self._layout.encode(lines, self._size + len(head), self._capacity)])
            if lines.start < lines.end:
                self._rotate()
                lines.time = time.time_ns()

    def close(self) -> None:
        """Nothing more comes. What is left to compress is compressed by a process that outlives us."""
        if self._file >= 0:
            os.close(self._file)
        self._loop.cancel(self._timer)
        if self._has_work() and not self._is_compressing:
            compressor.start(self._layout.path)

    def _open(self) -> None:
        self._file = os.open(self._layout.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._size = self._layout.go_on(self._file)
        if self._size < os.fstat(self._file).st_size:  # a monitor that was killed left a piece of a record
            os.ftruncate(self._file, self._size)

    def _write(self, buffers: list[bytes | memoryview]) -> None:
        whole = sum(map(len, buffers))
        try:
            done = os.writev(self._file, buffers)
            while done < whole:  # the next one says why
                done += os.write(self._file, b"".join(buffers)[done:])
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += whole

    def _rotate(self) -> None:
        os.close(self._file)
        self._file = -1
        shift(self._layout.path, self._count)
        self._open()
        self._compress_later()

    def _compress_later(self) -> None:
        self._loop.cancel(self._timer)
        self._timer = self._loop.after(QUIET, self._compress) if self._has_work() else None

    def _has_work(self) -> bool:
        return self._compresses and any(uncompressed(self._layout.path))

    def _compress(self) -> None:
        if self._is_compressing or not self._has_work():
            return
        pid = compressor.start(self._layout.path)
        process = os.pidfd_open(pid)
        self._is_compressing = True

        def end(events: int) -> None:
            _, status = os.waitpid(pid, 0)
            self._loop.forget(process)
            os.close(process)
            self._is_compressing = False
            if status == 0:  # else with the next file
                self._compress_later()

        self._loop.watch(process, end)
