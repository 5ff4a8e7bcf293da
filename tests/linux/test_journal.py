from __future__ import annotations

import json
import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from onggi.linux.journal import LONGEST_LINE, Journal, split, timestamp


def records(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_lines_are_records(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "log"))
    journal.write("stdout", b'one\ntw"o')
    journal.write("stderr", b"error\n")
    journal.write("stdout", b"\n\x00\xff\n\xea\xb9\x80\nrest")
    journal.close()
    found = [(record["stream"], record["log"]) for record in records(tmp_path / "log")]
    assert found == [
        ("stdout", "one\n"),
        ("stderr", "error\n"),
        ("stdout", 'tw"o\n'),
        ("stdout", "\x00�\n"),
        ("stdout", "김\n"),
        ("stdout", "rest"),
    ]


def test_a_long_line_is_split_and_no_letter_is() -> None:
    letters = "옹".encode() * LONGEST_LINE
    lines, rest = split(letters + b"\nend")
    assert rest == b"end"
    assert b"".join(lines) == letters + b"\n"
    assert all(len(line) <= LONGEST_LINE for line in lines)
    assert [line.endswith(b"\n") for line in lines] == [False] * (len(lines) - 1) + [True]
    for line in lines:
        line.decode()


@given(st.lists(st.binary(max_size=100).map(lambda data: data * 400), max_size=5))
def test_nothing_is_lost(pieces: list[bytes]) -> None:
    rest, whole = b"", b""
    for piece in pieces:
        lines, rest = split(rest + piece)
        whole += b"".join(lines)
        assert len(rest) < LONGEST_LINE
        assert all(len(line) <= LONGEST_LINE for line in lines)
    assert whole + rest == b"".join(pieces)


def test_times_are_rfc_3339() -> None:
    assert timestamp(1_700_000_000_000_000_001) == "2023-11-14T22:13:20.000000001Z"


def test_what_is_there_stays(tmp_path: Path) -> None:
    for text in (b"a\n", b"b\n"):
        journal = Journal(str(tmp_path / "log"))
        journal.write("stdout", text)
        journal.close()
    assert [record["log"] for record in records(tmp_path / "log")] == ["a\n", "b\n"]
    assert os.stat(tmp_path / "log").st_mode & 0o777 == 0o640
