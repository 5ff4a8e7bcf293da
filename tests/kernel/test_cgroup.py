"""Control groups of both versions, on the host's own hierarchies."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import eventually

from onggi.container.resources import controls
from onggi.container.spec import Resources
from onggi.errors import Conflict, Denied, Invalid
from onggi.linux import cgroup
from onggi.linux.cgroup import Group, Hierarchies
from onggi.linux.cgroup.files import Alarm
from onggi.linux.devices import compile_rules

pytestmark = pytest.mark.kernel

RULES = ("c *:* m", "c 1:3 rwm", "c 1:5 r", "b 7:* rw")
MB = 1 << 20
WHERE = cgroup.find()
VERSIONS = {
    **({"v2": Hierarchies(WHERE.unified, {})} if WHERE.unified else {}),
    **({"v1": Hierarchies("", WHERE.legacy)} if "devices" in WHERE.legacy else {}),
    "all": WHERE,
}


@pytest.fixture(params=sorted(VERSIONS))
def where(request: pytest.FixtureRequest) -> Hierarchies:
    return VERSIONS[request.param]


@pytest.fixture
def group(where: Hierarchies) -> Iterator[Group]:
    group = cgroup.make(where, f"test-{os.getpid()}", RULES, cgroup.LIMITS)
    yield group
    group.remove()
    assert not any(map(os.path.exists, group.folders))


def inside(group: Group, program: str, *argv: str) -> subprocess.Popen[str]:
    """Run Python text in the group."""
    enter = "".join(f"open({folder + '/cgroup.procs'!r}, 'w').write('0');" for folder in group.folders)
    return subprocess.Popen(
        [sys.executable, "-c", f"import os,sys;{enter}\n{program}", *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


OPEN = """
for name, flags in (("null", os.O_RDWR), ("zero", os.O_RDONLY), ("zero", os.O_RDWR), ("full", os.O_RDONLY)):
    try:
        os.close(os.open(f"/dev/{name}", flags)); print(0)
    except OSError as error:
        print(error.errno)
