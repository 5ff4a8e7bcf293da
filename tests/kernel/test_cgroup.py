"""Control groups of both versions, on the host's own hierarchies."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.errors import Conflict, Denied
from onggi.linux import cgroup
from onggi.linux.cgroup import Group, Hierarchies
from onggi.linux.devices import compile_rules

from .conftest import eventually

pytestmark = pytest.mark.kernel

RULES = ("c *:* m", "c 1:3 rwm", "c 1:5 r", "b 7:* rw")
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


def inside(group: Group, program: str) -> subprocess.Popen[str]:
    """Run Python text in the group."""
    enter = "".join(f"open({folder + '/cgroup.procs'!r}, 'w').write('0');" for folder in group.folders)
    return subprocess.Popen(
        [sys.executable, "-c", f"import os,sys;{enter}\n{program}"], stdout=subprocess.PIPE, text=True
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
    found = {*cgroup.abandoned(where)}
    assert all(folder in found or not os.path.exists(folder) for folder in group.folders)  # or swept by another run
    cgroup.sweep(where)
    assert not any(map(os.path.exists, group.folders))


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
        assert eventually(lambda: {*group.folders} <= {*found.folders})
        assert not found.has_run_out_of_memory()
        process.kill()


def test_running_out_of_memory_is_told() -> None:
    group = cgroup.make(WHERE, f"test-{os.getpid()}-oom", ("a",), cgroup.LIMITS)
    try:
        limit = (
            Path(group.legacy["memory"], "memory.limit_in_bytes")
            if "memory" in group.legacy
            else Path(group.unified, "memory.max")
        )
        limit.write_text("30000000")
        with inside(group, "b'x' * 200_000_000") as process:
            assert process.wait() == -9
        assert group.has_run_out_of_memory()
    finally:
        group.remove()


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
