"""What containers write, kept and shown: drivers, limits, rotation, following, binary streams."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.waiting import eventually

from .conftest import Onggi

IMAGE = "busybox:1.35"
SMALL = ("--log-opt", "max-size=20k", "--log-opt")


def run(onggi: Onggi, *words: str) -> str:
    """The ID of a container called `box` that runs a script: the last word."""
    *options, script = words
    return onggi("run", "-d", "--name", "box", *options, IMAGE, "sh", "-c", script)


def home(onggi: Onggi) -> Path:
    return onggi.root / "containers" / onggi("inspect", "-f", "{{.Id}}", "box")


def files(onggi: Onggi, base: str) -> set[str]:
    """The log's files, without what their names have in common."""
    folder = home(onggi)
    return {name.removeprefix(base) for name in os.listdir(folder) if name.startswith(base)}


def numbers(text: str) -> list[int]:
    return [int(line) for line in text.split()]


def test_streams_are_kept_apart_and_in_order(onggi: Onggi) -> None:
    run(onggi, "echo one; echo two >&2; printf three")
    onggi("wait", "box")
    shown = onggi.run("logs", "box")
    assert (shown.stdout, shown.stderr) == (b"one\nthree", b"two\n")
    onggi("start", "-a", "box")
    assert onggi("logs", "box") == "one\nthreeone\nthree"  # as Docker has it: the last line had no end
    assert onggi("logs", "--tail", "1", "box") == "three"


def test_by_default_there_are_three_files_of_10_mb_and_the_older_ones_are_compressed(onggi: Onggi) -> None:
    pad = "." * 71
    run(onggi, f"seq 500000 | sed s/$/{pad}/; sleep 1000")
    eventually(lambda: onggi("logs", "--tail", "1", "box") == f"500000{pad}")
    eventually(lambda: files(onggi, "container.log") == {"", ".1.gz", ".2.gz"})
    assert sum(path.stat().st_size for path in home(onggi).glob("container.log*")) < 20_000_000
    kept = numbers(onggi("logs", "box").replace(pad, ""))
    assert kept == list(range(kept[0], 500_001)) and 200_000 < len(kept) < 400_000
    last = numbers(onggi("logs", "-n", "300000", "box").replace(pad, ""))
    assert last == list(range(200_001, 500_001))[-len(kept) :]
    assert onggi("inspect", "-f", "{{.HostConfig.LogConfig.Type}}", "box") == "local"


def test_the_log_of_what_has_ended_is_compressed_too(onggi: Onggi) -> None:
    run(onggi, *SMALL, "max-file=4", "seq 20000")
    onggi("wait", "box")
    eventually(lambda: files(onggi, "container.log") == {"", ".1.gz", ".2.gz", ".3.gz"})
    kept = numbers(onggi("logs", "box"))
    assert kept == list(range(kept[0], 20_001))
    onggi("start", "-a", "box")
    assert numbers(onggi("logs", "-n", "20000", "box"))[-1] == 20_000


def test_following_loses_nothing_when_files_rotate(onggi: Onggi) -> None:
    run(
        onggi,
        *SMALL,
        "max-file=500",
        "for i in $(seq 100); do seq $((i * 1000 - 999)) $((i * 1000)); usleep 2000; done",
    )
    followed = onggi("logs", "-f", "box")
    assert numbers(followed) == list(range(1, 100_001))
    assert len(files(onggi, "container.log")) > 20


@pytest.mark.parametrize("driver", ["local", "json-file"])
def test_a_follower_that_is_too_slow_goes_on_with_what_is_left_and_says_so(onggi: Onggi, driver: str) -> None:
    script = "echo 0; while [ ! -e /go ]; do usleep 20000; done; seq 100000"
    run(onggi, "--log-driver", driver, *SMALL, "max-file=3", script)
    with onggi.start("logs", "-f", "box") as follower:
        assert follower.stdout and follower.stderr
        assert follower.stdout.readline() == b"0\n"
        follower.send_signal(signal.SIGSTOP)
        onggi("exec", "box", "touch", "/go")
        onggi("wait", "box")
        follower.send_signal(signal.SIGCONT)
        seen = numbers(follower.stdout.read().decode())
        said = follower.stderr.read().decode()
    assert seen[-1] == 100_000 and seen == sorted(set(seen)) and len(seen) < 100_000
    assert said == "onggi: lines may be missing here: the log had to make place for new ones before they were read\n"


