"""What a process in a container sees and may do, with the built-in launcher and with runc."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from onggi.container import capability
from onggi.container.host import Host
from onggi.container.masks import MASKED_PATHS, READONLY_PATHS
from onggi.container.plan import step_plan
from onggi.container.rootfs import Credentials, EtcFiles, RootFs
from onggi.container.spec import Bind, Networking, Process, Rlimit, Security, Tmpfs
from onggi.container.step import Step
from onggi.linux.launch import Launcher

from .conftest import Ended, Run, fields

pytestmark = pytest.mark.kernel

DEVICES = {"full", "null", "random", "tty", "urandom", "zero"}
LINKS = {"fd", "ptmx", "stderr", "stdin", "stdout"}
FOLDERS = {"mqueue", "pts", "shm"}
DEFAULT_MASK = "00000000a80425fb"
NO_MASK = "0000000000000000"


def status(run: Run, **fields: Any) -> dict[str, str]:
    return run("cat /proc/self/status", **fields).fields()


def test_capabilities_of_root(run: Run) -> None:
    found = status(run)
    assert found["CapEff"] == found["CapPrm"] == found["CapBnd"] == DEFAULT_MASK
    assert found["CapInh"] == found["CapAmb"] == NO_MASK
    assert found["Seccomp"] == "2"
    assert found["NoNewPrivs"] == "0"
    assert found["Umask"] == "0022"


def test_another_user_has_no_capabilities(run: Run) -> None:
    found = status(run, credentials=Credentials(uid=1000, gid=1001, groups=(20, 30), home="/home/x"))
    assert found["CapEff"] == found["CapPrm"] == found["CapAmb"] == NO_MASK
    assert found["CapBnd"] == DEFAULT_MASK
    assert found["Uid"].split() == ["1000"] * 4
    assert found["Gid"].split() == ["1001"] * 4
    assert found["Groups"].split() == ["20", "30", "1001"]


def test_capabilities_added_and_dropped(run: Run) -> None:
    security = Security(capabilities_added=("SYS_TIME",), capabilities_dropped=("ALL",))
    assert int(status(run, security=security)["CapEff"], 16) == capability.mask({"CAP_SYS_TIME"})


def test_no_new_privileges(run: Run) -> None:
    found = status(run, security=Security(no_new_privileges=True))
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_namespaces_are_its_own(run: Run) -> None:
    kinds = ("mnt", "pid", "net", "uts", "ipc", "cgroup")
    names = " ".join(f"/proc/self/ns/{kind}" for kind in kinds)
    inside = run(f"for each in {names}; do readlink $each; done").output.split()
    outside = [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds]
    assert len(inside) == len(kinds)
    assert not set(inside) & set(outside)


def test_it_is_process_1_with_a_host_name_of_its_own(run: Run) -> None:
    assert run("echo $$; hostname").output.split() == ["1", "inside"]
    assert os.uname().nodename != "inside"


def test_no_network_but_loopback(run: Run) -> None:
    output = run("ls /sys/class/net; cat /sys/class/net/lo/flags").output.split()
    assert output[0] == "lo"
    assert [each for each in output[1:-1] if each.startswith(("eth", "ens", "wl"))] == []
    assert int(output[-1], 16) & 1  # IFF_UP


def test_the_hosts_network_on_request(run: Run) -> None:
    assert run("readlink /proc/self/ns/net", networking=Networking(mode="host")).output.strip() == os.readlink(
        "/proc/self/ns/net"
    )


def test_masked_paths_show_nothing(run: Run) -> None:
    command = "for each in {}; do [ -d $each ] && ls -A $each; [ -f $each -o -c $each ] && cat $each; done; true"
    assert run(command.format(" ".join(MASKED_PATHS))).output == ""


def test_paths_of_the_kernel_cannot_be_written(run: Run) -> None:
    paths = ["/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/irq/x", "/proc/bus/x", "/sys/x"]
    paths += ["/sys/fs/cgroup/x"]
    writes = "; ".join(f"(: >> {path}) 2>/dev/null && echo {path}" for path in paths)
    assert run(f"{writes}; true").output == ""
    options = mount_options(run("cat /proc/mounts"))
    assert all("ro" in options[path] for path in READONLY_PATHS if path in options)
    assert "ro" in options["/proc/sys"]
    assert "ro" in options["/sys"]


@pytest.mark.parametrize("run", [""], indirect=True, ids=["built-in"])
def test_no_place_has_two_mounts(run: Run) -> None:
    targets = [line.split()[1] for line in run("cat /proc/mounts").output.splitlines()]
    assert len(targets) == len(set(targets))


def mount_options(ended: Ended) -> dict[str, list[str]]:
    """Target → options; of several on one target, those on top."""
    rows = [line.split() for line in ended.output.splitlines()]
    return {row[1]: row[3].split(",") for row in rows}


def test_mounts_are_guarded(run: Run) -> None:
    options = mount_options(run("cat /proc/mounts"))
    for target in ("/proc", "/sys", "/dev/shm", "/dev/mqueue"):
        assert {"nosuid", "nodev", "noexec"} <= set(options[target])
    assert "size=65536k" in options["/dev/shm"]
    assert {"nosuid", "noexec", "gid=5", "mode=620", "ptmxmode=666"} <= set(options["/dev/pts"])


def test_the_devices(run: Run) -> None:
    names = set(run("ls /dev").output.split()) - {"core"}  # a link that runc makes
    assert names == DEVICES | LINKS | FOLDERS
    assert run("echo x > /dev/full").exit_code != 0
    assert run("echo x > /dev/null; head -c 3 /dev/zero | od -An -tx1").output.split() == ["00", "00", "00"]


def test_other_devices_can_be_made_but_not_opened(run: Run) -> None:
    ended = run(
        "mknod /disk b 7 0 && cat /disk; mknod /kmsg c 1 11 && head -c 1 /kmsg; mknod /ok c 1 5 && head -c 1 /ok"
    )
    assert "/disk" in ended.output
    assert ended.output.count("Operation not permitted") == 2
    assert "/ok" not in ended.output


def test_no_descriptor_is_inherited(run: Run) -> None:
    leak = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        ended = run("exec ls /proc/self/fd")
    finally:
        os.close(leak)
    assert ended.output.split() == ["0", "1", "2", "3"]  # 3 is the folder that ls reads


def test_limits(run: Run) -> None:
    ended = run("ulimit -Sn; ulimit -Hn; ulimit -Sc", rlimits=(Rlimit("NOFILE", 100, 200), Rlimit("CORE", 0, 0)))
    assert ended.output.split() == ["100", "200", "0"]


def test_a_read_only_root(run: Run) -> None:
    ended = run(
        "touch /x; touch /data/y && echo written; pwd",
        read_only=True,
        mounts=(Tmpfs("/data"),),
        process=Process(working_directory="/not/there"),
    )
    assert "Read-only file system" in ended.output
    assert {"written", "/not/there"} <= set(ended.output.split())  # the streams arrive in any order


def test_binds(run: Run, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "in").write_text("hello\n")
    mounts = (Bind(str(shared), "/rw"), Bind(str(shared / "in"), "/etc/file", read_only=True))
    ended = run("cat /rw/in /etc/file; echo out > /rw/out; echo x > /etc/file", mounts=mounts)
    assert ended.output.splitlines()[:2] == ["hello", "hello"]
    assert "Read-only file system" in ended.output
    assert (shared / "out").read_text() == "out\n"


# What the default profile refuses, and what it must not.
REFUSED = (
    "unshare-user", "unshare-mount", "mount", "umount", "pivot_root", "setns", "keyctl", "add_key", "bpf",
    "perf_event_open", "ptrace-other-user", "clone-user", "clone-net", "clock_settime", "open_by_handle_at",
    "userfaultfd", "io_uring_setup", "kexec_load", "init_module", "swapon", "personality", "socket-alg",
    "socket-vsock", "i386-unshare", "i386-mount",
)  # fmt: skip
ALLOWED = ("getpid", "clone", "ptrace-traceme", "socket-inet", "i386-getpid")
MISSING = ("clone3", "newer-than-all")


def test_calls_of_the_default_profile(run: Run) -> None:
    found = {name: int(code) for name, code in run("calls").fields().items()}
    assert {name: found[name] for name in REFUSED} == dict.fromkeys(REFUSED, errno.EPERM)
    assert {name: found[name] for name in ALLOWED} == dict.fromkeys(ALLOWED, 0)
    assert {name: found[name] for name in MISSING} == dict.fromkeys(MISSING, errno.ENOSYS)


def test_it_is_the_profile_that_refuses(run: Run) -> None:
    """The same capabilities without the filter: what needs none goes through."""
    found = {name: int(code) for name, code in run("calls", security=Security(seccomp="unconfined")).fields().items()}
    for name in ("unshare-user", "clone-user", "keyctl", "i386-unshare", "personality"):
        assert found[name] == 0, name
    for name in ("ptrace-other-user", "unshare-mount", "open_by_handle_at"):
        assert found[name] == errno.EPERM, name


def test_a_capability_brings_its_calls_back(run: Run) -> None:
    found = run("calls", security=Security(capabilities_added=("SYS_ADMIN", "SYS_PTRACE"))).fields()
    assert found["unshare-mount"] == found["clone-net"] == found["ptrace-other-user"] == "0"
    assert found["mount"] == str(errno.ENOENT)
    assert found["clock_settime"] == str(errno.EPERM)


def test_a_profile_of_the_persons_own(run: Run) -> None:
    profile = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["getpid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}],
    }
    found = run("calls", security=Security(seccomp=json.dumps(profile))).fields()
    assert found["getpid"] == str(errno.EOPNOTSUPP)
    assert found["unshare-user"] == "0"


def test_a_keyring_of_its_own(run: Run, whole_layer: Path) -> None:
    ours = subprocess.run([whole_layer / "bin/calls", "keyring"], capture_output=True, text=True, check=True).stdout
    theirs = run("calls keyring", security=Security(seccomp="unconfined")).output
    assert int(theirs) > 0
    assert theirs != ours


def test_privileged(run: Run, host: Host) -> None:
    ended = run(
        "cat /proc/self/status; (: >> /proc/sys/kernel/hostname) && echo may write", security=Security(privileged=True)
    )
    assert "may write" in ended.output
    found = ended.fields()
    assert int(found["CapEff"], 16) == capability.mask(host.capabilities)
    assert found["Seccomp"] == "0"
    inside = set(run("find /dev -type c -o -type b", security=Security(privileged=True)).output.split())
    assert {device.path for device in host.devices} <= inside


def test_nothing_is_left_behind(run: Run, tmp_path: Path) -> None:
    assert run("exit 3").exit_code == 3
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    # Groups of other runs come and go meanwhile, which os.walk does not mind.
    groups = [name for _, names, _ in os.walk("/sys/fs/cgroup") for name in names]
    assert [name for name in groups if name.startswith(f"test-{os.getpid()}-")] == []


# Build steps.


def test_a_step_has_the_same_isolation(whole_layer: Path, tmp_path: Path, host: Host, launcher: Launcher) -> None:
    for name in ("upper", "work", "rootfs"):
        (tmp_path / name).mkdir()
    root = RootFs(
        lowers=(str(whole_layer),),
        upper=str(tmp_path / "upper"),
        work=str(tmp_path / "work"),
        target=str(tmp_path / "rootfs"),
    )
    step = Step(argv=("/bin/sh", "-c", "cat; calls; cat /proc/self/status; ls /dev"), env=("PATH=/bin",))
    made = step_plan(step, root, EtcFiles(), Credentials(), host, cgroup=f"test-{os.getpid()}-step")
    with open(tmp_path / "out", "w+") as out:
        assert launcher.step(made, out.fileno(), out.fileno()).wait() == 0
        out.seek(0)
        lines = out.read().splitlines()
    found = fields("\n".join(lines))
    assert {name: int(found[name]) for name in REFUSED} == dict.fromkeys(REFUSED, errno.EPERM)
    assert found["CapEff"] == DEFAULT_MASK
    assert found["Seccomp"] == "2"
    assert set(lines) >= DEVICES | LINKS
    assert os.listdir(tmp_path / "upper") == []