"""


def test_devices_are_those_of_the_rules(group: Group) -> None:
    with inside(group, OPEN) as process:
        assert process.communicate()[0].split() == ["0", "0", str(errno.EPERM), str(errno.EPERM)]


def test_processor_time_is_counted(group: Group) -> None:
    with inside(group, "sum(range(3_000_000))") as process:
        process.wait()
    assert group.cpu_seconds() > 0.01


def test_a_group_in_one_of_the_hosts() -> None:
    parent = f"/test-{os.getpid()}-parent/inner"
    elsewhere = cgroup.find(parent)
    group = cgroup.make(elsewhere, "made", ("a",), cgroup.LIMITS, {"pids": 50})
    try:
        assert {folder.partition("/test-")[2] for folder in group.folders} == {f"{os.getpid()}-parent/inner/made"}
        assert group.pids() == 0
        with inside(group, "sys.stdin.read()") as process:
            eventually(lambda: group.processes() == [process.pid])  # it enters one hierarchy after the other
            eventually(lambda: cgroup.group_of(process.pid, "made").folders == group.folders)
            process.communicate("")
        group.remove()
        assert [os.path.isdir(os.path.dirname(folder)) for folder in group.folders] == [True] * len(group.folders)
    finally:
        group.give_up()
        for folder in {os.path.dirname(folder) for folder in group.folders}:
            os.removedirs(folder)


def test_what_is_left_is_killed_when_the_group_is_removed(where: Hierarchies) -> None:
    group = cgroup.make(where, f"test-{os.getpid()}", ("a",), cgroup.LIMITS)
    with inside(group, "print(1, flush=True)\nimport time; time.sleep(1000)") as process:
        assert process.stdout and process.stdout.readline() == "1\n"
        group.remove()
        assert process.wait() == -9
    assert not any(map(os.path.exists, group.folders))


def test_a_group_that_is_held_is_refused_and_not_swept(group: Group, where: Hierarchies) -> None:
    with pytest.raises(Conflict, match="is in use by another process"):
        cgroup.make(where, group.name, RULES, cgroup.LIMITS)
    assert not {*cgroup.sweep(where), *cgroup.abandoned(where)} & {*group.folders}
    assert all(map(os.path.exists, group.folders))


def test_what_nobody_holds_is_abandoned_and_swept(where: Hierarchies) -> None:
    group = cgroup.make(where, f"test-{os.getpid()}-left", RULES, cgroup.LIMITS)
    group.release()

    def is_seen() -> bool:
        found = {*cgroup.abandoned(where)}
        return all(folder in found or not os.path.exists(folder) for folder in group.folders)

    # Another run may sweep it, or look at one of the folders just now.
    eventually(is_seen)
    eventually(lambda: is_swept(where, group))


def is_swept(where: Hierarchies, group: Group) -> bool:
    cgroup.sweep(where)
    return not any(map(os.path.exists, group.folders))


def test_what_nobody_holds_is_ended(where: Hierarchies) -> None:
    group = cgroup.make(where, f"test-{os.getpid()}-orphans", ("a",), cgroup.LIMITS)
    with inside(group, "print(1, flush=True)\nimport time; time.sleep(1000)") as process:
        assert process.stdout and process.stdout.readline() == "1\n"
        group.release()
        cgroup.sweep(where)
        assert process.wait() == -9
    # Another run's sweep may look at one of the folders just now, and ours then leaves it alone.
    eventually(lambda: is_swept(where, group))


def test_what_is_reserved_for_a_runtime_is_not_swept(where: Hierarchies) -> None:
    group = cgroup.reserve(where, f"test-{os.getpid()}-reserved")
    try:
        assert not {*cgroup.sweep(where)} & {*group.folders}
        assert all(map(os.path.exists, group.folders))
    finally:
        group.remove()
    assert not any(map(os.path.exists, group.folders))


def test_the_group_of_another_process(group: Group) -> None:
    with inside(group, "print(1, flush=True)\nsys.stdin.read()\nimport time; time.sleep(1000)") as process:
        assert process.stdout and process.stdout.readline() == "1\n"
        found = cgroup.group_of(process.pid)
        eventually(lambda: {*group.folders} <= {*found.folders})
        assert found.oom_kills() == 0
        process.kill()


def limited(**asked: Any) -> dict[str, Any]:
    return controls(Resources(**asked))


@pytest.fixture
def whole() -> Iterator[Group]:
    """A group with all that this host has."""
    group = cgroup.make(WHERE, f"test-{os.getpid()}-whole", ("a",), cgroup.LIMITS)
    yield group
    group.remove()


def text(group: Group, version_1: str, version_2: str) -> str:
    """Of a group's file, of whichever version."""
    controller = version_1.partition(".")[0]
    path = f"{group.legacy[controller]}/{version_1}" if controller in group.legacy else f"{group.unified}/{version_2}"
    return Path(path).read_text().strip()


def test_running_out_of_memory_is_told(whole: Group) -> None:
    whole.apply(limited(memory=30 * MB, memory_swap=30 * MB))
    with inside(whole, "b'x' * 200_000_000") as process:
        assert process.wait() == -9
    assert whole.oom_kills() == 1


def test_an_alarm_rings_until_it_is_heard(whole: Group) -> None:
    whole.apply(limited(memory=30 * MB, memory_swap=30 * MB))
    alarm = whole.alarm()
    assert alarm
    bell = select.poll()
    bell.register(alarm.descriptor, alarm.events)
    assert not bell.poll(0)
    with inside(whole, "b'x' * 200_000_000") as process:
        assert bell.poll(20_000)
        assert process.wait() == -9
    assert bell.poll(0)
    alarm.hear()
    assert not bell.poll(0)
    alarm.close()


