"""A busybox root and hand-written plans on it, without image, store or engine."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from onggi.container import op
from onggi.container.bundle import bundle
from onggi.container.complete import complete
from onggi.container.devices import Given
from onggi.container.host import Host
from onggi.container.plan import plan, seccomp_filter
from onggi.container.rootfs import Credentials, EtcFiles, RootFs
from onggi.container.spec import ContainerSpec, Process
from onggi.container.stdio import Stdio
from onggi.linux import attach, cgroup
from onggi.linux.launch import Launcher, MonitorOptions, Step
from onggi.linux.logs import read_log
from onggi.linux.probe import probe
from onggi.linux.state import read_state
from onggi.oci.config import RunConfig

APPLETS = [
    "sh",
    "cat",
    "echo",
    "sleep",
    "true",
    "false",
    "id",
    "ls",
    "mkfifo",
    "stty",
    "ps",
    "wc",
    "head",
    "tr",
    "dd",
    "grep",
    "touch",
    "mkdir",
    "kill",
    "seq",
    "env",
    "stat",
    "readlink",
    "tty",
    "mv",
]
CALLS = Path(__file__).with_name("calls.c")
MOUNT_POINTS = ("dev", "proc", "sys", "tmp", "etc", "bin")
DEVICES = ("c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 5:* rwm", "c 136:* rwm")
QUIET = ("nosuid", "nodev", "noexec")


@pytest.fixture(scope="session", autouse=True)
def alone(own_network: int) -> None:
    """What a test makes of links and rules is in nobody's way."""


@pytest.fixture(scope="session")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A layer with a static busybox."""
    root = tmp_path_factory.mktemp("busybox")
    (root / "bin").mkdir()
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    return str(root)


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


def in_runtime(plan: op.Plan, runtime: str = "runc", **options: Any) -> MonitorOptions:
    """An OCI runtime is to run the plan, as root in / unless the plan says otherwise."""
    document = bundle(plan, None)
    document["process"] = {"cwd": "/", **document["process"]}
    document["process"]["user"] = {"uid": 0, "gid": 0, **document["process"]["user"]}
    return MonitorOptions(runtime=runtime, bundle=msgspec.json.encode(document).decode(), **options)


class Boxes:
    """Steps and containers of one test, each in a folder of its own."""

    def __init__(self, folder: Path, layer: str, launcher: Launcher) -> None:
        self.folder = folder
        self.layer = layer
        self.launcher = launcher
        self.numbers = itertools.count()
        self.homes: list[Path] = []

    def home(self) -> Path:
        home = self.folder / f"box{next(self.numbers)}"
        for each in ("upper", "work", "rootfs"):
            (home / each).mkdir(parents=True)
        self.homes.append(home)
        return home

    def plan(
        self,
        home: Path,
        *argv: str,
        lower: tuple[str, ...] = (),
        inside: tuple[op.Op, ...] = (),
        terminal: bool = False,
        init: bool = False,
        cgroup: bool = True,
        pid_of: Path | None = None,
    ) -> op.Plan:
        """All namespaces, the usual mounts, and `inside` before the root is entered. `pid_of`: the folder of the
        container whose pid namespace is joined."""
        upper, work, rootfs = (str(home / each) for each in ("upper", "work", "rootfs"))
        return op.Plan(
            namespaces=("mount", *(() if pid_of else ("pid",)), "network", "uts", "ipc"),
            joined=(("pid", str(pid_of)),) if pid_of else (),
            cgroup=f"test-{os.getpid()}-{self.folder.name}-{home.name}" if cgroup else "",
            devices=DEVICES,
            ops=(
                op.Overlay((*lower, self.layer), upper, work, rootfs),
                op.MountFs("proc", "/proc", QUIET),
                op.MountFs("tmpfs", "/dev", ("nosuid",), "mode=755,size=1m"),
                op.MountFs("devpts", "/dev/pts", ("nosuid", "noexec"), "newinstance,ptmxmode=0666,mode=0620"),
                op.MakeNode("/dev/null", 1, 3, 0o666),
                op.MakeNode("/dev/zero", 1, 5, 0o666),
                op.MakeNode("/dev/tty", 5, 0, 0o666),
                *inside,
                op.UnshareCgroup(),
                *((op.Console(),) if terminal else ()),
                op.PivotRoot(),
                op.LoopbackUp(),
                op.SetHostname("box"),
            ),
            argv=argv,
            env=("PATH=/bin",),
            terminal=terminal,
            init=init,
        )

    def step(self, *argv: str, **options: object) -> tuple[Step, Path]:
        """A step that writes both streams to the file `output` of its folder."""
        home = self.home()
        plan = self.plan(home, *argv, **options)  # type: ignore[arg-type]
        with open(home / "output", "wb") as output:
            return self.launcher.step(plan, output.fileno(), output.fileno()), home

    def output(self, *argv: str, **options: object) -> str:
        """What a step wrote that ended well."""
        step, home = self.step(*argv, **options)
        code, text = step.wait(), (home / "output").read_text()
        assert code == 0, text
        return text

    def start(self, *argv: str, options: MonitorOptions | None = None, **how: object) -> Path:
        """The folder of a container that runs, with nobody attached."""
        home = self.home()
        self.launcher.container(self.plan(home, *argv, **how), home, options or MonitorOptions())  # type: ignore[arg-type]
        return home

    def run(self, *argv: str, options: MonitorOptions | None = None, **how: object) -> tuple[int | None, Path]:
        """Start attached, without stdin and to nowhere, until it ends."""
        home = self.home()
        ours, its = attach.pair()
        with ours, its:
            self.launcher.container(self.plan(home, *argv, **how), home, options or MonitorOptions(), (its,))  # type: ignore[arg-type]
            its.close()
            return attach.attach(home, Stdio(stdout=None, stderr=None), ours), home


@pytest.fixture
def boxes(tmp_path: Path, busybox: str, launcher: Launcher) -> Iterator[Boxes]:
    """Whatever the test leaves running is killed, and no cgroup may stay."""
    boxes = Boxes(tmp_path, busybox, launcher)
    yield boxes
    for home in boxes.homes:
        if (home / "attach.sock").exists():
            try:
                attach.send_signal(home, 9)
            except Exception:  # noqa: BLE001 (a test has ended it in its own way)
                continue
            attach.wait(home)
    assert not leftovers(tmp_path.name)


def leftovers(name: str) -> list[str]:
    """cgroup folders of this test that are still there."""
    where = cgroup.find()
    parents = dict.fromkeys((where.unified, *where.legacy.values()))
    return [str(path) for parent in parents if parent for path in Path(parent).glob(f"test-{os.getpid()}-{name}-*")]


def written(home: Path, stream: str = "stdout") -> str:
    """What the log holds of one stream."""
    return b"".join(record.log for record in read_log(home) if record.stream == stream).decode()


# Containers as they are planned from a spec, on the built-in launcher and on runc.


class Ended(msgspec.Struct):
    """A container that has ended: what it wrote, and how."""

    output: str
    exit_code: int

    def fields(self) -> dict[str, str]:
        """Lines of "name value", as calls.c and, with a colon, /proc/self/status write them."""
        return fields(self.output)


def fields(text: str) -> dict[str, str]:
    rows = (line.replace(":", " ", 1).split(maxsplit=1) for line in text.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


Run = Callable[..., Ended]


@pytest.fixture(scope="session")
def host() -> Host:
    return probe()


@pytest.fixture(scope="session")
def whole_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root file system: all of busybox, and the program that makes forbidden calls."""
    root = tmp_path_factory.mktemp("layer")
    for name in MOUNT_POINTS:
        (root / name).mkdir()
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for applet in subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    subprocess.run(["gcc", "-static", "-O1", "-o", root / "bin/calls", CALLS], check=True)
    root.chmod(0o755)
    return root