def test_a_json_file_is_what_other_programs_read(onggi: Onggi) -> None:
    script = 'echo "say \\"hi\\" \\\\"; printf "\\377\\t김\\n" >&2; printf rest'
    identifier = run(
        onggi, "--log-driver=json-file", "-l", "team=blue", "--log-opt=labels=team", "--log-opt=tag={{.Name}}", script
    )
    onggi("wait", "box")
    path = Path(onggi("inspect", "-f", "{{.LogPath}}", "box"))
    assert path == home(onggi) / f"{identifier}-json.log"
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    written = sorted((line["stream"], line["log"]) for line in lines)
    assert written == [("stderr", "\ufffd\t김\n"), ("stdout", "rest"), ("stdout", 'say "hi" \\\n')]
    assert all(line["attrs"] == {"tag": "box", "team": "blue"} for line in lines)
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    shown = onggi.run("logs", "--details", "box")
    assert shown.stdout == b'tag=box,team=blue say "hi" \\\ntag=box,team=blue rest'


def test_a_json_file_rotates_when_it_is_asked_to(onggi: Onggi) -> None:
    options = ("--log-driver=json-file", *SMALL, "max-file=3", "--log-opt", "compress=true")
    identifier = run(onggi, *options, "seq 1000")
    onggi("wait", "box")
    base = f"{identifier}-json.log"
    eventually(lambda: files(onggi, base) == {"", ".1.gz", ".2.gz"})
    kept = []
    for age in (".2.gz", ".1.gz", ""):
        data = (home(onggi) / f"{base}{age}").read_bytes()
        data = gzip.decompress(data) if age else data
        assert len(data) <= 20_000
        kept += [int(json.loads(line)["log"]) for line in data.splitlines()]
    assert kept == list(range(kept[0], 1001)) == numbers(onggi("logs", "box"))


def test_none_keeps_nothing_and_says_so(onggi: Onggi) -> None:
    assert onggi("run", "--name", "box", "--log-driver", "none", IMAGE, "echo", "shown") == "shown"
    assert "configured logging driver does not support reading" in onggi.fails("logs", "box")
    assert onggi("inspect", "-f", "{{.HostConfig.LogConfig.Type}}", "box") == "none"


def test_parts_by_time_and_number(onggi: Onggi) -> None:
    run(onggi, "for i in 1 2 3 4 5 6; do echo $i; usleep 30000; done")
    onggi("wait", "box")
    stamps = [line.split()[0] for line in onggi("logs", "-t", "box").splitlines()]
    assert numbers(onggi("logs", "--since", stamps[3], "box")) == [4, 5, 6]
    assert numbers(onggi("logs", "--until", stamps[1], "box")) == [1, 2]
    assert numbers(onggi("logs", "--since", stamps[1], "--until", stamps[3], "box")) == [2, 3, 4]
    assert numbers(onggi("logs", "--since", "1h", "--tail", "2", "box")) == [5, 6]
    assert numbers(onggi("logs", "-f", "--since", stamps[4], "box")) == [5, 6]
    assert onggi("logs", "--since", "0s", "box") == ""
    assert onggi("logs", "--tail", "0", "box") == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--log-driver", "syslog"], "the log driver syslog is not there"),
        (["--log-driver", "jsonfile"], "there is no log driver 'jsonfile'; did you mean json-file?"),
        (["--log-opt", "max-sise=1m"], "unknown log opt 'max-sise' for local log driver; did you mean max-size?"),
        (["--log-opt", "max-size=big"], "max-size=big: 'big' is not a size"),
        (["--log-opt", "max-size"], "--log-opt max-size: it is not KEY=VALUE"),
        (["--log-driver", "json-file", "--log-opt", "compress=true"], "compress cannot be true"),
    ],
)
def test_what_cannot_be_kept(onggi: Onggi, options: list[str], message: str) -> None:
    said = onggi.fails("run", *options, IMAGE, "true", code=125)
    assert message in said and "hint:" in said
    assert onggi("ps", "-aq") == ""


@pytest.fixture
def noise(tmp_path: Path) -> Iterator[Path]:
    """Bytes that are no text."""
    path = tmp_path / "noise"
    path.write_bytes(random.Random(4).randbytes(5_000_000))
    yield path


def test_bytes_go_through_a_container_and_its_log_unchanged(onggi: Onggi, noise: Path) -> None:
    with noise.open("rb") as stdin:
        through = subprocess.run(
            onggi.argv("run", "-i", "--name", "box", IMAGE, "cat"), stdin=stdin, capture_output=True
        )
    assert through.returncode == 0 and through.stderr == b""
    assert through.stdout == noise.read_bytes()
    assert onggi.run("logs", "box").stdout == noise.read_bytes()


def test_a_reader_that_goes_early(onggi: Onggi) -> None:
    argv = " ".join(onggi.argv("run", "--rm", IMAGE, "seq", "1000000"))
    done = subprocess.run(["sh", "-c", f"{argv} | head -n 2"], capture_output=True, timeout=60)
    assert done.stdout == b"1\n2\n"
    assert b"Traceback" not in done.stderr
    eventually(lambda: onggi("ps", "-aq") == "")
