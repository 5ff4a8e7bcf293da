"""What control groups are told of a container's limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.container.resources import controls, cpu_weight, devices, io_weight, swap_limit
from onggi.container.spec import Resources

MB = 1 << 20
DISK = {"/dev/sda": "8:0"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Resources(), {}),
        (Resources(memory=64 * MB), {"memory": 64 * MB, "memory_swap": 128 * MB, "swap": 64 * MB}),
        (
            Resources(memory=64 * MB, memory_swap=64 * MB),
            {"memory": 64 * MB, "memory_swap": 64 * MB, "swap": 0},
        ),
        (Resources(memory=64 * MB, memory_swap=-1), {"memory": 64 * MB, "memory_swap": -1, "swap": -1}),
        (Resources(memory_reservation=32 * MB), {"memory_reservation": 32 * MB}),
        (Resources(memory_swappiness=0), {"memory_swappiness": 0}),
        (Resources(oom_kill_disable=True), {"oom_kill_disable": 1}),
        (Resources(nano_cpus=1_500_000_000), {"cpu_period": 100_000, "cpu_quota": 150_000}),
        (Resources(cpu_period=50_000, cpu_quota=-1), {"cpu_period": 50_000, "cpu_quota": -1}),
        (Resources(cpu_shares=2000), {"cpu_shares": 2000, "cpu_weight": 170}),
        (Resources(cpuset_cpus="0-1", cpuset_mems="0"), {"cpuset_cpus": "0-1", "cpuset_mems": "0"}),
        (Resources(pids=20), {"pids": 20}),
        (Resources(pids=-7), {"pids": -1}),
        (Resources(blkio_weight=10), {"blkio_weight": 10, "io_weight": 1}),
        (
            Resources(blkio_weight_device=(("/dev/sda", 500), ("/dev/sda", 0))),
            {
                "blkio_weight_device": [("8:0", 500), ("8:0", 0)],
                "io_weight_device": [("8:0", 4950), ("8:0", 0)],
            },
        ),
        (Resources(device_read_bps=(("/dev/sda", MB),)), {"device_read_bps": [("8:0", MB)]}),
    ],
)
def test_each_limit_is_told_in_the_units_of_both_versions(asked: Resources, told: dict[str, object]) -> None:
    assert controls(asked, DISK) == told


def test_swap_is_twice_the_memory_unless_it_is_said() -> None:
    assert swap_limit(Resources(memory=100)) == 200
    assert swap_limit(Resources(memory=100, memory_swap=150)) == 150
    assert swap_limit(Resources(memory=100, memory_swap=-1)) == -1
    assert swap_limit(Resources()) == -1


def test_the_devices_that_have_limits() -> None:
    asked = Resources(blkio_weight_device=(("/dev/a", 10),), device_write_iops=(("/dev/b", 1), ("/dev/a", 2)))
    assert devices(asked) == {"/dev/a", "/dev/b"}
    assert devices(Resources(memory=MB)) == frozenset()


@pytest.mark.parametrize(("shares", "weight"), [(2, 1), (1024, 100), (2000, 170), (22000, 1204), (262144, 10000)])
def test_shares_are_weights_as_in_runc(shares: int, weight: int) -> None:
    assert cpu_weight(shares) == weight


@given(st.integers(2, 262143))
def test_more_shares_are_no_less_weight(shares: int) -> None:
    assert 1 <= cpu_weight(shares) <= cpu_weight(shares + 1) <= 10000


@given(st.integers(10, 999))
def test_more_weight_is_more_in_the_other_scale(weight: int) -> None:
    assert 1 <= io_weight(weight) < io_weight(weight + 1) <= 10000
