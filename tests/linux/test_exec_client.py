"""What a further process wrote, on its way to who reads it."""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import ExitStack
from io import FileIO

from onggi.linux.exec_client import READ_SIZE, _Pump
from onggi.linux.loop import Loop


def test_what_is_left_gets_through_to_one_that_does_not_wait_for_its_reader() -> None:
    said = os.urandom(3 * READ_SIZE)
    heard = bytearray()
    with ExitStack() as stack:
        source, writer = pipe(stack, len(said))
        reader, target = pipe(stack, 4096)
        os.set_blocking(target.fileno(), False)
        writer.write(said)
        writer.close()

        def read() -> None:
            while data := reader.read(1000):
                heard.extend(data)

        thread = threading.Thread(target=read)
        pump = _Pump(Loop(), source.fileno(), target.fileno())
        thread.start()
        pump.drain()
        target.close()
        thread.join()
    assert bytes(heard) == said


def pipe(stack: ExitStack, size: int) -> tuple[FileIO, FileIO]:
    """With room for so many bytes."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, size)
    return stack.enter_context(FileIO(reader, "r")), stack.enter_context(FileIO(writer, "w"))