@pytest.fixture(scope="module")
def lasting_launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.fixture(params=["", "runc"], ids=["built-in", "runc"])
def run(
    request: pytest.FixtureRequest, whole_layer: Path, tmp_path: Path, host: Host, lasting_launcher: Launcher
) -> Run:
    """Runs a shell command in a new container and waits for its end."""
    runtime: str = request.param
    count = itertools.count()

    def run(
        command: str,
        *,
        credentials: Credentials | None = None,
        process: Process | None = None,
        hostname: str = "inside",
        given: Sequence[Given] = (),
        homes: Mapping[str, str] = {},
        **fields: Any,
    ) -> Ended:
        home = tmp_path / f"container{next(count)}"
        for name in ("upper", "work", "rootfs"):
            (home / name).mkdir(parents=True)
        (home / "upper").chmod(0o755)
        process = msgspec.structs.replace(process or Process(), command=("/bin/sh", "-c", command))
        spec = complete(
            ContainerSpec(image="test", image_id="test", hostname=hostname, process=process, **fields),
            RunConfig(env=("PATH=/bin",)),
        )
        root = RootFs(
            lowers=(str(whole_layer),), upper=str(home / "upper"), work=str(home / "work"), target=str(home / "rootfs")
        )
        cgroup = f"test-{os.getpid()}-{id(home):x}"
        who = credentials or Credentials()
        made = plan(spec, root, EtcFiles(), who, host, cgroup=cgroup, host_devices=given, sharers=homes)
        document = msgspec.json.encode(bundle(made, seccomp_filter(spec.security, host))).decode() if runtime else ""
        lasting_launcher.container(made, home, MonitorOptions(runtime=runtime, bundle=document))
        return _ended(home)

    return run


def _ended(home: Path) -> Ended:
    """The monitor holds a lock for as long as it lives, and has written everything when it goes."""
    with open(home / "monitor.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
    state = read_state(home)
    assert state.status == "exited"
    return Ended(b"".join(record.log for record in read_log(home)).decode(), state.exit_code)
