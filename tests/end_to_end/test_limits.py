"""What a container may use: seen from inside, in the kernel's files, changed while it runs; and what is refused."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from tests.waiting import eventually

from onggi.linux import cgroup

from .conftest import Context, Onggi

MB = 1 << 20
IMAGE = "busybox:1.35"
PROCESSORS = len(os.sched_getaffinity(0))

# Limit → its file in version 1, in version 2.
FILES = {
    "memory": ("memory/memory.limit_in_bytes", "memory.max"),
    "swap": ("memory/memory.memsw.limit_in_bytes", "memory.swap.max"),
    "reservation": ("memory/memory.soft_limit_in_bytes", "memory.low"),
    "quota": ("cpu/cpu.cfs_quota_us", "cpu.max"),
    "period": ("cpu/cpu.cfs_period_us", "cpu.max"),
    "shares": ("cpu/cpu.shares", "cpu.weight"),
    "cpus": ("cpuset/cpuset.cpus", "cpuset.cpus"),
    "mems": ("cpuset/cpuset.mems", "cpuset.mems"),
    "pids": ("pids/pids.max", "pids.max"),
}
LOOK = "".join(
    f"echo {name} $(cat /sys/fs/cgroup/{old} 2>/dev/null || cat /sys/fs/cgroup/{new});"
    for name, (old, new) in FILES.items()
)
MOST = ["-m", "64m", "--memory-reservation", "32m", "--memory-swap", "80m", "--cpus", "0.5", "--cpu-shares", "2000"]
MOST += ["--cpuset-cpus", "0", "--cpuset-mems", "0", "--pids-limit", "50"]
SEEN = {
    "memory": (str(64 * MB),),
    "swap": (str(80 * MB), str(16 * MB)),
    "reservation": (str(32 * MB),),
    "quota": ("50000", "50000 100000"),
    "period": ("100000", "50000 100000"),
    "shares": ("2000", "170"),
    "cpus": ("0",),
    "mems": ("0",),
    "pids": ("50",),
}
UNTIL_TOLD = "until rm /end 2>/dev/null; do sleep 0.1; done; exit 3"


def told(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition(" ") for line in text.splitlines())}


def assert_seen(text: str, **others: tuple[str, ...]) -> None:
    found = told(text)
    for name, values in (SEEN | others).items():
        assert found[name] in values, name


def state(onggi: Onggi, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(onggi("inspect", "-f", "{{json .State}}", name))
    return found


def test_limits_are_seen_inside_as_with_runc(onggi: Onggi) -> None:
    for runtime in ([], ["--runtime", "runc"]):
        assert_seen(onggi("run", "--rm", *runtime, *MOST, IMAGE, "sh", "-c", LOOK))
    # and without flags there are none
    found = told(onggi("run", "--rm", IMAGE, "sh", "-c", LOOK))
    assert found["pids"] == "max"
    assert found["quota"] in ("-1", "max 100000")
    assert found["memory"] == "max" or int(found["memory"]) > 1 << 60


def test_limits_of_processes_and_of_shared_memory(onggi: Onggi) -> None:
    flags = ["--ulimit", "nofile=100:200", "--ulimit", "nofile=110:210", "--shm-size", "1m", "--oom-score-adj", "300"]
    program = "ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1; cat /proc/self/oom_score_adj"
    for runtime in ([], ["--runtime", "runc"]):
        soft, hard, shm, score = onggi("run", "--rm", *runtime, *flags, IMAGE, "sh", "-c", program).splitlines()
        assert (soft, hard, shm.split()[1], score) == ("110", "210", "1024", "300")


def test_a_further_process_has_the_same(onggi: Onggi) -> None:
    flags = ["--oom-score-adj", "300", "--ulimit", "nofile=100", "--pids-limit", "20"]
    onggi("run", "-d", "--name", "box", *flags, IMAGE, "sleep", "1000")
    program = "cat /proc/self/oom_score_adj; ulimit -n; cat /proc/self/cgroup"
    score, files, *groups = onggi("exec", "box", "sh", "-c", program).splitlines()
    assert (score, files) == ("300", "100")
    assert groups == onggi("exec", "box", "cat", "/proc/1/cgroup").splitlines()


def test_disks_are_limited_by_their_numbers(onggi: Onggi) -> None:
    disk = next(path for path in Path("/sys/block").iterdir() if Path("/dev", path.name).is_block_device())
    number = Path("/sys/block", disk.name, "dev").read_text().strip()
    flags = ["--device-read-bps", f"/dev/{disk.name}:1mb", "--device-write-iops", f"/dev/{disk.name}:100"]
    look = (
        "cat /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device /sys/fs/cgroup/blkio/blkio.throttle.write_iops_device"
        " || cat /sys/fs/cgroup/io.max"
    )
    found = onggi("run", "--rm", *flags, IMAGE, "sh", "-c", look).split()
    assert found in (
        [number, str(MB), number, "100"],
        [number, f"rbps={MB}", "wbps=max", "riops=max", "wiops=100"],
    )


def test_its_group_is_in_one_of_the_hosts(onggi: Onggi) -> None:
    """A monitor that was killed has left the group there; it goes with the container."""
    parent = f"/test-{os.getpid()}-parent"
    others = cgroup.find(parent)
    above = {*others.legacy.values(), others.unified} - {""}
    onggi("run", "-d", "--name", "box", "--network", "none", "--cgroup-parent", parent, IMAGE, "sleep", "1000")
    try:
        container = onggi("inspect", "-f", "{{.Id}}", "box")
        assert onggi("inspect", "-f", "{{.HostConfig.CgroupParent}}", "box") == parent
        group = cgroup.group_of(int(onggi("inspect", "-f", "{{.State.Pid}}", "box")), container)
        assert group.folders
        assert {os.path.dirname(folder) for folder in group.folders} <= above
        monitor = int(Path(f"/proc/{state(onggi, 'box')['Pid']}/status").read_text().split("PPid:")[1].split()[0])
        os.kill(monitor, signal.SIGKILL)
        eventually(lambda: state(onggi, "box")["Status"] == "exited")
        assert any(map(os.path.exists, group.folders))
        onggi("rm", "box")
        assert not any(map(os.path.exists, group.folders))
        assert any(map(os.path.exists, above))
    finally:
        for folder in filter(os.path.exists, above):
            os.rmdir(folder)


def test_a_step_of_a_build_is_in_a_group_of_the_host(onggi: Onggi, context: Context) -> None:
    parent = f"/test-{os.getpid()}-steps"
    others = cgroup.find(parent)
    above = {*others.legacy.values(), others.unified} - {""}
    source = context(f"FROM {IMAGE}\nRUN sleep 1000\n")
    build = onggi.start("build", "--cgroup-parent", parent, source)
    try:
        eventually(lambda: any(list(Path(folder).glob("step-*")) for folder in above))
        build.terminate()
        build.wait(timeout=60)
        assert not any(list(Path(folder).glob("step-*")) for folder in above)
        assert "invalid cgroup-parent" in onggi.fails("build", "--cgroup-parent", "../x", source)
    finally:
        build.kill()
        build.communicate()
        for folder in filter(os.path.exists, above):
            os.rmdir(folder)


def test_a_fork_bomb_stays_within_its_limit(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "bomb", "--pids-limit", "20", IMAGE, "sh", "-c", "bomb() { bomb | bomb & }; bomb; cat")
    look = "cat /sys/fs/cgroup/pids/pids.current || cat /sys/fs/cgroup/pids.current"
    for _ in range(5):
        done = onggi.run("exec", "bomb", "sh", "-c", look)
        counted = done.stdout.split()
        assert not counted or int(counted[0]) <= 20  # there may be no room for one more process either
    onggi("rm", "-f", "bomb")


def test_who_uses_too_much_memory_is_killed_and_told(onggi: Onggi) -> None:
    onggi.fails("run", "--name", "hog", "-m", "20m", IMAGE, "tail", "/dev/zero", code=137)
    found = state(onggi, "hog")
    assert (found["OOMKilled"], found["ExitCode"], found["Status"]) == (True, 137, "exited")
    assert "oom" in [line.split()[2] for line in onggi("events", "--since", "1h", "--until", "0s").splitlines()]


def test_a_child_that_is_killed_is_told_too(onggi: Onggi) -> None:
    program = "tail /dev/zero; echo $?"
    assert onggi("run", "--name", "parent", "-m", "20m", IMAGE, "sh", "-c", program) == "137"
    found = state(onggi, "parent")
    assert (found["OOMKilled"], found["ExitCode"]) == (True, 0)
    onggi("start", "-a", "parent")
    onggi("run", "--name", "modest", "-m", "20m", IMAGE, "true")
    assert state(onggi, "modest")["OOMKilled"] is False


BAD: tuple[tuple[list[str], str], ...] = (
    (["-m", "5m"], "Minimum memory limit allowed is 6MB"),
    (["-m", "lots"], "'lots' is not a size"),
    (["--memory-reservation", "1k"], "Minimum memory reservation allowed is 6MB"),
    (["--memory-swap", "100m"], "You should always set the Memory limit when using Memoryswap limit"),
    (["-m", "64m", "--memory-swap", "32m"], "Minimum memoryswap limit should be larger than memory limit"),
    (["-m", "64m", "--memory-reservation", "65m"], "Minimum memory limit can not be less than memory reservation"),
    (["--memory-swappiness", "101"], "101 is not in the range"),
    (["--cpus", str(PROCESSORS + 1)], f"Range of CPUs is from 0.01 to {PROCESSORS}.00, as there are only"),
    (["--cpus", "0.001"], "Range of CPUs is from 0.01"),
    (["--cpus", "many"], "'many' is not a number"),
    (["--cpus", "1", "--cpu-quota", "5000"], "Nano CPUs and CPU Quota cannot both be set"),
    (["--cpu-period", "1"], "CPU cfs period can not be less than 1ms"),
    (["--cpu-shares", "1"], "the minimum allowed cpu-shares is 2"),
    (["--cpuset-cpus", "4095"], "Requested CPUs are not available - requested 4095"),
    (["--cpuset-mems", "zero"], "Invalid value zero for cpuset mems"),
    (["--pids-limit", "few"], "'few' is not a valid integer"),
    (["--blkio-weight", "5"], "Range of blkio weight is from 10 to 1000"),
    (["--blkio-weight-device", "/dev/null"], "bad format: /dev/null"),
    (["--blkio-weight-device", "/dev/null:5"], "invalid weight for device: /dev/null:5"),
    (["--device-read-bps", "/tmp/disk:1mb"], "bad format for device path: /tmp/disk:1mb"),
    (["--device-read-bps", "/dev/nothing:1mb"], "there is no device /dev/nothing to limit"),
    (["--device-read-iops", "/dev/null:1"], "/dev/null is not a block device"),
    (["--device-write-iops", "/dev/null:1mb"], "invalid rate for device: /dev/null:1mb"),
    (["--ulimit", "nofile"], "ulimit 'nofile' has no value"),
    (["--oom-score-adj", "1001"], "1001 is not in the range"),
    (["--shm-size", "big"], "'big' is not a size"),
    (["--cgroup-parent", "ci/../.."], "invalid cgroup-parent: 'ci/../..'"),
)


def test_bad_limits_are_refused_with_one_sentence(onggi: Onggi) -> None:
    for flags, sentence in BAD:
        said = onggi.fails("run", "--rm", *flags, IMAGE, "true", code=125)
        assert sentence in said
        assert len([line for line in said.splitlines() if not line.startswith("hint: ")]) == 1
    assert onggi("ps", "-aq") == ""


# Changed


def test_update_of_a_container_that_runs(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "box", IMAGE, "sleep", "1000")
    assert onggi("update", *MOST, "box") == "box"
    assert_seen(onggi("exec", "box", "sh", "-c", LOOK))
    onggi("update", "-m", "70m", "--pids-limit", "-1", "box")
    grown = {"memory": (str(70 * MB),), "swap": (str(80 * MB), str(10 * MB)), "pids": ("max",)}
    assert_seen(onggi("exec", "box", "sh", "-c", LOOK), **grown)
    onggi("restart", "-t", "0", "box")
    assert_seen(onggi("exec", "box", "sh", "-c", LOOK), **grown)


def test_update_of_a_container_that_does_not_run(onggi: Onggi) -> None:
    onggi("create", "--name", "box", IMAGE, "sh", "-c", LOOK)
    onggi("update", *MOST, "box")
    assert_seen(onggi("start", "-a", "box"))


def test_what_an_update_changed_holds_for_the_next_round(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "box", "--restart", "always", IMAGE, "sh", "-c", f"{LOOK} {UNTIL_TOLD}")
    onggi("update", *MOST, "box")
    onggi("exec", "box", "touch", "/end")
    eventually(lambda: len(onggi("logs", "box").splitlines()) == 2 * len(FILES))
    assert_seen("\n".join(onggi("logs", "box").splitlines()[len(FILES) :]))


def test_an_update_is_all_or_nothing(onggi: Onggi) -> None:
    hold = "dd if=/dev/zero of=/dev/shm/held bs=1M count=40 2>/dev/null; echo ready; sleep 1000"
    onggi(
        "run",
        "-d",
        "--name",
        "box",
        "-m",
        "64m",
        "--memory-swap",
        "64m",
        "--cpu-shares",
        "512",
        IMAGE,
        "sh",
        "-c",
        hold,
    )
    eventually(lambda: onggi("logs", "box") == "ready")
    before = onggi("exec", "box", "sh", "-c", LOOK)
    said = onggi.fails("update", "-m", "20m", "--memory-swap", "20m", "--cpu-shares", "100", "--pids-limit", "5", "box")
    assert "memory" in said
    assert onggi("exec", "box", "sh", "-c", LOOK) == before
    onggi("restart", "-t", "0", "box")
    assert told(onggi("exec", "box", "sh", "-c", LOOK))["shares"] == told(before)["shares"]


def test_update_of_the_restart_policy(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "box", IMAGE, "sh", "-c", UNTIL_TOLD)
    onggi("update", "--restart", "on-failure:3", "box")
    assert json.loads(onggi("inspect", "-f", "{{json .HostConfig.RestartPolicy}}", "box")) == {
        "Name": "on-failure",
        "MaximumRetryCount": 3,
    }
    onggi("exec", "box", "touch", "/end")
    eventually(lambda: onggi("inspect", "-f", "{{.RestartCount}}", "box") == "1")
    onggi("update", "--restart", "no", "box")


def test_what_update_refuses(onggi: Onggi) -> None:
    onggi("create", "--name", "box", "--rm", "-m", "64m", "--memory-swap", "64m", IMAGE, "true")
    assert "you must provide one or more flags" in onggi.fails("update", "box")
    assert "No such container: nothing" in onggi.fails("update", "-m", "64m", "nothing")
    assert "AutoRemove is enabled" in onggi.fails("update", "--restart", "always", "box")
    assert "update the memoryswap at the same time" in onggi.fails("update", "-m", "128m", "box")
    assert "Minimum memory limit allowed is 6MB" in onggi.fails("update", "-m", "1m", "box")
    assert "unknown policy 'sometimes'" in onggi.fails("update", "--restart", "sometimes", "box")
    assert onggi("update", "-m", "128m", "--memory-swap", "-1", "box") == "box"
    actions = onggi("events", "--since", "1h", "--until", "0s", "--format", "{{.Action}}").splitlines()
    assert actions == ["create", "update"]  # the one that was not refused
