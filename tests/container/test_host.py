from __future__ import annotations

import pytest
from msgspec.structs import replace

from onggi.container import capability
from onggi.container.host import CgroupLayout, Cgroups, Host, findings

GOOD = Host(
    machine="x86_64",
    kernel=(6, 1),
    cgroups=Cgroups(layout="v2", controllers=("cpu", "memory", "pids"), is_writable=True),
    runtimes={"runc": "/usr/sbin/runc"},
)


def test_a_good_host_has_no_complaints() -> None:
    lines = findings(GOOD)
    assert all(line.is_ok for line in lines)
    assert not any(line.hint for line in lines)
    assert len({line.subject for line in lines}) == len(lines)
    assert any("runc (/usr/sbin/runc)" in line.sentence for line in lines)


@pytest.mark.parametrize(
    ("host", "subject", "words"),
    [
        (replace(GOOD, uid=1000), "privileges", "user 1000"),
        (replace(GOOD, kernel=(5, 4)), "kernel", "Linux 5.4"),
        (replace(GOOD, openat2=False), "kernel", "lacks system calls"),
        (replace(GOOD, mount_api=False), "kernel", "lacks system calls"),
        (replace(GOOD, namespaces=("mount", "pid", "uts", "ipc", "user")), "namespaces", "no network, cgroup"),
        (replace(GOOD, overlay=False), "overlay", "no overlay"),
        (replace(GOOD, seccomp=False), "seccomp", "cannot filter"),
        (replace(GOOD, capabilities=tuple(set(capability.NAMES) - {"CAP_MKNOD"})), "capabilities", "CAP_MKNOD"),
        (replace(GOOD, cgroups=Cgroups()), "cgroups", "no cgroup file system"),
        (replace(GOOD, cgroups=replace(GOOD.cgroups, is_writable=False)), "cgroups", "read-only"),
        (replace(GOOD, cgroups=replace(GOOD.cgroups, controllers=("cpu",))), "cgroups", "memory (-m"),
        (replace(GOOD, cgroups=replace(GOOD.cgroups, layout="hybrid")), "cgroups", "devices (keeping"),
    ],
)
def test_what_is_missing_is_said_with_the_way_on(host: Host, subject: str, words: str) -> None:
    bad = [line for line in findings(host) if not line.is_ok]
    assert [line.subject for line in bad] == [subject]
    assert words in bad[0].sentence
    assert bad[0].hint


def test_what_a_kernel_may_lack_without_harm() -> None:
    assert all(line.is_ok for line in findings(replace(GOOD, keyrings=False, runtimes={})))


@pytest.mark.parametrize(
    ("layout", "controllers", "usable"),
    [
        ("hybrid", ("memory", "hugetlb"), False),
        ("hybrid", ("memory",), True),
        ("v2", ("memory", "hugetlb"), True),
    ],
)
def test_whether_crun_can_be_used(layout: CgroupLayout, controllers: tuple[str, ...], usable: bool) -> None:
    cgroups = Cgroups(layout=layout, hierarchies=(("memory", ("memory",)),), controllers=controllers, is_writable=True)
    host = replace(GOOD, cgroups=cgroups, runtimes={"crun": "/usr/bin/crun", "runc": "/usr/sbin/runc"})
    sentence = next(line.sentence for line in findings(host) if line.subject == "runtimes")
    assert sentence.startswith("--runtime can use " + ("crun (/usr/bin/crun), runc" if usable else "runc (/usr/sbin/"))
    assert ("but not crun (/usr/bin/crun), which refuses" in sentence) is not usable
    assert ("hugetlb on the version 2 tree" in sentence) is not usable
