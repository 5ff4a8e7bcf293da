"""Finding the places of groups, from text."""

from __future__ import annotations

from onggi.linux.cgroup import locate

V2 = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
HYBRID = (
    "30 22 0:27 / /sys/fs/cgroup ro shared:5 - tmpfs tmpfs ro,mode=755\n"
    "31 30 0:28 / /sys/fs/cgroup/unified rw shared:6 - cgroup2 cgroup rw\n"
    "32 30 0:29 / /sys/fs/cgroup/memory rw shared:7 - cgroup cgroup rw,memory\n"
    "33 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:8 - cgroup cgroup rw,cpu,cpuacct\n"
)
IN_A_CONTAINER = "40 39 0:29 /docker/abc /sys/fs/cgroup/memory ro master:7 - cgroup cgroup rw,memory\n"


def test_version_2() -> None:
    where = locate(V2.splitlines(), {"": "/user.slice"})
    assert (where.unified, where.legacy) == ("/sys/fs/cgroup/user.slice", {})


def test_both_versions() -> None:
    where = locate(HYBRID.splitlines(), {"": "/", "memory": "/job/7", "cpu": "/", "cpuacct": "/"})
    assert where.unified == "/sys/fs/cgroup/unified"
    assert where.legacy == {
        "memory": "/sys/fs/cgroup/memory/job/7",
        "cpu": "/sys/fs/cgroup/cpu,cpuacct",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
    }


def test_a_mount_that_shows_a_part_of_the_hierarchy() -> None:
    where = locate(IN_A_CONTAINER.splitlines(), {"memory": "/docker/abc/inner"})
    assert where.legacy == {"memory": "/sys/fs/cgroup/memory/inner"}


def test_no_cgroups() -> None:
    where = locate(["22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"], {})
    assert (where.unified, where.legacy) == ("", {})
