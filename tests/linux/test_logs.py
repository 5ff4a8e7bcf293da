"""Reading a log: parts of it, across its files, and while it is written."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.errors import Unsupported
from onggi.linux.journal import Journal
from onggi.linux.log import compressor, segments
from onggi.linux.log.blocks import BLOCK, HEAD_SIZE, HEADER
from onggi.linux.log.names import older
from onggi.linux.log.record import Record
from onggi.linux.logs import read_log
from onggi.linux.loop import Loop

LAYOUTS = ("local", "json-file")
NAMES = {"local": "container.log", "json-file": "box-json.log"}
START = 1_767_225_600  # 2026-01-01T00:00:00Z


class Box:
    """A container's folder with a log, and a clock that the log goes by."""

    def __init__(self, home: Path, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.driver = driver
        self.now = float(START)
        self.complaints: list[str] = []
        self.options: dict[str, str] = {}
        monkeypatch.setattr("onggi.linux.log.file.time.time_ns", lambda: round(self.now * 1_000_000_000))

    def write(self, *lines: str, stream: str = "stdout") -> None:
        with contextlib.chdir(self.home):
            log = Journal(self.driver, self.options, Loop())
            log.write(stream, "".join(f"{line}\n" for line in lines).encode())
            log.close()

    def write_seconds(self, count: int, width: int = 0) -> None:
        """A line each second, which says which one."""
        with contextlib.chdir(self.home):
            log = Journal(self.driver, self.options, Loop())
            for _ in range(count):
                number = round(self.now - START)
                stream = "stdout" if number % 10 else "stderr"
                log.write(stream, f"line {number:<{width}}\n".encode())
                self.now += 1
            log.close()

    def records(self, **options: object) -> Iterator[Record]:
        return read_log(self.home, self.driver, tell=self.complaints.append, **options)  # type: ignore[arg-type]

    def numbers(self, **options: object) -> list[int]:
        return [int(line.split()[1]) for record in self.records(**options) for line in record.log.splitlines()]

    def compress(self) -> None:
        with contextlib.chdir(self.home):
            compressor.compress(NAMES[self.driver])

    @property
    def path(self) -> Path:
        return self.home / NAMES[self.driver]


@pytest.fixture(params=LAYOUTS)
def box(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    (tmp_path / "box").mkdir()
    return Box(tmp_path / "box", request.param, monkeypatch)


@pytest.fixture(params=["one file", "many files", "compressed files"])
def hundred(request: pytest.FixtureRequest, box: Box) -> Box:
    """A hundred lines, a second apart, of which every tenth is on stderr."""
    if request.param == "one file":
        box.write_seconds(100)
    else:
        box.options = {"max-size": "900", "max-file": "100"}
        box.write_seconds(100)
        assert len(os.listdir(box.home)) > 2
    if request.param == "compressed files":
        box.compress()
        assert sum(name.endswith(".gz") for name in os.listdir(box.home)) == len(os.listdir(box.home)) - 1
    return box


def test_all_of_it(hundred: Box) -> None:
    assert hundred.numbers() == list(range(100))
    errors = [record.log for record in hundred.records() if record.stream == "stderr"]
    assert errors == [b"line %d\n" % number for number in range(0, 100, 10)]
    assert [record.time for record in hundred.records()][:2] == [START * 10**9, (START + 1) * 10**9]


@pytest.mark.parametrize("count", [0, 1, 7, 99, 100, 1000])
def test_the_tail(hundred: Box, count: int) -> None:
    assert hundred.numbers(tail=count) == list(range(100))[max(100 - count, 0) :]


@pytest.mark.parametrize("count", [0, 1, 1500, 4999, 5000, 6000])
def test_the_tail_within_many_lines_of_one_moment(box: Box, count: int) -> None:
    box.write(*(f"line {number} {'x' * 90}" for number in range(5000)))
    assert os.stat(box.path).st_size > 5 * BLOCK
    assert box.numbers(tail=count) == list(range(5000))[max(5000 - count, 0) :]


def test_since_and_until(hundred: Box) -> None:
    assert hundred.numbers(since=START + 95) == [95, 96, 97, 98, 99]
    assert hundred.numbers(since=START + 95.5) == [96, 97, 98, 99]
    assert hundred.numbers(until=START + 2) == [0, 1, 2]
    assert hundred.numbers(since=START + 1.6, until=START + 3.6) == [2, 3]
    assert hundred.numbers(since=START + 98, tail=5) == [98, 99]
    assert hundred.numbers(since=START + 1000) == []


@pytest.mark.parametrize("width", [10, 3000])
def test_since_finds_its_place_in_a_large_file(box: Box, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    box.write_seconds(2000, width)
    whole = os.stat(box.path).st_size
    read: list[int] = []
    real = os.pread

    def counted(descriptor: int, size: int, position: int) -> bytes:
        data = real(descriptor, size, position)
        read.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counted)
    for second in (0, 1, 1000, 1998, 1999):
        read.clear()
        assert box.numbers(since=START + second, until=START + second + 1)[:2] == [second, second + 1][: 2000 - second]
        assert sum(read) < whole or whole < 20 * BLOCK


def test_whole_files_that_are_too_old_are_not_opened(box: Box) -> None:
    box.options = {"max-size": "900", "max-file": "100"}
    box.write_seconds(100)
    box.compress()
    for compressed in box.home.glob("*.gz"):
        os.utime(compressed, (START + 50, START + 50))
        compressed.write_bytes(b"not gzip at all")
        os.utime(compressed, (START + 50, START + 50))
    os.utime(box.path, (START + 99, START + 99))
    assert box.numbers(since=START + 99) == [99]
    assert not box.complaints


def test_a_log_that_was_not_begun(box: Box) -> None:
    assert box.numbers() == box.numbers(follow=True) == box.numbers(tail=3) == []


def test_none_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="configured logging driver does not support reading"):
        read_log(tmp_path, "none")


def test_follow_ends_with_what_does_not_run(hundred: Box) -> None:
    assert hundred.numbers(follow=True) == list(range(100))
    assert hundred.numbers(follow=True, tail=3) == [97, 98, 99]
    assert hundred.numbers(follow=True, until=START + 3) == [0, 1, 2, 3]


# Damage.


def test_a_line_that_is_not_a_record_is_told_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, "json-file", monkeypatch)
    path = tmp_path / f"{tmp_path.name}-json.log"
    box.write("line 1")
    with path.open("a") as log:
        log.write('nonsense\n{"log":"line 9\\n","stream":"stdout","time":"yesterday"}\n{"stream":7}\n')
    box.write("line 2")
    assert box.numbers() == [1, 2]
    assert box.complaints == [f"{path} is damaged: 3 lines before byte {path.stat().st_size} left out"]