@pytest.mark.parametrize("where", [each for each in VERSIONS.values() if each.unified][:1])
def test_files_of_version_2_ring_as_its_alarm_does(where: Hierarchies) -> None:
    """Here with a file that each group has."""
    group = cgroup.make(where, f"test-{os.getpid()}-ring", ("a",), ())
    try:
        events = os.open(f"{group.unified}/cgroup.events", os.O_RDONLY)
        alarm = Alarm(events, select.POLLPRI, lambda descriptor: os.pread(descriptor, 4096, 0))
        bell = select.poll()
        bell.register(alarm.descriptor, alarm.events)
        alarm.hear()
        assert not bell.poll(0)
        with inside(group, "sys.stdin.read()") as process:
            assert bell.poll(20_000)
            process.communicate("")
        alarm.hear()
        alarm.close()
    finally:
        group.remove()


def test_a_group_that_someone_has_removed(where: Hierarchies) -> None:
    group = cgroup.make(where, f"test-{os.getpid()}-gone", ("a",), cgroup.LIMITS)
    for folder in group.folders:
        os.rmdir(folder)
    group.kill()
    assert (group.oom_kills(), group.processes()) == (0, [])
    group.remove()


def test_a_group_is_made_with_its_limits() -> None:
    group = cgroup.make(WHERE, f"test-{os.getpid()}-limits", ("a",), cgroup.LIMITS, limited(memory=64 * MB, pids=7))
    try:
        assert text(group, "memory.limit_in_bytes", "memory.max") == str(64 * MB)
        assert text(group, "pids.max", "pids.max") == "7"
    finally:
        group.remove()


def test_nothing_is_left_of_a_group_whose_limits_are_refused() -> None:
    name = f"test-{os.getpid()}-refused"
    with pytest.raises(Invalid, match=r"the kernel refuses 4000-5000 for cpuset\.cpus"):
        cgroup.make(WHERE, name, ("a",), cgroup.LIMITS, limited(cpuset_cpus="4000-5000"))
    assert not cgroup.open_group(WHERE, name).folders


