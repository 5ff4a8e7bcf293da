from __future__ import annotations

import os
import threading

from onggi.engine.build.pipes import pass_on

OUT, ERR = 1, 2


class Heard:
    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []

    def __call__(self, stream: int, data: bytes) -> None:
        self.pieces.append((stream, data))

    def of(self, stream: int) -> bytes:
        return b"".join(data for each, data in self.pieces if each == stream)


def test_what_was_written_before_an_error_is_told_before_it() -> None:
    (out, to_out), (err, to_err) = os.pipe(), os.pipe()
    os.write(to_out, b"line\n" * 1000)
    os.write(to_err, b"FATAL\n")
    os.close(to_out)
    os.close(to_err)
    heard = Heard()
    pass_on(out, err, heard)
    assert heard.pieces == [(OUT, b"line\n" * 1000), (ERR, b"FATAL\n")]
    os.close(out)
    os.close(err)


def test_errors_come_after_what_was_written_before_them_while_both_are_written() -> None:
    (out, to_out), (err, to_err) = os.pipe(), os.pipe()

    def write() -> None:
        for number in range(2000):
            os.write(to_out, b"%d\n" % number)
            os.write(to_err, b"%d\n" % number)
        os.close(to_out)
        os.close(to_err)

    told = 0

    def check(stream: int, data: bytes) -> None:
        nonlocal told
        last = int(data.split()[-1])
        if stream == OUT:
            told = last
        else:
            assert last <= told

    writer = threading.Thread(target=write)
    writer.start()
    pass_on(out, err, check)
    writer.join()
    assert told == 1999
    os.close(out)
    os.close(err)


def test_a_stream_that_is_closed_early_does_not_end_the_other() -> None:
    (out, to_out), (err, to_err) = os.pipe(), os.pipe()
    os.close(to_err)

    def write() -> None:
        for _ in range(100):
            os.write(to_out, b"z" * 4096)
        os.close(to_out)

    writer = threading.Thread(target=write)
    writer.start()
    heard = Heard()
    pass_on(out, err, heard)
    writer.join()
    assert heard.of(OUT) == b"z" * 409_600
    os.close(out)
    os.close(err)
