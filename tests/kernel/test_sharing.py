"""What a container shares with the host and with others when it is asked to, as runc has it from the same plan."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.container import op
from onggi.container.devices import Given
from onggi.container.host import Device
from onggi.container.spec import Namespaces, Security
from onggi.errors import Conflict, OnggiError
from onggi.linux import attach
from onggi.linux.launch import MonitorOptions
from onggi.linux.presence import is_monitored

from .conftest import Boxes, Run, written

pytestmark = pytest.mark.kernel

built_in_only = pytest.mark.parametrize("run", [""], indirect=True, ids=["built-in"])


def namespace(kind: str, process: str = "self") -> str:
    return os.readlink(f"/proc/{process}/ns/{kind}")


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("pid", Namespaces(pid="host")),
        ("ipc", Namespaces(ipc="host")),
        ("uts", Namespaces(uts="host")),
        ("cgroup", Namespaces(cgroup="host")),
    ],
    ids=["pid", "ipc", "uts", "cgroup"],
)
def test_one_namespace_is_the_hosts(run: Run, kind: str, asked: Namespaces) -> None:
    kinds = ("mnt", "pid", "net", "uts", "ipc", "cgroup")
    links = " ".join(f"/proc/self/ns/{each}" for each in kinds)
    found = run(f"for each in {links}; do readlink $each; done", namespaces=asked, hostname="").output.split()
    assert [each for each in kinds if namespace(each) in found] == [kind]


def test_the_hosts_processes_name_and_memory(run: Run) -> None:
    asked = Namespaces(pid="host", uts="host", ipc="host")
    command = "cd /proc; echo [0-9]*; hostname; stat -c %d:%i /dev/shm"
    found = run(command, namespaces=asked, hostname="").output.split()
    shared = os.stat("/dev/shm")
    assert found[-2:] == [os.uname().nodename, f"{shared.st_dev}:{shared.st_ino}"]
    assert str(os.getpid()) in found


def test_what_outlives_the_first_process_is_ended(run: Run) -> None:
    seconds = 10_000 + os.getpid()
    command = f"sleep {seconds} & setsid sleep {seconds} & exit 3"
    assert run(command, namespaces=Namespaces(pid="host")).exit_code == 3
    assert subprocess.run(["pgrep", "-f", f"^sleep {seconds}$"], capture_output=True).stdout == b""


def test_without_shared_memory(run: Run) -> None:
    assert "shm" not in run("ls /dev", namespaces=Namespaces(ipc="none")).output.split()


def test_the_hosts_cgroups_with_its_own_part(run: Run) -> None:
    asked = Namespaces(cgroup="host")
    assert "/onggi/test-" in run("cat /proc/self/cgroup", namespaces=asked).output
    assert "Read-only" in run("mkdir /sys/fs/cgroup/x", namespaces=asked).output


@built_in_only
def test_writable_cgroups(run: Run) -> None:
    command = "cd /sys/fs/cgroup; cd pids 2>/dev/null; mkdir mine && rmdir mine && echo written"
    assert run(command, security=Security(writable_cgroups=True)).output == "written\n"
    assert "Read-only" in run(command).output


# Kernel parameters and names.


def test_parameters_of_its_own(run: Run) -> None:
    sysctls = {"net.core.somaxconn": "77", "kernel.msgmax": "999", "fs.mqueue.msg_max": "12"}
    paths = " ".join("/proc/sys/" + name.replace(".", "/") for name in sysctls)
    assert run(f"cat {paths}", sysctls=sysctls).output.split() == list(sysctls.values())
    assert Path("/proc/sys/kernel/msgmax").read_text().strip() != "999"


@pytest.mark.parametrize(("name", "value"), [("nothing", "1"), ("somaxconn", "many")])
def test_a_parameter_that_cannot_be_set_is_told(run: Run, name: str, value: str) -> None:
    with pytest.raises(OnggiError, match=name):
        run("true", sysctls={f"net.core.{name}": value})


def test_a_domain(run: Run) -> None:
    output = run("cat /proc/sys/kernel/domainname; hostname", domain_name="jar.example").output
    assert output.split() == ["jar.example", "inside"]


# Devices.

ZERO = Device("/dev/zero", "c", 1, 5, 0o666)
KMSG = Device("/dev/deep/kmsg", "c", 1, 11, 0o640, 3, 4)
RANDOM = Device("/opt/random", "c", 1, 9, 0o666)


def test_devices_with_their_owners_and_permissions(run: Run) -> None:
    given = [Given(KMSG, "r"), Given(RANDOM), Given(ZERO)]
    command = (
        "stat -c '%a %u %g %t:%T' /dev/deep/kmsg /opt/random; head -c 3 /opt/random | wc -c;"
        "head -c 3 /dev/zero | wc -c; dd if=/dev/deep/kmsg bs=8192 count=1 of=/dev/null 2>/dev/null && echo read;"
        "(: > /dev/deep/kmsg) 2>/dev/null || echo kept"
    )
    found = run(command, given=given, security=Security(capabilities_added=("SYSLOG",))).output.splitlines()
    assert found == ["640 3 4 1:b", "666 0 0 1:9", "3", "3", "read", "kept"]


def test_a_device_by_its_number(run: Run) -> None:
    command = "mknod /kmsg c 1 11; dd if=/kmsg bs=8192 count=1 of=/dev/null 2>/dev/null && echo read"
    security = Security(capabilities_added=("SYSLOG",))
    assert run(command, security=security).output == ""
    assert run(command, security=security, device_rules=("c 1:11 r",)).output == "read\n"
    assert run(command, security=security, device_rules=("a 1:11 r",)).output == "read\n"


@built_in_only
def test_something_else_in_the_devices_place_is_told(run: Run) -> None:
    with pytest.raises(OnggiError, match="make the device /bin/sh: File exists"):
        run("true", given=[Given(Device("/bin/sh", "c", 1, 5, 0o666))])


# Other containers.


@pytest.fixture
def donor(boxes: Boxes) -> Path:
    """The folder of a container that runs."""
    return boxes.start("sleep", "100000")


def asked(home: Path, *kinds: str) -> dict[str, object]:
    return {
        "namespaces": Namespaces(**dict.fromkeys(kinds, f"container:{home.name}")),  # type: ignore[arg-type]
        "homes": {home.name: str(home)},
    }


def first(home: Path) -> str:
    return os.path.basename(os.readlink(home / "process"))


def test_anothers_processes(run: Run, donor: Path) -> None:
    found = run("readlink /proc/self/ns/pid; ps -o args", **asked(donor, "pid")).output
    assert found.startswith(namespace("pid", first(donor)))
    assert "sleep 100000" in found
    assert is_monitored(donor)


@built_in_only
def test_anothers_shared_memory(run: Run, boxes: Boxes) -> None:
    home = boxes.home()
    inside = (op.MountFs("tmpfs", "/dev/shm", ("nosuid",), "mode=1777,size=1m", source="shm"),)
    script = "echo shared > /dev/shm/note; echo ready; sleep 100000"
    boxes.launcher.container(boxes.plan(home, "sh", "-c", script, inside=inside), home, MonitorOptions())
    eventually(lambda: written(home) == "ready\n")
    found = run("readlink /proc/self/ns/ipc; cat /dev/shm/note", **asked(home, "ipc")).output.split()
    assert found == [namespace("ipc", first(home)), "shared"]


@built_in_only
def test_one_that_does_not_run_has_nothing_to_share(run: Run, boxes: Boxes) -> None:
    _, home = boxes.run("true")
    assert not (home / "process").is_symlink()
    with pytest.raises(Conflict, match="is not running, so nothing of it can be shared"):
        run("true", **asked(home, "pid"))
    with pytest.raises(Conflict, match="is not running, so nothing of it can be shared"):
        run("true", **asked(home, "ipc"))


@built_in_only
def test_a_link_of_a_monitor_that_was_killed_leads_nowhere(run: Run, boxes: Boxes) -> None:
    home = boxes.home()
    (home / "process").symlink_to("/proc/self")
    (home / "monitor.lock").touch()
    with pytest.raises(Conflict, match="is not running"):
        run("true", **asked(home, "pid"))


def test_it_ends_with_the_other(boxes: Boxes, donor: Path) -> None:
    """The kernel ends who is in a pid namespace whose first process has gone."""
    home = boxes.home()
    plan = boxes.plan(home, "sh", "-c", "sleep 100000", pid_of=donor)
    boxes.launcher.container(plan, home, MonitorOptions())
    attach.send_signal(donor, 9)
    assert attach.wait(home) == 137
