from __future__ import annotations

import os

from onggi.container.host import findings
from onggi.linux.probe import probe, read_cgroups

V1 = """\
30 23 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
31 23 0:27 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
32 23 0:28 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,release_agent=/lib/x,name=systemd
"""
V2 = "33 23 0:29 / {folder} {access},nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
OTHER = "23 28 0:22 / /sys rw,nosuid - sysfs sysfs rw\n"


def test_version_1() -> None:
    found = read_cgroups((OTHER + V1).splitlines())
    assert found.layout == "v1"
    assert found.hierarchies == (
        ("cpu,cpuacct", ("cpu", "cpuacct")),
        ("memory", ("memory",)),
        ("systemd", ("name=systemd",)),
    )
    assert found.controllers == ("cpu", "cpuacct", "memory")


def test_version_2(tmp_path: os.PathLike[str]) -> None:
    folder = os.fspath(tmp_path)
    with open(f"{folder}/cgroup.controllers", "w") as file:
        file.write("cpuset cpu memory pids\n")
    found = read_cgroups([V2.format(folder=folder, access="rw")])
    assert (found.layout, found.controllers) == ("v2", ("cpuset", "cpu", "memory", "pids"))
    assert found.is_writable
    assert not read_cgroups([V2.format(folder=folder, access="ro")]).is_writable


def test_both_at_once_and_none() -> None:
    assert read_cgroups((V1 + V2.format(folder="/none", access="rw")).splitlines()).layout == "hybrid"
    assert read_cgroups([OTHER]).layout == "none"
    assert not read_cgroups([OTHER]).is_writable


def test_this_host() -> None:
    host = probe()
    assert host.machine == os.uname().machine
    assert host.uid == os.geteuid()
    assert "CAP_CHOWN" in host.capabilities
    assert {"mount", "pid", "network"} <= set(host.namespaces)
    paths = {device.path for device in host.devices}
    assert "/dev/null" in paths
    assert not any(path.startswith(("/dev/pts", "/dev/shm")) for path in paths)
    assert [line.subject for line in findings(host)][:2] == ["privileges", "kernel"]