def test_limits_change_up_and_down(whole: Group) -> None:
    for memory in (64 * MB, 512 * MB, 32 * MB):
        whole.apply(limited(memory=memory, cpu_shares=memory // MB, nano_cpus=500_000_000, cpuset_cpus="0", pids=9))
        assert text(whole, "memory.limit_in_bytes", "memory.max") == str(memory)
        assert text(whole, "cpuset.cpus", "cpuset.cpus") == "0"
    whole.apply(limited(pids=-1, cpu_quota=-1, cpu_period=50_000))
    assert text(whole, "pids.max", "pids.max") == "max"
    assert text(whole, "cpu.cfs_quota_us", "cpu.max") in ("-1", "max 50000")


def test_all_limits_change_or_none(whole: Group) -> None:
    whole.apply(limited(memory=64 * MB, cpu_shares=512, cpuset_cpus="0"))
    with pytest.raises(Invalid):
        whole.apply(limited(memory=128 * MB, cpu_shares=2048, cpuset_cpus="4000"))
    assert text(whole, "memory.limit_in_bytes", "memory.max") == str(64 * MB)
    assert text(whole, "cpu.shares", "cpu.weight") in ("512", "59")
    assert text(whole, "cpuset.cpus", "cpuset.cpus") == "0"


def test_memory_that_is_in_use_is_not_taken_away(whole: Group) -> None:
    hold = "held = bytearray(b'x') * 50_000_000\nprint(1, flush=True)\nsys.stdin.read()"
    with inside(whole, hold) as process:
        assert process.stdout and process.stdout.readline() == "1\n"
        with pytest.raises(Conflict):
            whole.apply(limited(memory=20 * MB, memory_swap=20 * MB))
        assert process.poll() is None
        used, _, _ = whole.memory() or (0, 0, 0)
        assert used > 50_000_000
        process.communicate("")
        assert process.returncode == 0


def test_processes_stand_still_and_go_on(where: Hierarchies) -> None:
    controllers = [name for name in cgroup.LIMITS if name in ("freezer", "cpuacct")]
    group = cgroup.make(where, f"test-{os.getpid()}-frozen", ("a",), controllers)
    try:
        with inside(group, "print(1, flush=True)\nwhile True: pass") as process:
            assert process.stdout and process.stdout.readline() == "1\n"
            group.freeze()
            used = group.cpu_seconds()
            time.sleep(0.1)
            assert group.cpu_seconds() == used
            group.thaw()
            eventually(lambda: group.cpu_seconds() > used)
            group.freeze()
            group.kill()
            assert process.wait() == -9  # frozen or not
    finally:
        group.remove()


def test_processes_of_groups_that_they_have_made_are_among_them(where: Hierarchies) -> None:
    group = cgroup.make(where, f"test-{os.getpid()}-nested", ("a",), ("cpuacct",))
    below = "".join(
        f"os.makedirs({folder + '/a/b'!r}); open({folder + '/a/b/cgroup.procs'!r}, 'w').write('0');"
        for folder in group.folders
    )
    with inside(group, f"{below}print(1, flush=True)\nimport time; time.sleep(1000)") as process:
        assert process.stdout and process.stdout.readline() == "1\n"
        assert group.processes() == [process.pid]
        assert {*cgroup.group_of(process.pid, group.name).folders} == {*group.folders}
        group.remove()
        assert process.wait() == -9
    assert not any(map(os.path.exists, group.folders))


def test_only_the_folders_that_are_its_own(whole: Group) -> None:
    with inside(whole, "print(1, flush=True)\nsys.stdin.read()") as process:
        assert process.stdout and process.stdout.readline() == "1\n"
        found = cgroup.group_of(process.pid, whole.name)
        assert {*found.folders} == {*whole.folders}
        assert found.processes() == [process.pid]
        assert found.pids() == 1
        assert not cgroup.group_of(process.pid, "another").folders
        assert cgroup.group_of(process.pid, "another").processes() == []
        process.communicate("")


WRITE = """
import mmap
descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_DIRECT)
os.write(descriptor, mmap.mmap(-1, 1 << 20))
os.fsync(descriptor)
"""


def test_what_is_written_to_disks_is_counted(whole: Group, tmp_path: Path) -> None:
    with inside(whole, WRITE, str(tmp_path / "data")) as process:
        assert process.wait() == 0
    _, written = whole.block_bytes() or (0, 0)
    assert written >= 1 << 20


def test_a_place_that_cannot_be_written_is_denied_by_name(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("")
    (tmp_path / "cgroup.subtree_control").write_text("")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(tmp_path)], check=True)
    try:
        with pytest.raises(Denied, match=f"{tmp_path}/onggi/name cannot be made: Read-only file system"):
            cgroup.make(Hierarchies("", {"cpuacct": f"{tmp_path}/onggi"}), "name", (), ())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_without_any_cgroup_file_system() -> None:
    with pytest.raises(Denied, match="no cgroup file system is mounted"):
        cgroup.make(Hierarchies("", {}), "name", (), ())


def test_a_program_has_one_block_per_rule() -> None:
    empty = len(compile_rules(()))
    assert empty == 8 * 8
    assert len(compile_rules(("c 1:3 rwm",))) > len(compile_rules(("c *:* rwm",))) > empty


def test_making_groups_beside_sweeps(where: Hierarchies) -> None:
    """Each start of a program sweeps, and many may start at once."""
    sweeping = "from onggi.linux import cgroup\nwhere = cgroup.find()\nfor _ in range(400): cgroup.sweep(where)"
    with subprocess.Popen([sys.executable, "-c", sweeping]) as sweeper:
        while sweeper.poll() is None:
            group = cgroup.make(where, f"test-{os.getpid()}-beside", ("a",), cgroup.LIMITS)
            assert all(map(os.path.exists, group.folders))
            group.remove()
        assert sweeper.returncode == 0
