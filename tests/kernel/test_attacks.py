"""What a hostile image tries between clone and execve, when the process is still half the host's."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import onggi
from onggi.container import capability, op
from onggi.container.stdio import Stdio
from onggi.errors import Failed, Invalid, OnggiError, Unavailable
from onggi.linux import attach
from onggi.linux.launch import Launcher, MonitorOptions
from onggi.linux.state import read_state

from .conftest import Boxes, in_runtime, written

pytestmark = pytest.mark.kernel

DESCRIPTORS = range(3, 40)
SECRET = "a secret of the host"


def last(plan: op.Plan, *ops: op.Op) -> op.Plan:
    return msgspec.structs.replace(plan, ops=(*plan.ops, *ops))


# The host's folders by way of an inherited descriptor (as in CVE-2024-21626).


def step_output(boxes: Boxes, home: Path, plan: op.Plan) -> str:
    with open(home / "output", "wb") as output:
        boxes.launcher.step(plan, output.fileno(), output.fileno()).wait()
    return (home / "output").read_text()


def container_output(boxes: Boxes, home: Path, plan: op.Plan) -> str:
    boxes.launcher.container(plan, home, MonitorOptions())
    attach.wait(home)
    return written(home)


def runtime_output(boxes: Boxes, home: Path, plan: op.Plan) -> str:
    boxes.launcher.container(plan, home, in_runtime(plan))
    attach.wait(home)
    return written(home)


@pytest.mark.parametrize("output", [step_output, container_output, runtime_output])
def test_no_working_folder_leads_to_the_host(boxes: Boxes, output: Callable[[Boxes, Path, op.Plan], str]) -> None:
    (boxes.folder / "secret").write_text(SECRET)
    up = "../" * 12 + str(boxes.folder / "secret").lstrip("/")
    for number in DESCRIPTORS:
        home = boxes.home()
        plan = last(boxes.plan(home, "/bin/cat", up), op.ChangeDirectory(f"/proc/self/fd/{number}"))
        try:
            seen = output(boxes, home, plan)
        except OnggiError:
            continue
        assert SECRET not in seen, f"descriptor {number} is a folder of the host"


def test_no_program_of_the_host_is_executed(boxes: Boxes) -> None:
    program = boxes.folder / "program"
    shutil.copy("/bin/busybox", program)
    up = "/".join([".."] * 12) + str(program)
    for number in DESCRIPTORS:
        step, _ = boxes.step(f"/proc/self/fd/{number}/{up}")
        with pytest.raises(Failed):
            step.wait()


def test_a_runtime_executes_no_program_of_the_host(boxes: Boxes) -> None:
    program = boxes.folder / "program"
    shutil.copy("/bin/busybox", program)
    up = "/".join([".."] * 12) + str(program)
    for number in DESCRIPTORS:
        home = boxes.home()
        plan = boxes.plan(home, f"/proc/self/fd/{number}/{up}", "echo", SECRET)
        with pytest.raises(OnggiError):
            boxes.launcher.container(plan, home, in_runtime(plan))
        assert read_state(home).status == "created"


def test_the_child_has_no_descriptor_but_its_own(boxes: Boxes) -> None:
    """What is open when the program is looked up, by what may be a shebang of /proc/self/fd."""
    codes = {}
    for number in DESCRIPTORS:
        step, _ = boxes.step(f"/proc/self/fd/{number}")
        with pytest.raises(Failed) as raised:
            step.wait()
        codes[number] = raised.value.exit_code
    there = [number for number, code in codes.items() if code != 127]
    assert len(there) <= 1  # the socket that reports the failure


# The interpreter that the launcher runs, or the OCI runtime (as in CVE-2019-5736).

ATTACK = """
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

