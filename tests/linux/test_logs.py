from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from onggi.errors import Corrupt
from onggi.linux.logs import BLOCK, read_log

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A hundred lines, a second apart, of which every tenth is on stderr."""
    lines = [
        f'{{"log":"line {number}\\n","stream":"{"stdout" if number % 10 else "stderr"}",'
        f'"time":"2026-01-01T00:{number // 60:02}:{number % 60:02}.500000000Z"}}\n'
        for number in range(100)
    ]
    (tmp_path / "log.json").write_text("".join(lines))
    return tmp_path


def numbers(home: Path, **options: object) -> list[int]:
    return [int(record.log.split()[1]) for record in read_log(home, **options)]  # type: ignore[arg-type]


def test_all_of_it(home: Path) -> None:
    assert numbers(home) == list(range(100))
    assert [record.log for record in read_log(home) if record.stream == "stderr"][:2] == ["line 0\n", "line 10\n"]


@pytest.mark.parametrize("count", [0, 1, 7, 100, 1000])
def test_the_tail(home: Path, count: int) -> None:
    assert numbers(home, tail=count) == list(range(100))[-count or 100 :]


def test_the_tail_of_a_log_of_many_blocks(home: Path) -> None:
    text = (home / "log.json").read_text()
    (home / "log.json").write_text(text * (3 * BLOCK // len(text) + 1))
    assert numbers(home, tail=150) == [*range(50, 100), *range(100)]


def test_since_and_until(home: Path) -> None:
    assert numbers(home, since=START + 95.5) == [95, 96, 97, 98, 99]
    assert numbers(home, until=START + 2.5) == [0, 1]
    assert numbers(home, since=START + 1.6, until=START + 3.6) == [2, 3]


def test_follow_ends_with_what_does_not_run(home: Path) -> None:
    assert numbers(home, follow=True) == list(range(100))


def test_no_log_yet(tmp_path: Path) -> None:
    assert list(read_log(tmp_path)) == []


def test_a_line_that_is_not_a_record(home: Path) -> None:
    with (home / "log.json").open("a") as log:
        log.write("nonsense\n")
    with pytest.raises(Corrupt, match="not a log record"):
        list(read_log(home))
