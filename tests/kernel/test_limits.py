"""The limits of a plan, as the kernel has them once the program runs: the same as runc sets for the same plan."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from tests.waiting import eventually

from onggi.container.resources import controls
from onggi.container.spec import Resources
from onggi.errors import Invalid, Unsupported
from onggi.linux import attach
from onggi.linux.cgroup import Group, group_of
from onggi.linux.cgroup.version1 import FILES
from onggi.linux.launch import MonitorOptions
from onggi.linux.state import read_state

from .conftest import Boxes, in_runtime, leftovers, written

pytestmark = pytest.mark.kernel

MB = 1 << 20
DISK = next(path.name for path in sorted(Path("/sys/block").iterdir()) if Path("/dev", path.name).is_block_device())
NUMBERS = {"/dev/disk": Path("/sys/block", DISK, "dev").read_text().strip()}
ASKED = Resources(
    memory=64 * MB,
    memory_reservation=32 * MB,
    memory_swap=96 * MB,
    cpu_shares=512,
    cpu_period=50_000,
    cpu_quota=25_000,
    cpuset_cpus="0",
    cpuset_mems="0",
    pids=20,
    device_read_bps=(("/dev/disk", MB),),
    device_write_bps=(("/dev/disk", 2 * MB),),
    device_read_iops=(("/dev/disk", 100),),
    device_write_iops=(("/dev/disk", 200),),
)
FILES_2 = (
    *("memory.max", "memory.low", "memory.swap.max", "cpu.max", "cpuset.cpus", "cpuset.mems", "pids.max", "io.max"),
)


def start(boxes: Boxes, resources: Resources, runtime: str = "") -> Group:
    home = boxes.home()
    plan = boxes.plan(home, "sleep", "1000")
    plan = msgspec.structs.replace(plan, resources=controls(resources, NUMBERS))
    options = in_runtime(plan, runtime) if runtime else MonitorOptions()
    boxes.launcher.container(plan, home, options)
    return group_of(read_state(home).pid, plan.cgroup)


def values(group: Group) -> dict[str, str]:
    """What its files say, but for the weight of processors: older runcs have another scale for it."""
    paths = [f"{group.legacy[controller]}/{file}" for controller, file in FILES.values() if controller in group.legacy]
    paths += [f"{group.unified}/{file}" for file in FILES_2]
    return {os.path.basename(path): Path(path).read_text() for path in paths if os.path.exists(path)}


def test_limits_are_those_that_runc_sets(boxes: Boxes) -> None:
    own, runcs = values(start(boxes, ASKED)), values(start(boxes, ASKED, "runc"))
    assert own == runcs
    assert f"{64 * MB}\n" in own.values()
    assert "20\n" in own.values()


def test_without_limits_too(boxes: Boxes) -> None:
    assert values(start(boxes, Resources())) == values(start(boxes, Resources(), "runc"))


def test_a_limit_that_the_kernel_refuses_starts_nothing(boxes: Boxes) -> None:
    with pytest.raises(Invalid, match=r"the kernel refuses 4000 for cpuset\.cpus"):
        start(boxes, Resources(memory=64 * MB, cpuset_cpus="4000"))
    assert not leftovers(boxes.folder.name)


def test_a_plan_of_a_host_with_other_limits_is_refused_by_name(boxes: Boxes) -> None:
    home = boxes.home()
    plan = msgspec.structs.replace(boxes.plan(home, "true"), resources={"device_read_bps": [("4000:0", 1)]})
    with pytest.raises((Invalid, Unsupported), match="the kernel refuses 4000:0"):
        boxes.launcher.container(plan, home, MonitorOptions())


def test_a_child_that_is_killed_for_want_of_memory_is_told_while_the_container_goes_on(boxes: Boxes) -> None:
    for runtime in ("", "runc"):
        home = boxes.home()
        plan = boxes.plan(home, "sh", "-c", "tail /dev/zero; echo $?; sleep 1000")
        plan = msgspec.structs.replace(plan, resources=controls(Resources(memory=20 * MB)))
        boxes.launcher.container(plan, home, in_runtime(plan, runtime) if runtime else MonitorOptions())
        eventually(lambda home=home: read_state(home).oom_killed)  # type: ignore[misc]
        assert read_state(home).status == "running"
        eventually(lambda home=home: written(home) == "137\n")  # type: ignore[misc]
        attach.send_signal(home, 9)
        assert attach.wait(home) == 137
        assert read_state(home).oom_killed


def test_who_was_not_killed_for_it_is_not_told_to_have_been(boxes: Boxes) -> None:
    group = start(boxes, Resources(memory=20 * MB))
    home = boxes.homes[-1]
    assert group.oom_kills() == 0
    attach.send_signal(home, 9)
    assert attach.wait(home) == 137
    assert not read_state(home).oom_killed
