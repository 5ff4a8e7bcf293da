"""What is written to and read from the files of each version, in folders of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onggi.container.resources import controls
from onggi.container.spec import Resources
from onggi.errors import Conflict, Invalid, OnggiError, Unsupported
from onggi.linux.cgroup import Group
from onggi.linux.cgroup.files import Setting, apply
from onggi.linux.cgroup.version import Version
from onggi.linux.cgroup.version1 import Version1, inherit_cpuset
from onggi.linux.cgroup.version2 import Version2

MB = 1 << 20
EVERY = controls(
    Resources(
        memory=64 * MB,
        memory_reservation=32 * MB,
        memory_swap=96 * MB,
        cpu_shares=1024,
        cpu_period=50_000,
        cpu_quota=25_000,
        cpuset_cpus="0-1",
        cpuset_mems="0",
        pids=20,
        blkio_weight=500,
        blkio_weight_device=(("/dev/sda", 200),),
        device_read_bps=(("/dev/sda", MB),),
        device_write_bps=(("/dev/sda", 2 * MB),),
        device_read_iops=(("/dev/sda", 100),),
        device_write_iops=(("/dev/sda", 0),),
    ),
    {"/dev/sda": "8:0"},
)
FILES_1 = {
    "memory": {
        "memory.limit_in_bytes": "9223372036854771712",
        "memory.memsw.limit_in_bytes": "9223372036854771712",
        "memory.soft_limit_in_bytes": "9223372036854771712",
        "memory.swappiness": "60",
        "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3",
        "memory.usage_in_bytes": "5000",
        "memory.stat": "cache 7\ntotal_inactive_file 1000",
    },
    "cpu": {"cpu.shares": "1024", "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "-1"},
    "cpuacct": {"cpuacct.usage": "1500000000"},
    "cpuset": {"cpuset.cpus": "0-3", "cpuset.mems": "0"},
    "pids": {"pids.max": "max", "pids.current": "4"},
    "blkio": {
        "blkio.bfq.weight": "100",
        "blkio.bfq.weight_device": "",
        "blkio.throttle.read_bps_device": "8:16 7\n8:0 5",
        "blkio.throttle.write_bps_device": "",
        "blkio.throttle.read_iops_device": "",
        "blkio.throttle.write_iops_device": "",
        "blkio.throttle.io_service_bytes_recursive": "8:0 Read 100\n8:0 Write 10\n8:0 Total 110\n8:16 Read 1\nTotal 9",
    },
    "freezer": {"freezer.state": "THAWED"},
}
FILES_2 = {
    "cgroup.controllers": "cpuset cpu io memory pids",
    "memory.max": "max",
    "memory.swap.max": "max",
    "memory.low": "0",
    "memory.current": "5000",
    "memory.stat": "anon 100\nfile 2000\nshmem 50\ninactive_file 1000",
    "memory.events": "low 0\noom 4\noom_kill 3",
    "cpu.weight": "100",
    "cpu.max": "max 100000",
    "cpu.stat": "usage_usec 1500000\nuser_usec 1000000",
    "cpuset.cpus": "",
    "cpuset.mems": "",
    "pids.max": "max",
    "pids.current": "4",
    "io.weight": "default 100\n8:16 300",
    "io.max": "8:16 rbps=7 wbps=max riops=max wiops=max",
    "io.stat": "8:0 rbytes=100 wbytes=10 rios=1 wios=1\n8:16 rbytes=1 wbytes=0",
}


def test_both_versions_are_asked_the_same() -> None:
    def asked(version: type) -> set[str]:
        return {name for name in vars(version) if not name.startswith("_")}

    assert asked(Version1) == asked(Version2) == asked(Version)


def lay_out(folder: Path, files: dict[str, str]) -> str:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n" if text else "")
    return str(folder)


@pytest.fixture
def version_1(tmp_path: Path) -> dict[str, str]:
    return {name: lay_out(tmp_path / name / "onggi" / "box", files) for name, files in FILES_1.items()}


@pytest.fixture
def version_2(tmp_path: Path) -> str:
    return lay_out(tmp_path / "unified" / "onggi" / "box", FILES_2)


def written(settings: list[Setting]) -> list[tuple[str, str]]:
    return [(Path(setting.path).name, setting.text) for setting in settings]


def snapshot(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}


# Version 1


def test_every_limit_of_version_1(version_1: dict[str, str]) -> None:
    assert written(Version1(version_1).settings(EVERY)) == [
        ("memory.limit_in_bytes", str(64 * MB)),
        ("memory.memsw.limit_in_bytes", str(96 * MB)),
        ("memory.soft_limit_in_bytes", str(32 * MB)),
        ("cpu.shares", "1024"),
        ("cpu.cfs_period_us", "50000"),
        ("cpu.cfs_quota_us", "25000"),
        ("cpuset.cpus", "0-1"),
        ("cpuset.mems", "0"),
        ("pids.max", "20"),
        ("blkio.bfq.weight", "500"),
        ("blkio.bfq.weight_device", "8:0 200"),
        ("blkio.throttle.read_bps_device", "8:0 1048576"),
        ("blkio.throttle.write_bps_device", "8:0 2097152"),
        ("blkio.throttle.read_iops_device", "8:0 100"),
        ("blkio.throttle.write_iops_device", "8:0 0"),
    ]


def test_what_only_version_1_has(version_1: dict[str, str]) -> None:
    told = controls(Resources(memory_swappiness=10, oom_kill_disable=True))
    assert written(Version1(version_1).settings(told)) == [("memory.swappiness", "10"), ("memory.oom_control", "1")]


def test_any_number_of_processes(version_1: dict[str, str], version_2: str) -> None:
    told = controls(Resources(pids=-1))
    assert written(Version1(version_1).settings(told)) == [("pids.max", "max")]
    assert written(Version2(version_2).settings(told)) == [("pids.max", "max")]


def test_weights_of_an_older_kernel(version_1: dict[str, str]) -> None:
    Path(version_1["blkio"], "blkio.weight").write_text("500\n")
    assert written(Version1(version_1).settings({"blkio_weight": 20})) == [("blkio.weight", "20")]


@pytest.mark.parametrize(
    ("now", "first"), [(100 * MB, "memory.limit_in_bytes"), (50 * MB, "memory.memsw.limit_in_bytes")]
)
def test_memory_is_never_above_memory_with_swap(version_1: dict[str, str], now: int, first: str) -> None:
    Path(version_1["memory"], "memory.memsw.limit_in_bytes").write_text(f"{now}\n")
    assert written(Version1(version_1).settings(EVERY))[0][0] == first


def test_swap_that_is_not_counted_needs_no_limit_to_be_unlimited(version_1: dict[str, str], version_2: str) -> None:
    told = controls(Resources(memory=64 * MB, memory_swap=-1))
    assert ("memory.memsw.limit_in_bytes", "-1") in written(Version1(version_1).settings(told))
    assert ("memory.swap.max", "max") in written(Version2(version_2).settings(told))
    Path(version_1["memory"], "memory.memsw.limit_in_bytes").unlink()
    Path(version_2, "memory.swap.max").unlink()
    assert written(Version1(version_1).settings(told)) == [("memory.limit_in_bytes", str(64 * MB))]
    assert written(Version2(version_2).settings(told)) == [("memory.max", str(64 * MB))]


def test_what_version_1_has_counted(version_1: dict[str, str]) -> None:
    group = Version1(version_1)
    assert group.cpu_seconds() == 1.5
    assert group.memory() == (5000, 9223372036854771712, 1000)
    assert (group.pids(), group.block_bytes(), group.oom_kills()) == (4, (101, 10), 3)


def test_a_kernel_that_counts_blocks_without_those_of_groups_below(version_1: dict[str, str]) -> None:
    recursive = Path(version_1["blkio"], "blkio.throttle.io_service_bytes_recursive")
    recursive.rename(recursive.with_name("blkio.throttle.io_service_bytes"))
    assert Version1(version_1).block_bytes() == (101, 10)
    recursive.with_name("blkio.throttle.io_service_bytes").unlink()
    assert Version1(version_1).block_bytes() == (0, 0)


def test_freezing_in_version_1(version_1: dict[str, str]) -> None:
    state = Path(version_1["freezer"], "freezer.state")
    group = Version1(version_1)
    group.freeze(1)
    assert state.read_text() == "FROZEN\n"
    group.thaw()
    assert state.read_text() == "THAWED\n"


def test_a_new_cpuset_has_what_is_above_it(tmp_path: Path) -> None:
    top = tmp_path / "cpuset"
    lay_out(top, {"cpuset.cpus": "0-3", "cpuset.mems": "0"})
    for folder in (top / "onggi", top / "onggi" / "box"):
        lay_out(folder, {"cpuset.cpus": "", "cpuset.mems": ""})
    (top / "onggi" / "cpuset.cpus").write_text("1-2\n")
    inherit_cpuset(str(top / "onggi" / "box"))
    assert (top / "onggi" / "cpuset.mems").read_text() == "0\n"
    assert (top / "onggi" / "box" / "cpuset.cpus").read_text() == "1-2\n"
    assert (top / "onggi" / "box" / "cpuset.mems").read_text() == "0\n"


# Version 2


def test_every_limit_of_version_2(version_2: str) -> None:
    assert written(Version2(version_2).settings(EVERY)) == [
        ("memory.max", str(64 * MB)),
        ("memory.swap.max", str(32 * MB)),
        ("memory.low", str(32 * MB)),
        ("cpu.weight", "100"),
        ("cpuset.cpus", "0-1"),
        ("cpuset.mems", "0"),
        ("pids.max", "20"),
        ("cpu.max", "25000 50000"),
        ("io.weight", "4950"),
        ("io.weight", "8:0 1920"),
        ("io.max", "8:0 rbps=1048576"),
        ("io.max", "8:0 wbps=2097152"),
        ("io.max", "8:0 riops=100"),
        ("io.max", "8:0 wiops=max"),
    ]


def test_weights_are_version_1s_where_bfq_takes_them(version_2: str) -> None:
    Path(version_2, "io.bfq.weight").write_text("default 100\n")
    told = {name: EVERY[name] for name in EVERY if "weight" in name and "cpu" not in name}
    assert written(Version2(version_2).settings(told)) == [("io.bfq.weight", "500"), ("io.bfq.weight", "8:0 200")]


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"cpu_quota": 25_000}, "25000"),
        ({"cpu_quota": -1}, "max"),
        ({"cpu_period": 50_000}, "max 50000"),
        ({"cpu_quota": -1, "cpu_period": 50_000}, "max 50000"),
    ],
)
def test_time_on_processors(version_2: str, told: dict[str, Any], text: str) -> None:
    assert written(Version2(version_2).settings(told)) == [("cpu.max", text)]


@pytest.mark.parametrize("name", ["memory_swappiness", "oom_kill_disable"])
def test_what_version_2_does_not_have_is_refused(version_2: str, name: str) -> None:
    with pytest.raises(Unsupported, match=f"{name} cannot be set: version 2 of control groups does not have it"):
        Version2(version_2).settings({name: 1})


def test_memory_that_cannot_be_given_back_is_not_taken_by_killing(version_2: str) -> None:
    swap = 1024 * int(Path("/proc/meminfo").read_text().partition("SwapFree:")[2].split()[0])
    Path(version_2, "memory.stat").write_text(f"anon {65 * MB + swap}\nshmem 0\n")
    with pytest.raises(Conflict, match=f"more than {64 * MB} bytes of memory are in use and cannot be given back"):
        Version2(version_2).settings(EVERY)


def test_what_version_2_has_counted(version_2: str) -> None:
    group = Version2(version_2)
    assert group.cpu_seconds() == 1.5
    assert group.memory() == (5000, 1 << 63, 1000)
    assert (group.pids(), group.block_bytes(), group.oom_kills()) == (4, (101, 10), 3)
    Path(version_2, "memory.max").write_text("6000\n")
    assert group.memory() == (5000, 6000, 1000)


def test_freezing_in_version_2(version_2: str) -> None:
    Path(version_2, "cgroup.freeze").write_text("0\n")
    Path(version_2, "cgroup.events").write_text("populated 1\nfrozen 1\n")
    group = Version2(version_2)
    group.freeze(1)
    assert Path(version_2, "cgroup.freeze").read_text() == "1\n"
    Path(version_2, "cgroup.events").write_text("populated 1\nfrozen 0\n")
    with pytest.raises(Conflict, match="do not freeze"):
        group.freeze(0)
    assert Path(version_2, "cgroup.freeze").read_text() == "0\n"


# A group


def test_on_a_hybrid_host_each_limit_goes_to_the_version_that_has_its_controller(
    version_1: dict[str, str], version_2: str
) -> None:
    legacy = {name: folder for name, folder in version_1.items() if name not in ("pids", "blkio")}
    Path(version_2, "cgroup.controllers").write_text("pids io hugetlb\n")
    group = Group("box", version_2, legacy)
    group.apply(controls(Resources(memory=64 * MB, pids=20, blkio_weight=500)))
    assert Path(version_1["memory"], "memory.limit_in_bytes").read_text() == f"{64 * MB}\n"
    assert Path(version_2, "memory.max").read_text() == "max\n"
    assert Path(version_2, "pids.max").read_text() == "20\n"
    assert Path(version_2, "io.weight").read_text() == "4950\n"
    assert (group.cpu_seconds(), group.pids(), group.block_bytes()) == (1.5, 4, (101, 10))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"memory": MB}, "this host has no memory control groups, so memory cannot be limited"),
        ({"cpu_shares": 2}, "this host has no cpu control groups, so cpu_shares cannot be limited"),
        (
            {"device_read_iops": [("8:0", 1)]},
            "this host has no blkio control groups, so device_read_iops cannot be limited",
        ),
    ],
)
def test_a_controller_that_is_missing_is_named(version_2: str, told: dict[str, Any], sentence: str) -> None:
    Path(version_2, "cgroup.controllers").write_text("pids\n")
    with pytest.raises(Unsupported) as refused:
        Group("box", version_2, {}).apply(told)
    assert refused.value.message == sentence


def test_what_no_controller_counts_is_unknown(version_2: str) -> None:
    Path(version_2, "cgroup.controllers").write_text("\n")
    group = Group("box", version_2, {})
    assert (group.memory(), group.pids(), group.block_bytes(), group.oom_kills()) == (None, None, None, 0)
    assert group.cpu_seconds() == 1.5


# All or nothing


@pytest.mark.parametrize("last", ["cpuset.mems", "blkio.throttle.write_iops_device"])
def test_where_one_is_refused_the_others_are_put_back(version_1: dict[str, str], tmp_path: Path, last: str) -> None:
    (refusing,) = tmp_path.rglob(last)
    refusing.unlink()
    refusing.mkdir()  # neither read nor written
    before = snapshot(tmp_path)
    with pytest.raises(OnggiError):
        apply(Version1(version_1).settings(EVERY))
    after = snapshot(tmp_path)
    for path, text in before.items():
        if not path.endswith("_device"):  # files of the kernel's, to which one line is written and several are read
            assert after[path] == text, path
    if last.startswith("blkio"):
        assert Path(version_1["blkio"], "blkio.throttle.read_bps_device").read_text() == "8:0 5\n"
        assert Path(version_1["blkio"], "blkio.throttle.write_bps_device").read_text() == "8:0 0\n"


@pytest.mark.parametrize(
    ("held", "setting", "before"),
    [
        ("1024", Setting("", "512"), "1024"),
        ("max 100000", Setting("", "5000 10000"), "max 100000"),
        ("oom_kill_disable 0\nunder_oom 0", Setting("", "1"), "0"),
        ("default 100\n8:16 300", Setting("", "500"), "100"),
        ("", Setting("", "0-1"), ""),
        ("default 100\n8:16 300", Setting("", "8:16 500", "8:16 default"), "8:16 300"),
        ("default 100", Setting("", "8:16 500", "8:16 default"), "8:16 default"),
        ("8:0 rbps=7 wbps=max", Setting("", "8:0 rbps=9", "8:0 rbps=max"), "8:0 rbps=7 wbps=max"),
        ("", Setting("", "8:0 5", "8:0 0"), "8:0 0"),
    ],
)
def test_what_puts_a_file_back(tmp_path: Path, held: str, setting: Setting, before: str) -> None:
    setting.path = str(tmp_path / "file")
    Path(setting.path).write_text(held)
    assert setting.before() == before


def test_a_file_that_the_kernel_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        Unsupported, match=r"this kernel has no memory\.memsw\.limit_in_bytes, so it cannot be set to 5"
    ):
        apply([Setting(str(tmp_path / "memory.memsw.limit_in_bytes"), "5")])


def test_what_the_kernel_refuses_is_named() -> None:
    with pytest.raises(Invalid, match="the kernel refuses nonsense for oom_score_adj: Invalid argument"):
        apply([Setting("/proc/self/oom_score_adj", "nonsense")])
