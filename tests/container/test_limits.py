"""What a container may be limited to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.container.limits import Capacity, check, members, merge, settled
from onggi.container.spec import Resources
from onggi.errors import Conflict, Invalid, Unsupported

MB = 1 << 20
HOST = Capacity(processors=2, cpus="0-1", mems="0")
EVERY = Resources(
    memory=64 * MB,
    memory_reservation=32 * MB,
    memory_swap=128 * MB,
    memory_swappiness=60,
    oom_kill_disable=True,
    cpu_shares=512,
    cpu_period=50_000,
    cpu_quota=25_000,
    cpuset_cpus="0-1",
    cpuset_mems="0",
    pids=100,
    blkio_weight=500,
    blkio_weight_device=(("/dev/sda", 500),),
    device_read_bps=(("/dev/sda", 1),),
    device_write_bps=(("/dev/sda", 1),),
    device_read_iops=(("/dev/sda", 1),),
    device_write_iops=(("/dev/sda", 1),),
)


def test_what_the_host_has_is_given_as_it_is_asked_for() -> None:
    assert check(EVERY, HOST) == (EVERY, ())
    assert check(Resources(), Capacity(limits=frozenset())) == (Resources(), ())


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Resources(memory=6 * MB - 1), "Minimum memory limit allowed is 6MB"),
        (Resources(memory_reservation=1), "Minimum memory reservation allowed is 6MB"),
        (
            Resources(memory=64 * MB, memory_swap=63 * MB),
            "Minimum memoryswap limit should be larger than memory limit, see usage",
        ),
        (
            Resources(memory_swap=64 * MB),
            "You should always set the Memory limit when using Memoryswap limit, see usage",
        ),
        (
            Resources(memory=64 * MB, memory_reservation=65 * MB),
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        ),
        (Resources(memory_swappiness=101), "Invalid value: 101, valid memory swappiness range is 0-100"),
        (
            Resources(nano_cpus=2_000_000_001),
            "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
        ),
        (Resources(nano_cpus=1), "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"),
        (Resources(nano_cpus=-1), "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"),
        (
            Resources(nano_cpus=10**9, cpu_period=1000),
            "Conflicting options: Nano CPUs and CPU Period cannot both be set",
        ),
        (
            Resources(nano_cpus=10**9, cpu_quota=1000),
            "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
        ),
        (Resources(cpu_shares=1), "the minimum allowed cpu-shares is 2"),
        (Resources(cpu_shares=262145), "the maximum allowed cpu-shares is 262144"),
        (
            Resources(cpu_period=999),
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
        ),
        (Resources(cpu_quota=999), "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
        (Resources(cpu_quota=-2), "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
        (Resources(cpuset_cpus="0-2"), "Requested CPUs are not available - requested 0-2, available: 0-1"),
        (Resources(cpuset_mems="1"), "Requested memory nodes are not available - requested 1, available: 0"),
        (Resources(cpuset_cpus="one"), "Invalid value one for cpuset cpus"),
        (Resources(cpuset_mems="0,"), "Invalid value 0, for cpuset mems"),
        (Resources(blkio_weight=9), "Range of blkio weight is from 10 to 1000"),
        (Resources(blkio_weight=1001), "Range of blkio weight is from 10 to 1000"),
    ],
)
def test_what_is_wrong_is_told_in_dockers_words(asked: Resources, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(asked, HOST)
    assert refused.value.message == sentence


@pytest.mark.parametrize("asked", [Resources(cpu_quota=-1), Resources(pids=-1), Resources(memory_swappiness=0)])
def test_what_takes_a_limit_away_is_right(asked: Resources) -> None:
    assert check(asked, HOST) == (asked, ())


def test_a_host_without_control_groups_gives_nothing_and_says_so() -> None:
    given, warnings = check(EVERY, Capacity(limits=frozenset(), processors=2))
    assert given == Resources()
    assert len(warnings) == 14  # one for period and quota, one for cpus and mems
    assert warnings[0] == (
        "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded."
    )


def test_memory_is_limited_where_swap_is_not_counted() -> None:
    given, warnings = check(Resources(memory=64 * MB), Capacity(limits=frozenset({"memory"})))
    assert given == Resources(memory=64 * MB, memory_swap=-1)
    assert warnings == (
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. "
        "Memory limited without swap.",
    )
    assert check(given, Capacity(limits=frozenset({"memory"}))) == (given, ())


def test_version_2_has_no_swappiness_and_always_an_oom_killer() -> None:
    lacks = Capacity(limits=HOST.limits - {"memory_swappiness", "oom_kill_disable"}, processors=2)
    given, warnings = check(Resources(memory=64 * MB, memory_swappiness=0, oom_kill_disable=True), lacks)
    assert given == Resources(memory=64 * MB)
    assert warnings == (
        "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. "
        "Memory swappiness discarded.",
        "Your kernel does not support OomKillDisable. OomKillDisable discarded.",
    )


def test_cpus_are_refused_where_they_cannot_be_given() -> None:
    with pytest.raises(Unsupported, match="NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler"):
        check(Resources(nano_cpus=10**9), Capacity(limits=HOST.limits - {"nano_cpus"}, processors=2))


def test_no_oom_killer_and_no_limit_is_dangerous() -> None:
    _, warnings = check(Resources(oom_kill_disable=True), HOST)
    assert warnings == (
        "OOM killer is disabled for the container, but no memory limit is set, "
        "this can result in the system running out of resources.",
    )


def test_lists_of_processors() -> None:
    assert members("", "cpus") == frozenset()
    assert members("0-2,5,7-7", "cpus") == {0, 1, 2, 5, 7}
    for text in ("-", "1-", "2-1", "1,,2", "1 2", "0-9999999999"):
        with pytest.raises(Invalid):
            members(text, "cpus")


@given(st.frozensets(st.integers(0, 200), min_size=1))
def test_any_list_is_read_as_it_is_written(numbers: frozenset[int]) -> None:
    assert members(",".join(map(str, sorted(numbers))), "cpus") == numbers


# What an update makes of it


def test_what_is_not_named_stays() -> None:
    now = Resources(memory=64 * MB, cpu_shares=512, cpuset_cpus="0")
    assert merge(now, Resources()) == now
    assert merge(now, Resources(cpu_shares=100, pids=-1)) == Resources(
        memory=64 * MB, cpu_shares=100, cpuset_cpus="0", pids=-1
    )


def test_limits_of_devices_are_kept_by_device() -> None:
    now = Resources(device_read_bps=(("/dev/a", 1), ("/dev/b", 2)))
    merged = merge(now, Resources(device_read_bps=(("/dev/b", 3), ("/dev/c", 4))))
    assert merged.device_read_bps == (("/dev/a", 1), ("/dev/b", 3), ("/dev/c", 4))


def test_limits_of_devices_that_are_replaced() -> None:
    now = Resources(device_read_bps=(("/dev/a", 1), ("/dev/b", 2)), device_write_bps=(("/dev/a", 1),))
    merged = merge(now, Resources(device_read_bps=(("/dev/b", 3),)), ("device_read_bps", "blkio_weight_device"))
    assert merged.device_read_bps == (("/dev/a", 0), ("/dev/b", 3))
    assert settled(merged) == Resources(device_read_bps=(("/dev/b", 3),), device_write_bps=(("/dev/a", 1),))
    assert settled(merge(now, Resources(), ("device_read_bps", "device_write_bps"))) == Resources()


@pytest.mark.parametrize(
    ("now", "changes", "sentence"),
    [
        (
            Resources(cpu_period=1000),
            Resources(nano_cpus=1),
            "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set",
        ),
        (
            Resources(cpu_quota=1000),
            Resources(nano_cpus=1),
            "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set",
        ),
        (
            Resources(nano_cpus=1),
            Resources(cpu_period=1000),
            "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set",
        ),
        (
            Resources(nano_cpus=1),
            Resources(cpu_quota=1000),
            "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set",
        ),
        (
            Resources(memory=64 * MB, memory_swap=64 * MB),
            Resources(memory=65 * MB),
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
        ),
    ],
)
def test_what_does_not_go_with_what_is_there(now: Resources, changes: Resources, sentence: str) -> None:
    with pytest.raises(Conflict) as refused:
        merge(now, changes)
    assert refused.value.message == sentence


@pytest.mark.parametrize("swap", [0, -1, 200 * MB])
def test_memory_may_grow_below_its_swap(swap: int) -> None:
    merged = merge(Resources(memory=64 * MB, memory_swap=swap), Resources(memory=128 * MB))
    assert merged == Resources(memory=128 * MB, memory_swap=swap)