def test_a_block_that_is_damaged_is_told_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, "local", monkeypatch)
    for number in range(0, 10_000, 100):
        box.write(*(f"line {each}" for each in range(number, number + 100)))
    path = tmp_path / "container.log"
    with path.open("r+b") as log:
        log.seek(HEAD_SIZE + HEADER.size + len("".join(f"line {each}\n" for each in range(100))))
        log.write(b"\xff" * HEADER.size)
    found = box.numbers()
    assert len(box.complaints) == 1 and "container.log is damaged" in box.complaints[0]
    assert found[:100] == list(range(100)) and found[100] > 1000
    assert found[100:] == list(range(found[100], 10_000))


def test_a_compressed_file_that_is_cut_short_is_told(box: Box) -> None:
    box.options = {"max-size": "2000", "max-file": "2"}
    box.write_seconds(100)
    box.compress()
    (compressed,) = box.home.glob("*.gz")
    os.truncate(compressed, compressed.stat().st_size - 30)
    found = box.numbers()
    assert found[-1] == 99 and found == sorted(found)
    assert any("is damaged" in text for text in box.complaints)


# Both at once.


class Writer(threading.Thread):
    """Writes lines to a log until it has all of them, a few at a time; `turn` is called before each."""

    def __init__(self, box: Box, lines: int, at_once: int, turn: threading.Semaphore | None = None) -> None:
        super().__init__()
        self.box = box
        self.lines = lines
        self.at_once = at_once
        self.turn = turn
        self.log = Journal(box.driver, box.options, Loop())

    def end(self) -> None:
        """Of a test that has failed."""
        self.lines = 0
        if self.turn:
            self.turn.release()
        self.join()

    def run(self) -> None:
        for number in range(0, self.lines, self.at_once):
            if self.turn:
                self.turn.acquire()
            if not self.lines:
                break
            self.log.write(
                "stdout",
                b"".join(b"line %d\n" % each for each in range(number, min(number + self.at_once, self.lines))),
            )
        self.log.close()
        running.clear()


running = threading.Event()


