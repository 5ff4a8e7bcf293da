"""What a host can limit, told from the files at the top of its hierarchies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.container.spec import Resources
from onggi.linux.capacity import capacity
from onggi.linux.cgroup import Hierarchies

OF_DISKS = {"device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"}
TOP_1 = {
    "memory": ("memory.limit_in_bytes", "memory.soft_limit_in_bytes", "memory.swappiness", "memory.oom_control"),
    "cpu": ("cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us"),
    "cpuset": ("cpuset.cpus", "cpuset.mems", "cpuset.effective_cpus", "cpuset.effective_mems"),
    "pids": ("cgroup.procs",),
    "blkio": tuple(f"blkio.throttle.{way}_{unit}_device" for way in ("read", "write") for unit in ("bps", "iops")),
}


@pytest.fixture
def version_1(tmp_path: Path) -> Hierarchies:
    for controller, files in TOP_1.items():
        (tmp_path / controller).mkdir()
        for file in files:
            (tmp_path / controller / file).write_text("0-1\n")
    return Hierarchies("", {controller: str(tmp_path / controller / "onggi") for controller in TOP_1})


def unified(folder: Path, controllers: str) -> Hierarchies:
    folder.mkdir()
    (folder / "cgroup.controllers").write_text(f"{controllers}\n")
    return Hierarchies(str(folder / "onggi"), {})


def test_version_1(version_1: Hierarchies) -> None:
    found = capacity(version_1)
    assert set(Resources.__struct_fields__) - found.limits == {"memory_swap", "blkio_weight", "blkio_weight_device"}
    assert (found.cpus, found.mems) == ("0-1", "0-1")
    assert found.processors == len(os.sched_getaffinity(0))


def test_version_1_with_swap_and_bfq(version_1: Hierarchies, tmp_path: Path) -> None:
    (tmp_path / "memory" / "memory.memsw.limit_in_bytes").write_text("")
    (tmp_path / "blkio" / "blkio.bfq.io_service_bytes").write_text("")
    assert capacity(version_1).limits == set(Resources.__struct_fields__)


@pytest.mark.parametrize("controller", sorted(TOP_1))
def test_a_controller_that_is_missing(version_1: Hierarchies, controller: str) -> None:
    all_of_it = capacity(version_1).limits
    del version_1.legacy[controller]
    lost = {
        "memory": {"memory", "memory_reservation", "memory_swappiness", "oom_kill_disable"},
        "cpu": {"cpu_shares", "cpu_period", "cpu_quota", "nano_cpus"},
        "cpuset": {"cpuset_cpus", "cpuset_mems"},
        "pids": {"pids"},
        "blkio": OF_DISKS,
    }
    assert all_of_it - capacity(version_1).limits == lost[controller]


def test_version_2(tmp_path: Path) -> None:
    where = unified(tmp_path / "unified", "cpuset cpu io memory hugetlb pids")
    (tmp_path / "unified" / "cpuset.cpus.effective").write_text("0-7\n")
    (tmp_path / "unified" / "cpuset.mems.effective").write_text("0\n")
    found = capacity(where)
    assert set(Resources.__struct_fields__) - found.limits == {"memory_swappiness", "oom_kill_disable"}
    assert (found.cpus, found.mems) == ("0-7", "0")


def test_both_at_once(version_1: Hierarchies, tmp_path: Path) -> None:
    where = unified(tmp_path / "unified", "io")
    del version_1.legacy["blkio"]
    found = capacity(Hierarchies(where.unified, version_1.legacy))
    assert found.limits >= {"blkio_weight", "memory_swappiness", "nano_cpus", *OF_DISKS}


def test_no_control_groups() -> None:
    found = capacity(Hierarchies("", {}))
    assert (found.limits, found.cpus, found.mems) == (frozenset(), "", "")


def test_this_host() -> None:
    found = capacity()
    assert "memory" in found.limits
    assert found.processors == len(os.sched_getaffinity(0))
