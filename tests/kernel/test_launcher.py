"""Build steps: one process in isolation, started by the launcher."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from tests.waiting import eventually

from onggi.container import op
from onggi.errors import Failed, Invalid, NotFound, OnggiError, Unavailable, Unsupported
from onggi.linux.launch import Launcher

from .conftest import Boxes, leftovers

pytestmark = pytest.mark.kernel


def test_a_step_runs_in_its_own_root_and_writes_to_its_upper_folder(boxes: Boxes) -> None:
    step, home = boxes.step("sh", "-c", "echo out; echo err >&2; echo new > /file; exit 7")
    assert step.wait() == 7
    assert (home / "output").read_text() == "out\nerr\n"
    assert (home / "upper/file").read_text() == "new\n"


def test_namespaces_are_its_own(boxes: Boxes) -> None:
    text = boxes.output("sh", "-c", "echo $$; cat /proc/sys/kernel/hostname; ls /proc/1/fd; cat /proc/self/cgroup")
    pid, hostname, *rest = text.split()
    assert (pid, hostname) == ("1", "box")
    assert [name for name in rest if name.isdigit()] == ["0", "1", "2"]
    assert "0::/" in rest


def test_no_descriptor_and_no_ignored_signal_comes_in(boxes: Boxes) -> None:
    inherited = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        files = boxes.output("sh", "-c", "ls /proc/1/fd; true")
        signals = boxes.output("grep", "-E", "Sig(Ign|Blk)", "/proc/self/status")
    finally:
        os.close(inherited)
    assert files.split() == ["0", "1", "2"]
    assert signals.split() == ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16]


def test_the_end_by_a_signal_is_128_and_the_signal(boxes: Boxes) -> None:
    step, _ = boxes.step("sh", "-c", "sleep 100 & wait")
    step.kill()
    assert step.wait() == 137
    step.kill()  # it has ended: nothing to do


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (("foo",), 127, 'exec: "foo": executable file not found in $PATH'),
        (("/foo",), 127, 'exec: "/foo": no such file or directory'),
        (("/bin",), 126, 'exec: "/bin": permission denied'),
        (("/note",), 126, 'exec: "/note": permission denied'),
        (("/text",), 126, 'exec: "/text": exec format error'),
    ],
)
def test_a_program_that_cannot_be_executed(boxes: Boxes, argv: tuple[str], code: int, message: str) -> None:
    layer = boxes.folder / "layer"
    layer.mkdir()
    (layer / "note").write_text("no program\n")
    (layer / "text").write_text("no program\n")
    (layer / "text").chmod(0o755)
    step, _ = boxes.step(*argv, lower=(str(layer),))
    with pytest.raises(Failed) as raised:
        step.wait()
    assert (raised.value.message, raised.value.exit_code) == (message, code)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"argv": ("sh", "a\0b")}, 'exec: "sh": embedded null byte'),
        ({"env": ("PATH=/bin", "=x")}, 'exec: "sh": illegal environment variable name'),
    ],
)
@pytest.mark.parametrize("init", [False, True], ids=["", "init"])
def test_what_only_an_image_can_ask_for(boxes: Boxes, what: dict[str, tuple[str]], message: str, init: bool) -> None:
    plan = msgspec.structs.replace(boxes.plan(boxes.home(), "sh", init=init), **what)
    with pytest.raises(Failed, match=message) as raised:
        boxes.launcher.step(plan, 1, 2).wait()
    assert raised.value.exit_code == 126


def test_a_bug_does_not_pass_for_the_programs_end(boxes: Boxes) -> None:
    step, _ = boxes.step("true", inside=(op.MountFs("tmpfs", "/mnt", ("no such flag",)),))
    with pytest.raises(Unavailable, match="a bug in onggi: KeyError"):
        step.wait()


@pytest.mark.parametrize(
    ("bad", "kind", "message"),
    [
        (op.MountFs("nonesuchfs", "/mnt"), Unsupported, "mount nonesuchfs at /mnt: No such device"),
        (op.BindMount("/none/such", "/mnt"), NotFound, "bind /none/such at /mnt: No such file or directory"),
        (op.MountFs("tmpfs", "/mnt", data="size=what"), Invalid, "mount tmpfs at /mnt: Invalid argument"),
        (op.MakeDirectory("/proc/self/none/such"), NotFound, "make the folder /proc/self/none/such: No such file"),
    ],
)
def test_an_op_that_fails_says_which(boxes: Boxes, bad: op.Op, kind: type[OnggiError], message: str) -> None:
    step, _ = boxes.step("true", inside=(bad,))
    with pytest.raises(kind, match=message):
        step.wait()


def test_an_unknown_op_is_refused_before_any_is_done(boxes: Boxes) -> None:
    class Dance(msgspec.Struct, frozen=True, tag_field="op", tag="dance"):
        pass

    step, _ = boxes.step("true", inside=(Dance(),))
    with pytest.raises(Unsupported, match="unknown op 'dance'"):
        step.wait()


def test_a_plan_without_a_mount_namespace_is_refused(boxes: Boxes, launcher: Launcher) -> None:
    plan = msgspec.structs.replace(boxes.plan(boxes.home(), "true"), namespaces=("pid",))
    with pytest.raises(Unsupported, match="mount namespace"):
        launcher.step(plan, 1, 2).wait()


def test_more_layers_than_a_page_of_mount_options_holds(boxes: Boxes) -> None:
    layers = []
    for number in range(200):
        layer = boxes.folder / f"layer-{number:03}-{'x' * 60}"
        layer.mkdir()
        (layer / f"file{number}").touch()
        (layer / "common").write_text(str(number))
        layers.append(str(layer))
    text = boxes.output("sh", "-c", "ls / | grep -c file; cat /common", lower=tuple(layers))
    assert text.split() == ["200", "0"]


def test_a_root_without_an_upper_folder_cannot_be_written(boxes: Boxes) -> None:
    home = boxes.home()
    made = boxes.plan(home, "sh", "-c", "! touch /file")
    for folder in ("proc", "dev"):
        (boxes.folder / "points" / folder).mkdir(parents=True)
    root = op.Overlay((str(boxes.folder / "points"), boxes.layer), "", "", str(home / "rootfs"))
    with open(os.devnull, "wb") as null:
        plan = msgspec.structs.replace(made, ops=(root, *made.ops[1:]))
        assert boxes.launcher.step(plan, null.fileno(), null.fileno()).wait() == 0


@pytest.mark.parametrize("link", ["/", "../../../../../..", "/nowhere/yet", "../up/there"])
def test_a_symlink_of_the_image_never_leads_a_mount_out(boxes: Boxes, link: str) -> None:
    layer = boxes.folder / "layer"
    (layer / "etc").mkdir(parents=True)
    (layer / "etc/resolv.conf").symlink_to(link + "/run-by-onggi/resolv.conf")
    (layer / "data").symlink_to(link)
    source = boxes.folder / "resolv.conf"
    source.write_text("nameserver ::1\n")
    binds = (op.BindMount(str(source), "/etc/resolv.conf", True), op.BindMount(str(boxes.folder), "/data/sub"))
    text = boxes.output("sh", "-c", "cat /etc/resolv.conf; ls /data/sub", lower=(str(layer),), inside=binds)
    assert "nameserver ::1" in text and "resolv.conf" in text
    assert not os.path.exists("/run-by-onggi") and not os.path.exists("/sub")


def test_binds_are_read_only_when_asked_with_all_below_them(boxes: Boxes) -> None:
    source = boxes.folder / "source"
    source.mkdir()
    binds = (op.BindMount(str(source), "/rw"), op.BindMount(str(source), "/ro", True))
    boxes.output("sh", "-c", "touch /rw/file; ! touch /ro/other", inside=binds)
    assert os.listdir(source) == ["file"]


def test_devices_are_those_of_the_rules(boxes: Boxes) -> None:
    kmsg = (op.MakeNode("/dev/kmsg", 1, 11, 0o666), op.MakeNode("/dev/disk", 254, 0, 0o666, "b"))
    text = boxes.output("sh", "-c", "head -c 1 /dev/zero | wc -c; cat /dev/kmsg; cat /dev/disk; true", inside=kmsg)
    assert text.startswith("1\n")
    assert text.count("Operation not permitted") == 2


def test_processor_time_is_that_of_all_its_processes(boxes: Boxes) -> None:
    step, _ = boxes.step("sh", "-c", "seq 400000 | tr 0-9 a-j | wc -c; sleep 0.3")
    eventually(lambda: step.cpu_seconds() > 0)
    assert step.wait() == 0
    assert step.cpu_seconds() > 0.01


def test_steps_from_many_threads_at_once(boxes: Boxes) -> None:
    codes: list[int] = []

    def one(number: int) -> None:
        step, _ = boxes.step("sh", "-c", f"sleep 0.05; exit {number}")
        codes.append(step.wait())

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == list(range(20))


def test_closing_the_launcher_ends_its_steps(tmp_path: Path, busybox: str) -> None:
    with Launcher() as launcher:
        boxes = Boxes(tmp_path, busybox, launcher)
        step, _ = boxes.step("sleep", "1000")
    assert step.wait() == 137
    assert not leftovers(tmp_path.name)


def test_a_killed_launcher_takes_its_steps_along_and_another_sweeps_after_it(tmp_path: Path, busybox: str) -> None:
    launcher = Launcher()
    boxes = Boxes(tmp_path, busybox, launcher)
    step, _ = boxes.step("sleep", "1234567")
    eventually(lambda: running("sleep\0001234567"))
    os.kill(launcher.pid, 9)
    with pytest.raises(Unavailable, match="the launcher ended"):
        step.wait()
    eventually(lambda: not running("sleep\0001234567"))
    assert boxes.step("true", cgroup=False)[0].wait() == 0, "by another, which the next request spawns"
    launcher.close()
    assert not leftovers(tmp_path.name)


CLIENT = """
import sys, time
from pathlib import Path
from kernel.conftest import Boxes
from onggi.linux.launch import Launcher
boxes = Boxes(Path(sys.argv[1]), sys.argv[2], Launcher())
step = boxes.step("sleep", "7654321")
print("ready", flush=True)
time.sleep(1000)
"""


def test_a_killed_client_leaves_nothing_running(tmp_path: Path, busybox: str) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(tmp_path), busybox],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with client:
        try:
            assert client.stdout and client.stdout.readline() == b"ready\n"
            eventually(lambda: running("sleep\0007654321"))
        finally:
            client.kill()
    eventually(lambda: not running("sleep\0007654321"))
    eventually(lambda: not leftovers_of_pid(client.pid))


def test_a_cgroup_in_use_is_refused(boxes: Boxes) -> None:
    home = boxes.home()
    plan = boxes.plan(home, "sleep", "100")
    first = boxes.launcher.step(plan, 1, 2)
    with pytest.raises(OnggiError, match="is in use by another process"):
        boxes.launcher.step(plan, 1, 2).wait()
    first.kill()
    assert first.wait() == 137


def running(command: str) -> bool:
    """Whether a process has this command line."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.joinpath("cmdline").read_text().startswith(command):
                    return True
            except OSError:
                continue
    return False


def leftovers_of_pid(pid: int) -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"**/onggi/test-{pid}-*"))
