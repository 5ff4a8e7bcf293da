"""Several processes on one store: a step is made once, and nobody loses what he uses."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from .conftest import Context, Onggi

STEP = "FROM busybox:1.35\nRUN sleep 1; cat /proc/sys/kernel/random/uuid > /made\n"


def test_two_builds_make_a_step_once(onggi: Onggi, context: Context) -> None:
    folder = context(STEP)
    running = [onggi.start("build", "--progress", "json", "-t", f"twin{number}", folder) for number in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert all(process.returncode == 0 for process in running)
    events = [json.loads(line) for output in outputs for line in output.splitlines()]
    assert sum(event["event"] == "finished" for event in events) == 1
    assert sum(event["event"] == "kept" and event["by"] == "content" for event in events) == 1
    identities = {onggi("run", "--rm", name, "cat", "/made") for name in ("twin0", "twin1")}
    assert len(identities) == 1


def test_pruning_takes_nothing_from_a_build_or_a_container(onggi: Onggi, context: Context) -> None:
    steps = "".join(f"RUN sleep 0.2; echo {number} > /file{number}\n" for number in range(6))
    folder = context(f'FROM busybox:1.35\nCOPY . /context\n{steps}CMD ["cat", "/file5"]\n', {"a": "a\n"})
    container = onggi("run", "-d", "busybox:1.35", "sleep", "1000")
    building = onggi.start("build", "-q", "--no-cache", "-t", "survivor", folder)
    while building.poll() is None:
        onggi("system", "prune", "-f")
        time.sleep(0.05)
    _, err = building.communicate()
    assert building.returncode == 0, err.decode()
    assert onggi("run", "--rm", "survivor") == "5"
    assert onggi("ps", "-q", "--no-trunc") == container


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["int", "term", "hup"]
)
def test_a_build_that_is_ended_leaves_nothing(onggi: Onggi, context: Context, number: int, code: int) -> None:
    seconds = f"61.6{number:02}"  # its own in each case: another one may run at the same time
    steps = f"FROM busybox:1.35\nRUN sleep {seconds}1\nFROM busybox:1.35\nRUN sleep {seconds}2\nCOPY --from=0 /bin /x\n"
    building = onggi.start("build", context(steps))
    deadline = time.monotonic() + 20
    while (running := len(sleepers(seconds))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    building.send_signal(number)
    _, said = building.communicate(timeout=20)
    assert running == 2, f"independent stages run at once: {said.decode()}"
    assert building.returncode == code
    assert b"Traceback" not in said
    assert b"\nonggi: cancelled\n" in said
    assert sleepers(seconds) == []


def sleepers(seconds: str) -> list[str]:
    return subprocess.run(["pgrep", "-f", f"^sleep {seconds}"], capture_output=True, text=True).stdout.split()