__attribute__((constructor)) static void attack(void) {
    errno = 0;
    chmod("/proc/self/exe", 04755); printf("chmod %d\\n", errno); errno = 0;
    chown("/proc/self/exe", 1, 1); printf("chown %d\\n", errno); errno = 0;
    utime("/proc/self/exe", 0); printf("utime %d\\n", errno);
    fflush(stdout);
    _exit(0);
}
"""


@pytest.fixture
def interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Python that launchers run from here on."""
    copy = tmp_path / "venv/bin/python3"
    copy.parent.mkdir(parents=True)
    real = Path(sys.executable).resolve()
    shutil.copy(real, copy)
    (tmp_path / "venv/pyvenv.cfg").write_text(f"home = {real.parent}\n")
    monkeypatch.setattr(sys, "executable", str(copy))
    return copy


def hostile(tmp_path: Path, victim: Path) -> Path:
    """A layer whose programs are `victim` of the host, with a library that attacks it from within."""
    layer = tmp_path / "hostile"
    (layer / "bin").mkdir(parents=True)
    lines = subprocess.run(["ldd", victim], capture_output=True, text=True, check=True).stdout.splitlines()
    for library in {word for line in lines for word in line.split() if word.startswith("/")}:
        (layer / library.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, layer / library.lstrip("/"))
        if not (layer / "lib" / Path(library).name).exists():
            (layer / "lib").mkdir(exist_ok=True)
            shutil.copy(library, layer / "lib")
    (tmp_path / "attack.c").write_text(ATTACK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", layer / "attack.so", tmp_path / "attack.c"], check=True)
    (layer / "bin/link").symlink_to("/proc/self/exe")
    (layer / "bin/script").write_text("#!/proc/self/exe\n")
    (layer / "bin/script").chmod(0o755)
    return layer


ATTACKED = pytest.mark.parametrize("program", ["/proc/self/exe", "/bin/link", "/bin/script"])
ATTACKING = ("LD_PRELOAD=/attack.so", "LD_LIBRARY_PATH=/lib")


@ATTACKED
def test_the_launchers_interpreter_cannot_be_changed(
    tmp_path: Path, busybox: str, interpreter: Path, program: str
) -> None:
    layer = hostile(tmp_path, interpreter)
    before = interpreter.stat()
    with Launcher() as launcher:
        boxes = Boxes(tmp_path, busybox, launcher)
        home = boxes.home()
        plan = boxes.plan(home, program, lower=(str(layer),))
        plan = msgspec.structs.replace(plan, env=ATTACKING)
        with open(home / "output", "w+b") as output:
            code = launcher.step(plan, output.fileno(), output.fileno()).wait()
        text = (home / "output").read_text()
    assert code == 0, text
    answers = dict(line.split() for line in text.splitlines())
    after = interpreter.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (before.st_mode, before.st_uid, before.st_mtime_ns)
    assert answers == dict.fromkeys(("chmod", "chown", "utime"), str(errno.EROFS))


@ATTACKED
def test_the_runtime_cannot_be_changed(boxes: Boxes, program: str) -> None:
    """It runs as a copy in memory, which is the attacker's to spoil."""
    runtime = boxes.folder / "runc"
    shutil.copy(shutil.which("runc") or "runc", runtime)
    before = runtime.stat()
    home = boxes.home()
    plan = boxes.plan(home, program, lower=(str(hostile(boxes.folder, runtime)),))
    plan = msgspec.structs.replace(plan, env=ATTACKING)
    boxes.launcher.container(plan, home, in_runtime(plan, str(runtime)))
    assert attach.wait(home) == 0
    assert [line.split()[0] for line in written(home).splitlines()] == ["chmod", "chown", "utime"]
    after = runtime.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (before.st_mode, before.st_uid, before.st_mtime_ns)


# Streams, links and devices where onggi expects its own.


def test_the_null_device_of_the_streams_is_the_containers(boxes: Boxes) -> None:
    """Its root may change the mode of what it has open."""
    argv = ("stat", "-L", "-c", "%d", "/proc/self/fd/0", "/dev/null")
    home = boxes.home()
    for output in (boxes.output(*argv), runtime_output(boxes, home, boxes.plan(home, *argv))):
        devices = output.split()
        assert len(devices) == 2
        assert devices[0] == devices[1] != str(os.stat(os.devnull).st_dev)


@pytest.mark.parametrize("link", ["/elsewhere", "elsewhere", "/dev"])
def test_proc_is_not_mounted_by_way_of_a_link(boxes: Boxes, link: str) -> None:
    """Its masks would be found by way of it too, wherever it leads by then."""
    layer = boxes.folder / "layer"
    layer.mkdir()
    (layer / "proc").symlink_to(link)
    step, _ = boxes.step("true", lower=(str(layer),))
    with pytest.raises(Invalid, match="/proc is a symbolic link in the image"):
        step.wait()
    home = boxes.home()
    plan = boxes.plan(home, "true", lower=(str(layer),))
    with pytest.raises(Unavailable, match="must be mounted on ordinary directory"):
        boxes.launcher.container(plan, home, in_runtime(plan))


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo], ids=["file", "fifo"])
def test_a_mask_is_the_null_device_or_none(boxes: Boxes, make: Callable[[Path], None]) -> None:
    """What a person's folder has in its place would be what the container sees."""
    folder = boxes.folder / "dev"
    folder.mkdir()
    make(folder / "null")
    inside = (op.BindMount(str(folder), "/dev"), op.MaskPath("/proc/kcore"))
    step, _ = boxes.step("true", inside=inside)
    with pytest.raises(Invalid, match="/dev/null is not the null device"):
        step.wait()