@pytest.fixture
def live(box: Box, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    """A box whose container runs as long as its writer does, with the real clock."""

    class State:
        @property
        def status(self) -> str:
            return "running" if running.is_set() else "exited"

    monkeypatch.undo()
    monkeypatch.setattr("onggi.linux.logs.read_state", lambda home: State())
    running.set()
    with contextlib.chdir(box.home):
        yield box
        for thread in threading.enumerate():
            if isinstance(thread, Writer):
                thread.end()


@pytest.mark.parametrize("at_once", [1, 50, 1000])
def test_following_misses_nothing_and_doubles_nothing(live: Box, at_once: int) -> None:
    """A file is full every few lines, and the writer goes on once some of them were seen."""
    live.options = {"max-size": "5000", "max-file": "5"}
    turn = threading.Semaphore(1)
    writer = Writer(live, 3000, min(at_once, 60), turn)
    writer.start()
    seen: list[int] = []
    for record in live.records(follow=True):
        numbers = [int(line.split()[1]) for line in record.log.splitlines()]
        seen += numbers
        if numbers[-1] == min((numbers[-1] // writer.at_once + 1) * writer.at_once, writer.lines) - 1:
            turn.release()
    writer.join()
    assert seen == list(range(3000))
    assert not live.complaints


def test_following_a_file_that_is_compressed_meanwhile(live: Box) -> None:
    live.options = {"max-size": "2000", "max-file": "4"}
    writer = Writer(live, 1, 1)
    writer.log.write("stdout", b"line 0\n")
    records = live.records(follow=True)
    assert next(records).log == b"line 0\n"
    writer.log.write("stdout", b"".join(b"line %d %100d\n" % (number, 0) for number in range(1, 30)))
    compressor.compress(NAMES[live.driver])
    assert len(list(live.home.glob("*.gz"))) >= 1
    running.clear()
    assert [int(line.split()[1]) for record in records for line in record.log.splitlines()] == list(range(1, 30))
    assert not live.complaints
    writer.log.close()


def test_a_follower_that_is_too_slow_is_told(live: Box) -> None:
    live.options = {"max-size": "2000", "max-file": "2"}
    writer = Writer(live, 1, 1)
    writer.log.write("stdout", b"line 0\n")
    records = live.records(follow=True)
    assert next(records).log == b"line 0\n"
    for number in range(1, 1000):
        writer.log.write("stdout", b"line %d\n" % number)
    running.clear()
    seen = [int(line.split()[1]) for record in records for line in record.log.splitlines()]
    # what was in the file that it had open, and what is left
    assert seen == sorted(set(seen)) and seen[0] == 1 and seen[-1] == 999 and len(seen) < 900
    assert live.complaints == [
        "lines may be missing here: the log had to make place for new ones before they were read"
    ]
    writer.log.close()


def test_only_one_file(live: Box) -> None:
    live.options = {"max-size": "2000", "max-file": "1"}
    writer = Writer(live, 1, 1)
    writer.log.write("stdout", b"line 0\n")
    records = live.records(follow=True)
    assert next(records).log == b"line 0\n"
    (before,) = os.listdir(live.home)
    inode = os.stat(before).st_ino
    count = 1
    while os.stat(before).st_ino == inode:  # it is full once, and its place is another's
        writer.log.write("stdout", b"line %d\n" % count)
        count += 1
    running.clear()
    assert [int(line.split()[1]) for record in records for line in record.log.splitlines()] == list(range(1, count))
    assert bool(live.complaints) == (live.driver == "json-file")  # which does not say what was before it
    writer.log.close()


def test_a_reader_is_not_confused_by_files_that_move(live: Box) -> None:
    """Whoever reads while files move sees whole lines, in order, up to a moment after it began."""
    live.options = {"max-size": "3000", "max-file": "6"}
    writer = Writer(live, 20_000, 7)
    writer.start()
    looks = 0
    while running.is_set() or not looks:
        numbers = live.numbers()
        assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
        looks += 1
    writer.join()
    assert live.numbers()[-1] == 19_999


def test_a_reader_that_comes_while_files_move(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.options = {"max-size": "600", "max-file": "100"}
    box.write_seconds(100)
    assert (box.home / f"{box.path.name}.3").exists()
    ages = sorted((int(path.suffix[1:]) for path in box.home.glob("*.log.*")), reverse=True)
    names = older

    def moving(path: str, age: int) -> str:
        if age == 2:  # the newest has not moved yet
            for each in ages:
                os.rename(names(path, each), names(path, each + 1))
            ages.clear()
        return names(path, age)

    monkeypatch.setattr(segments, "older", moving)
    assert box.numbers() == list(range(100))
    assert not ages


def test_where_the_kernel_does_not_tell_of_changes(live: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(path: str) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("onggi.linux.syscalls.watch_folder", no_more)
    writer = Writer(live, 50, 10)
    writer.start()
    assert live.numbers(follow=True) == list(range(50))
    writer.join()


def test_follow_ends_at_a_moment(live: Box) -> None:
    Writer(live, 1, 1).log.write("stdout", b"line 0\n")
    assert live.numbers(follow=True, until=time.time() + 0.2) == [0]


def test_a_container_that_is_removed_while_it_is_followed(live: Box) -> None:
    log = Writer(live, 1, 1).log
    log.write("stdout", b"line 0\n")
    records = live.records(follow=True)
    assert next(records).log == b"line 0\n"
    live.home.rename(live.home.parent / "trash")
    running.clear()
    segments.TRIES, before = 2, segments.TRIES
    try:
        assert list(records) == []
    finally:
        segments.TRIES = before
    (live.home.parent / "trash").rename(live.home)
    log.close()
