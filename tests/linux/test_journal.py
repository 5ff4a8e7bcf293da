"""What goes into a log comes out of it: whatever bytes, in whatever pieces, in whichever layout."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.linux.journal import Journal
from onggi.linux.log import compressor
from onggi.linux.log.blocks import BLOCK
from onggi.linux.log.json_lines import escape, timestamp
from onggi.linux.log.lines import LONGEST_LINE
from onggi.linux.log.record import Record
from onggi.linux.logs import read_log
from onggi.linux.loop import Loop

LAYOUTS = ("local", "json-file")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A container's folder, which is the current one as it is for a monitor."""
    (tmp_path / "abc").mkdir()
    with contextlib.chdir(tmp_path / "abc"):
        yield tmp_path / "abc"


@contextlib.contextmanager
def a_home() -> Iterator[Path]:
    """One for each example of a property."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield Path(folder)


def journal(driver: str, **options: str) -> Journal:
    return Journal(driver, {name.replace("_", "-"): value for name, value in options.items()}, Loop())


def fail(text: str) -> None:
    pytest.fail(text)


def read(home: Path, driver: str, **options: object) -> list[Record]:
    return list(read_log(home, driver, tell=fail, **options))  # type: ignore[arg-type]


def text(home: Path, driver: str, stream: str = "stdout") -> bytes:
    return b"".join(record.log for record in read(home, driver) if record.stream == stream)


@pytest.mark.parametrize("driver", LAYOUTS)
def test_lines_are_logged_when_they_are_whole(home: Path, driver: str) -> None:
    log = journal(driver)
    log.write("stdout", b'one\ntw"o')
    log.write("stderr", b"error\n")
    log.write("stdout", "\n\x00\n김\nrest".encode())
    assert text(home, driver) == 'one\ntw"o\n\x00\n김\n'.encode()
    log.close()
    found = [(record.stream, record.log) for record in read(home, driver)]
    assert found[:2] == [("stdout", b"one\n"), ("stderr", b"error\n")]
    assert text(home, driver) == 'one\ntw"o\n\x00\n김\nrest'.encode()


def test_the_lines_of_a_json_file_are_docker_s(home: Path) -> None:
    log = journal("json-file", attrs='{"tag":"web"}')
    log.write("stdout", b'say "hi"\\\n\x1b[0m\x00\xff\n')
    log.write("stderr", b"rest")
    log.close()
    lines = [json.loads(line) for line in (home / "abc-json.log").read_bytes().splitlines()]
    assert [list(line) for line in lines] == [["log", "stream", "attrs", "time"]] * 3
    assert [line["log"] for line in lines] == ['say "hi"\\\n', "\x1b[0m\x00�\n", "rest"]
    assert [line["stream"] for line in lines] == ["stdout", "stdout", "stderr"]
    assert {line["attrs"]["tag"] for line in lines} == {"web"}
    assert len(lines[0]["time"]) == len("2026-01-01T10:00:00.000000000Z")
    assert os.stat("abc-json.log").st_mode & 0o777 == 0o640


def test_a_long_line_is_in_pieces_and_no_letter_is(home: Path) -> None:
    letters = "옹".encode() * LONGEST_LINE
    log = journal("json-file")
    for start in range(0, len(letters), 10_000):
        log.write("stdout", letters[start : start + 10_000])
    log.write("stdout", b"\nend\n")
    log.close()
    lines = [json.loads(line)["log"] for line in (home / "abc-json.log").read_bytes().splitlines()]
    assert "".join(lines) == letters.decode() + "\nend\n"
    assert all(len(line.encode()) <= LONGEST_LINE for line in lines)
    assert [line.endswith("\n") for line in lines] == [False] * (len(lines) - 2) + [True, True]


@pytest.mark.parametrize("driver", LAYOUTS)
def test_what_is_no_letter_is_no_reason_to_wait_for_its_beginning(home: Path, driver: str) -> None:
    log = journal(driver)
    for size in range(LONGEST_LINE - 3, LONGEST_LINE + 5):
        log.write("stdout", b"\x80" * size)
    log.close()
    whole = sum(range(LONGEST_LINE - 3, LONGEST_LINE + 5))
    assert text(home, driver) == {"local": b"\x80", "json-file": "\ufffd".encode()}[driver] * whole


def test_none_keeps_nothing(home: Path) -> None:
    log = journal("none")
    log.write("stdout", b"text\n")
    log.flush()
    log.close()
    assert os.listdir(home) == []


pieces = st.lists(
    st.tuples(
        st.sampled_from(["stdout", "stderr"]),
        st.one_of(
            st.binary(max_size=60),
            st.binary(min_size=1, max_size=40).map(lambda data: data * 600),
            st.sampled_from(
                [b"\n", b"\n" * 5000, b"x" * LONGEST_LINE, b"y" * (LONGEST_LINE - 1) + b"\n", b"\x80" * 9000]
            ),
        ),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(pieces, st.sampled_from([None, 3000, 70_000, BLOCK, 200_000]))
def test_bytes_come_back_as_they_were(written: list[tuple[str, bytes]], size: int | None) -> None:
    """With enough files to keep them all."""
    with a_home() as home:
        limits = {} if size is None else {"max_size": str(size), "max_file": "1000000"}
        log = journal("local", **limits)
        for stream, data in written:
            log.write(stream, data)
        log.close()
        for stream in ("stdout", "stderr"):
            assert text(home, "local", stream) == b"".join(data for each, data in written if each == stream)


@settings(max_examples=60, deadline=None)
@given(pieces, st.sampled_from([None, 30_000, 70_000]))
def test_text_comes_back_from_a_json_file(written: list[tuple[str, bytes]], size: int | None) -> None:
    with a_home() as home:
        log = journal("json-file", **({} if size is None else {"max_size": str(size), "max_file": "1000000"}))
        for stream, data in written:
            log.write(stream, data)
        log.close()
        for stream in ("stdout", "stderr"):
            whole = b"".join(data for each, data in written if each == stream)
            found = text(home, "json-file", stream)
            if len(whole) < LONGEST_LINE:  # where no line is cut, the same bytes are no text
                assert found == whole.decode("utf-8", "replace").encode()
            assert found.count(b"\n") == whole.count(b"\n")
            assert found.isascii() or found.decode()


@given(st.binary())
def test_escaped_text_is_json(data: bytes) -> None:
    lines = escape(data).split(b"\n")
    assert "\n".join(json.loads(b'"%b"' % line) for line in lines) == data.decode("utf-8", "replace")


@pytest.mark.parametrize("driver", LAYOUTS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_file_is_larger_and_there_are_no_more_than_asked_for(home: Path, driver: str, count: int) -> None:
    log = journal(driver, max_size="100000", max_file=str(count))
    for number in range(30):
        log.write("stdout", b"".join(b"line %06d\n" % (number * 1000 + each) for each in range(1000)))
    log.close()
    assert len(os.listdir(home)) == count
    assert all(os.stat(name).st_size <= 100_000 for name in os.listdir(home))
    lines = text(home, driver).splitlines()
    assert lines == [b"line %06d" % number for number in range(30_000 - len(lines), 30_000)]
    assert count == 1 or len(lines) > 800 * (count - 1)


@pytest.mark.parametrize("driver", LAYOUTS)
def test_a_line_that_is_larger_than_a_file(home: Path, driver: str) -> None:
    log = journal(driver, max_size="60", max_file="100")
    lines = [b"%d" % number + b"x" * 100 * number + b"\n" for number in range(20)]
    log.write("stdout", b"".join(lines))
    log.close()
    assert text(home, driver) == b"".join(lines)
    assert len(os.listdir(home)) == len(lines)


@pytest.mark.parametrize("driver", LAYOUTS)
def test_the_log_goes_on_after_a_restart(home: Path, driver: str) -> None:
    for number in range(40):
        log = journal(driver, max_size="1000", max_file="3")
        log.write("stdout", b"run %d\n" % number + b"x" * 60 + b"\n")
        log.close()
    found = [line for line in text(home, driver).splitlines() if line.startswith(b"run")]
    assert found == [b"run %d" % number for number in range(40 - len(found), 40)]
    assert len(found) > 10


@pytest.mark.parametrize("driver", LAYOUTS)
@pytest.mark.parametrize("cut", [1, 3, 20])
def test_a_record_that_was_not_written_to_its_end_is_forgotten(home: Path, driver: str, cut: int) -> None:
    log = journal(driver)
    log.write("stdout", b"first\n")
    log.write("stdout", b"second\n")
    log.close()
    (name,) = os.listdir(home)
    os.truncate(name, os.stat(name).st_size - cut)
    assert text(home, driver) == b"first\n"
    log = journal(driver)
    log.write("stdout", b"third\n")
    log.close()
    assert text(home, driver) == b"first\nthird\n"


def test_older_files_are_compressed(home: Path) -> None:
    log = journal("local", max_size="100000", max_file="3")
    log.write("stdout", b"".join(b"line %06d\n" % number for number in range(20_000)))
    log.close()
    before, times = text(home, "local"), os.stat("container.log.2").st_mtime_ns
    compressor.compress("container.log")
    assert sorted(os.listdir()) == ["container.log", "container.log.1.gz", "container.log.2.gz"]
    assert os.stat("container.log.2.gz").st_mtime_ns == times
    assert os.stat("container.log.2.gz").st_mode & 0o777 == 0o640
    assert os.stat("container.log.1.gz").st_size < 50_000
    assert text(home, "local") == before
    # and they move on as the others do
    log = journal("local", max_size="100000", max_file="3")
    log.write("stdout", b"x" * 99_000 + b"\n")
    log.close()
    assert sorted(os.listdir()) == ["container.log", "container.log.1", "container.log.2.gz"]


def test_a_file_that_moves_while_it_is_compressed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = journal("json-file", max_size="1000", max_file="4")
    log.write("stdout", b"first\n" + b"x\n" * 12)
    fill = compressor._fill

    def and_meanwhile(target: int, source: int) -> None:
        monkeypatch.setattr(compressor, "_fill", fill)
        fill(target, source)
        log.write("stdout", b"third\n" + b"x\n" * 12)

    log.write("stdout", b"second\n" + b"x\n" * 12)
    monkeypatch.setattr(compressor, "_fill", and_meanwhile)
    compressor.compress("abc-json.log")
    log.close()
    lines = text(home, "json-file").split()
    assert [line for line in lines if line != b"x"] == [b"first", b"second", b"third"]
    assert sum(name.endswith(".gz") for name in os.listdir()) == len(os.listdir()) - 1 >= 2


def test_nothing_is_compressed_into_a_container_that_is_being_removed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = journal("local", max_size="1000", max_file="2")
    log.write("stdout", b"x\n" * 600)
    log.close()
    fill = compressor._fill

    def and_meanwhile(target: int, source: int) -> None:
        fill(target, source)
        home.rename(home.parent / "trash")

    monkeypatch.setattr(compressor, "_fill", and_meanwhile)
    compressor.compress("container.log")
    assert sorted(os.listdir(home.parent / "trash")) == ["container.log", "container.log.1"]
    shutil.rmtree(home.parent / "trash")


@pytest.mark.parametrize("driver", LAYOUTS)
def test_a_full_disk_leaves_whole_records(home: Path, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = journal(driver)
    log.write("stdout", b"before\n")
    real = os.writev
    room = [3]

    def full(descriptor: int, buffers: list[bytes]) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return real(descriptor, [b"".join(buffers)[: room.pop()]])

    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", full)
        patch.setattr(os, "write", lambda descriptor, data: full(descriptor, [data]))
        with pytest.raises(OSError, match="No space left"):
            log.write("stdout", b"lost\n")
        with pytest.raises(OSError, match="No space left"):
            log.write("stdout", b"lost too\n")
    log.write("stdout", b"after\n")
    log.close()
    assert text(home, driver) == b"before\nafter\n"


def test_times_are_rfc_3339() -> None:
    assert timestamp(1_700_000_000_000_000_001) == "2023-11-14T22:13:20.000000001Z"