# The process that waits as PID 1 in front of the program (--init) is a copy of the launcher.


def test_nothing_of_the_host_is_seen_through_init(boxes: Boxes) -> None:
    tries = ("readlink /proc/1/exe", "cat /proc/1/environ", "cat /proc/1/maps", "ls /proc/1/fd", "readlink /proc/1/cwd")
    script = "; ".join(f"({each}) 2>/dev/null" for each in tries)
    default = capability.numbers(capability.DEFAULT)
    home = boxes.home()
    plan = boxes.plan(home, "sh", "-c", f"{script}; tr -d '\\0' < /proc/1/cmdline; echo; echo done", init=True)
    plan = last(plan, op.SetCapabilities(default, default, default))
    ours, its = attach.pair()
    with ours, its:
        boxes.launcher.container(plan, home, MonitorOptions(), (its,))
        its.close()
        assert attach.attach(home, Stdio(stdout=None, stderr=None), ours) == 0
    assert written(home) == "onggi-init\ndone\n"


# What other users of the host find.


@pytest.mark.parametrize("runtime", ["", "runc"], ids=["built-in", "runc"])
def test_the_monitor_tells_nothing_and_takes_orders_of_root_only(
    boxes: Boxes, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONGGI_TEST_SECRET", SECRET)
    home = boxes.home()
    plan = boxes.plan(home, "sleep", "1000")
    boxes.launcher.container(plan, home, in_runtime(plan, runtime) if runtime else MonitorOptions())
    inside = read_state(home).pid
    monitor = int(Path(f"/proc/{inside}/stat").read_text().rpartition(")")[2].split()[1])
    assert Path(f"/proc/{monitor}/environ").read_bytes() == b""
    assert stat.S_IMODE((home / "attach.sock").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "container.log").stat().st_mode) & 0o007 == 0


# Imports after the root is the image's.

IMPORTING = """
import os, sys
sys.path.insert(0, sys.argv[1])
from onggi.errors import Denied
from onggi.linux import child, ops, report
from onggi.linux.channel import receive

def import_one(child, op):
    try:
        import colorsys
    except ImportError:
        raise Denied("there is nowhere to import from")
    raise Denied(colorsys.__file__)

ops.OPS["import"] = (import_one, "import")
plan = {"namespaces": ["mount", "pid"], "joined": [], "netns": "", "ops": [{"op": "import"}]}
plan |= {"argv": ["true"], "env": [], "init": False}
pid, _, control = child.start(plan, None, (0, 1, 2))
message, _ = receive(control)
os.waitpid(pid, 0)
print(report.decode(message).message)
"""


def test_a_child_imports_nothing(tmp_path: Path) -> None:
    """By then the folders of Python's library are the image's to fill."""
    argv = [sys.executable, "-I", "-S", "-c", IMPORTING, str(Path(onggi.__file__).parents[1])]
    ended = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert ended.stdout == "there is nowhere to import from\n"
