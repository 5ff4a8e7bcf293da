"""The flags of limits, and update: what they ask the engine for."""

from __future__ import annotations

import pytest

from onggi.container.spec import Resources, RestartPolicy, Rlimit
from onggi.errors import Conflict

from .fake import FakeEngine, call

MB = 1 << 20


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def asked(engine: FakeEngine, *flags: str) -> Resources:
    shown = call(engine, "run", "-d", *flags, "busybox")
    assert (shown.err, shown.code) == ("", 0)
    return engine.containers.specs[-1].resources


@pytest.mark.parametrize(
    ("flags", "resources"),
    [
        ([], Resources()),
        (["-m", "64m"], Resources(memory=64 * MB)),
        (["-m64MiB"], Resources(memory=64 * MB)),
        (["--memory=1.5g"], Resources(memory=1536 * MB)),
        (["--memory-reservation", "32mb"], Resources(memory_reservation=32 * MB)),
        (["--memory-swap", "-1"], Resources(memory_swap=-1)),
        (["--memory-swap", "1g"], Resources(memory_swap=1024 * MB)),
        (["--memory-swappiness", "0"], Resources(memory_swappiness=0)),
        (["--memory-swappiness", "-1"], Resources()),
        (["--oom-kill-disable"], Resources(oom_kill_disable=True)),
        (["--oom-kill-disable=false"], Resources()),
        (["--cpus", "0.5"], Resources(nano_cpus=500_000_000)),
        (["--cpus=.01"], Resources(nano_cpus=10_000_000)),
        (["--cpus", "3/2"], Resources(nano_cpus=1_500_000_000)),
        (["-c", "512"], Resources(cpu_shares=512)),
        (["--cpu-shares", "512"], Resources(cpu_shares=512)),
        (["--cpu-period", "50000", "--cpu-quota", "-1"], Resources(cpu_period=50_000, cpu_quota=-1)),
        (["--cpuset-cpus", "0-2,5", "--cpuset-mems", "0"], Resources(cpuset_cpus="0-2,5", cpuset_mems="0")),
        (["--pids-limit", "-1"], Resources(pids=-1)),
        (["--blkio-weight", "300"], Resources(blkio_weight=300)),
        (
            ["--blkio-weight-device", "/dev/sda:10", "--blkio-weight-device", "/dev/sdb:0"],
            Resources(blkio_weight_device=(("/dev/sda", 10), ("/dev/sdb", 0))),
        ),
        (["--device-read-bps", "/dev/sda:1mb"], Resources(device_read_bps=(("/dev/sda", MB),))),
        (["--device-write-bps", "/dev/sda:10"], Resources(device_write_bps=(("/dev/sda", 10),))),
        (["--device-read-iops", "/dev/sda:10"], Resources(device_read_iops=(("/dev/sda", 10),))),
        (["--device-write-iops", "/dev/sda:0"], Resources(device_write_iops=(("/dev/sda", 0),))),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_flags_are_limits(engine: FakeEngine, flags: list[str], resources: Resources) -> None:
    assert asked(engine, *flags) == resources


def test_limits_beside_the_control_groups(engine: FakeEngine) -> None:
    asked(engine, "--ulimit", "nofile=10:20", "--ulimit", "core=-1", "--ulimit", "nofile=30")
    asked(engine, "--shm-size", "1g", "--oom-score-adj", "-500")
    first, second = engine.containers.specs
    assert first.rlimits == (Rlimit("NOFILE", 30, 30), Rlimit("CORE", -1, -1))
    assert (second.shm_size, second.oom_score_adj) == (1024 * MB, -500)


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--memory", "lots", "'lots' is not a size"),
        ("--memory", "-1", "'-1' is not a size"),
        ("--cpus", "x", "'x' is not a number"),
        ("--cpus", "0.0000000001", "'0.0000000001' is too precise"),
        ("--cpu-shares", "1.5", "'1.5' is not a valid integer"),
        ("--blkio-weight-device", "/dev/sda:5", "invalid weight for device: /dev/sda:5"),
        ("--blkio-weight-device", "/dev/sda:x", "invalid weight for device: /dev/sda:x"),
        ("--device-read-bps", "/dev/sda", "bad format: /dev/sda"),
        ("--device-read-bps", ":5", "bad format: :5"),
        ("--device-read-bps", "sda:5", "bad format for device path: sda:5"),
        ("--device-read-bps", "/dev/sda:x", "invalid rate for device: /dev/sda:x"),
        ("--device-read-iops", "/dev/sda:1k", "invalid rate for device: /dev/sda:1k"),
        ("--oom-score-adj", "1001", "1001 is not in the range"),
        ("--ulimit", "files=1", "there is no ulimit 'files'"),
    ],
)
def test_values_that_are_none(engine: FakeEngine, flag: str, value: str, words: str) -> None:
    shown = call(engine, "run", flag, value, "busybox")
    assert shown.code == 125
    assert words in shown.err
    assert flag in shown.err
    assert engine.containers.specs == []


def test_what_the_host_cannot_set_is_told_on_stderr(engine: FakeEngine) -> None:
    engine.containers.warnings = ["Your kernel does not support it. It is discarded."]
    shown = call(engine, "run", "-d", "-m", "64m", "busybox")
    assert shown.err == "WARNING: Your kernel does not support it. It is discarded.\n"
    assert shown.code == 0


# update


@pytest.mark.parametrize(
    ("flags", "changes", "restart"),
    [
        (["-m", "64m"], Resources(memory=64 * MB), None),
        (["--cpus", "1", "-c", "10"], Resources(nano_cpus=10**9, cpu_shares=10), None),
        (["--restart", "no"], Resources(), RestartPolicy()),
        (
            ["--pids-limit", "5", "--restart=on-failure:3"],
            Resources(pids=5),
            RestartPolicy("on-failure", 3),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_update(engine: FakeEngine, flags: list[str], changes: Resources, restart: RestartPolicy | None) -> None:
    engine.containers.warnings = ["Beware."]
    assert call(engine, "update", *flags, "a", "b") == ("a\nb\n", "WARNING: Beware.\nWARNING: Beware.\n", 0)
    assert engine.containers.asked == [("update", "a", changes, restart), ("update", "b", changes, restart)]


def test_update_goes_on_after_an_error(engine: FakeEngine) -> None:
    engine.containers.missing = frozenset(["a"])
    assert call(engine, "container", "update", "-m", "64m", "a", "b") == ("b\n", "onggi: No such container: a\n", 1)
    engine.containers.fails = Conflict("Restart policy cannot be updated")
    assert call(engine, "update", "-m", "64m", "b").code == 1


def test_update_wants_something_to_change(engine: FakeEngine) -> None:
    shown = call(engine, "update", "web")
    assert (shown.out, shown.code) == ("", 1)
    assert "you must provide one or more flags when using this command" in shown.err
    assert call(engine, "update", "-m", "64m").code == 1  # and a container
    assert call(engine, "update", "--ulimit", "nofile=1", "web").code == 125  # which no process that runs would get
