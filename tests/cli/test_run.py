"""run: flags become a request; exit codes are Docker's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onggi.container.spec import Bind, ContainerSpec, Process, Security, Tmpfs
from onggi.errors import Conflict, Failed, NotFound

from .fake import ID, FakeEngine, call


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def asked(engine: FakeEngine, *args: str, environ: dict[str, str] | None = None) -> ContainerSpec:
    shown = call(engine, "run", "-d", *args, environ=environ)
    assert (shown.err, shown.code) == ("", 0)
    return engine.containers.specs[-1]


def test_nothing_said_is_nothing_asked(engine: FakeEngine) -> None:
    assert asked(engine, "busybox") == ContainerSpec(image="busybox")


def test_everything_after_the_image_is_the_commands(engine: FakeEngine) -> None:
    request = asked(engine, "--name", "x", "busybox", "sh", "--rm=true", "-e", "A", "--", "-it")
    assert request.process.command == ("sh", "--rm=true", "-e", "A", "--", "-it")
    assert request.auto_remove is False
    assert asked(engine, "--rm=true", "busybox", "--rm=false") == ContainerSpec(
        image="busybox", auto_remove=True, process=Process(command=("--rm=false",))
    )


def test_flags(engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "vars").write_text("A=file\nB=file\nHOME\n")
    (tmp_path / "labels").write_text("from=file\nalone\n")
    request = asked(
        engine,
        *("--rm", "--init", "--read-only", "--name=web", "-hhost", "--net", "host", "--runtime", "runc"),
        *("-e", "A=flag", "-eMINE", "--env-file", str(tmp_path / "vars"), "-w", "/app", "-u", "1000:100"),
        *("-v", f"{tmp_path}:/data:ro", "--tmpfs", "/run:size=1m", "--stop-signal", "INT", "--stop-timeout=3"),
        *("-l", "a=1", "--label", "b", "--label-file", str(tmp_path / "labels"), "--entrypoint", "sh"),
        *("--cap-add", "NET_ADMIN", "--cap-drop=ALL", "busybox:1.35", "-c", "true"),
        environ={"MINE": "yes", "HOME": "/root"},
    )
    assert request == ContainerSpec(
        image="busybox:1.35",
        process=Process(
            entrypoint=("sh",),
            command=("-c", "true"),
            environment=("A=file", "B=file", "HOME=/root", "A=flag", "MINE=yes"),
            working_directory="/app",
            user="1000:100",
        ),
        hostname="host",
        network="host",
        read_only=True,
        mounts=(Bind(str(tmp_path), "/data", read_only=True), Tmpfs("/run", ("size=1m",))),
        security=Security(capabilities_added=("NET_ADMIN",), capabilities_dropped=("ALL",)),
        init=True,
        runtime="runc",
        labels={"from": "file", "a": "1", "b": ""},
        stop_signal="INT",
        stop_timeout=3,
        auto_remove=True,
    )
    assert engine.containers.names == ["web"]


def test_an_empty_entrypoint_takes_the_images_away(engine: FakeEngine) -> None:
    assert asked(engine, "--entrypoint", "", "busybox").process.entrypoint == ()
    assert asked(engine, "busybox").process.entrypoint is None


@pytest.mark.parametrize(
    ("options", "security"),
    [
        (["no-new-privileges"], Security(no_new_privileges=True)),
        (["no-new-privileges:true"], Security(no_new_privileges=True)),
        (["no-new-privileges=false"], Security()),
        (["no-new-privileges=F"], Security()),
        (["seccomp=unconfined", "systempaths=unconfined"], Security(seccomp="unconfined", unmasked=True)),
        (["seccomp:unconfined"], Security(seccomp="unconfined")),
        (["apparmor=unconfined", "label=disable"], Security()),
    ],
)
def test_security_options(engine: FakeEngine, options: list[str], security: Security) -> None:
    args = [arg for option in options for arg in ("--security-opt", option)]
    assert asked(engine, *args, "busybox").security == security


def test_a_seccomp_profile_is_read(engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "a:b.json").write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
    request = asked(engine, "--security-opt", f"seccomp={tmp_path}/a:b.json", "busybox")
    assert request.security.seccomp == '{"defaultAction": "SCMP_ACT_ALLOW"}'


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-w", "app"], "the working directory 'app' is not an absolute path"),
        (["--network", "bridge"], "--network bridge: networks of its own come in a later version"),
        (["-v", "data:/data"], "-v data:/data asks for a volume named data"),
        (["-v", "/proc/new:/data"], "cannot make the folder /proc/new to mount it: No such file"),
        (["-e", "=x"], "invalid environment variable: =x"),
        (["--security-opt", "seccomp=/nowhere"], "cannot read the seccomp profile /nowhere: No such file"),
        (["--security-opt", "selinux"], "unknown --security-opt: 'selinux'"),
        (["--security-opt", "no-new-privileges=perhaps"], "unknown --security-opt: 'no-new-privileges=perhaps'"),
        (["--security-opt", "apparmor=strict"], "--security-opt apparmor=strict: onggi sets no apparmor profile"),
        (["--pull", "always"], "Invalid value for '--pull'"),
        (["--publish", "80:80"], "--publish is not there yet"),
        (["--env-file", "/nowhere/vars"], "cannot read the file of variables /nowhere/vars: No such file"),
    ],
)
def test_what_cannot_be_is_refused_with_125(engine: FakeEngine, args: list[str], message: str) -> None:
    shown = call(engine, "run", *args, "busybox")
    assert shown.err.startswith(f"onggi: {message}")
    assert shown.code == 125
    assert engine.containers.specs == []


def test_detached_prints_the_id(engine: FakeEngine, tmp_path: Path) -> None:
    cidfile = tmp_path / "cid"
    assert call(engine, "run", "-d", "--cidfile", str(cidfile), "busybox") == (f"{ID}\n", "", 0)
    assert engine.containers.stdio is None
    assert cidfile.read_text() == ID
    shown = call(engine, "run", "--cidfile", str(cidfile), "busybox")
    assert shown.err.startswith(f"onggi: container ID file found: {cidfile}")
    assert shown.code == 125
    assert len(engine.containers.specs) == 1


def test_no_container_no_file_of_its_id(engine: FakeEngine, tmp_path: Path) -> None:
    engine.containers.fails = NotFound("No such image: busybox")
    assert call(engine, "run", "-d", "--cidfile", str(tmp_path / "cid"), "busybox").code == 125
    assert not (tmp_path / "cid").exists()


def test_a_missing_source_of_v_becomes_a_folder(engine: FakeEngine, tmp_path: Path) -> None:
    call(engine, "run", "-d", "-v", f"{tmp_path}/new/folder:/data", "busybox")
    assert (tmp_path / "new/folder").is_dir()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("No such image: busybox"), 125),
        (Conflict("the name web is taken"), 125),
        (Failed("nothing: not found in PATH", exit_code=127), 127),
        (Failed("/etc: permission denied", exit_code=126), 126),
    ],
)
def test_errors_of_the_engine(engine: FakeEngine, error: NotFound, code: int) -> None:
    engine.containers.fails = error
    assert call(engine, "run", "-d", "busybox") == ("", f"onggi: {error.message}\n", code)


# In the foreground: a process of its own, since a container is given real descriptors.

FOREGROUND = """
import sys
from onggi.cli.main import program
from onggi.cli.session import Session
sys.path.insert(0, {tests!r})
from cli.fake import FakeEngine
from contextlib import nullcontext
engine = FakeEngine()
engine.containers.exit = {exit}
try: program.main(sys.argv[1:], obj=Session({{}}, lambda settings: nullcontext(engine)))
finally: print(engine.containers.stdio)
"""


@pytest.mark.parametrize(
    ("args", "exit", "code", "stdio"),
    [
        (
            [],
            7,
            7,
            "Stdio(stdin=None, stdout=1, stderr=2, terminal=False, detach_keys='ctrl-p,ctrl-q', passes_signals=True)",
        ),
        (["-i"], 137, 137, "Stdio(stdin=0, "),
        (["--sig-proxy=false", "--detach-keys=ctrl-x"], 0, 0, "detach_keys='ctrl-x', passes_signals=False)"),
        (["-t"], 0, 0, "stdin=None"),
    ],
)
def test_foreground(args: list[str], exit: int, code: int, stdio: str) -> None:
    ran = foreground(exit, *args)
    assert ran.returncode == code
    assert stdio in ran.stdout


def test_leaving_a_container_is_no_failure() -> None:
    assert foreground(None, "-i").returncode == 0


def test_a_terminal_for_a_pipe_is_refused() -> None:
    ran = foreground(0, "-it")
    assert ran.stderr.startswith("onggi: the input device is not a TTY\nhint: ")
    assert ran.returncode == 1


def foreground(exit: int | None, *args: str) -> subprocess.CompletedProcess[str]:
    tests = str(Path(__file__).parents[1])
    code = FOREGROUND.format(tests=tests, exit=exit)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    argv = [sys.executable, "-c", code, "run", *args, "busybox"]
    return subprocess.run(argv, input="", capture_output=True, text=True, check=False, env=environ)
