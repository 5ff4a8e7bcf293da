"""run: flags become a request; exit codes are Docker's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onggi.container.spec import (
    Attachment,
    Bind,
    ContainerSpec,
    Device,
    Health,
    Namespaces,
    Networking,
    Process,
    RestartPolicy,
    Security,
    Tmpfs,
)
from onggi.errors import Conflict, Failed, NotFound
from onggi.oci.config import Healthcheck

from .fake import ID, FakeEngine, call


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def asked(engine: FakeEngine, *args: str, environ: dict[str, str] | None = None) -> ContainerSpec:
    shown = call(engine, "run", "-d", *args, environ=environ)
    assert (shown.err, shown.code) == ("", 0)
    return engine.containers.specs[-1]


DEFAULT = Networking(mode="bridge", attachments=(Attachment(network="bridge"),))


def test_nothing_said_is_nothing_asked(engine: FakeEngine) -> None:
    """But for the network: what is made without the command line is on none."""
    assert asked(engine, "busybox") == ContainerSpec(image="busybox", networking=DEFAULT)


def test_everything_after_the_image_is_the_commands(engine: FakeEngine) -> None:
    request = asked(engine, "--name", "x", "busybox", "sh", "--rm=true", "-e", "A", "--", "-it")
    assert request.process.command == ("sh", "--rm=true", "-e", "A", "--", "-it")
    assert request.auto_remove is False
    assert asked(engine, "--rm=true", "busybox", "--rm=false") == ContainerSpec(
        image="busybox", auto_remove=True, process=Process(command=("--rm=false",)), networking=DEFAULT
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
        networking=Networking(mode="host"),
        read_only=True,
        mounts=(
            Bind(str(tmp_path), "/data", True, creates=True, asked=f"{tmp_path}:/data:ro"),
            Tmpfs("/run", ("size=1m",)),
        ),
        security=Security(capabilities_added=("NET_ADMIN",), capabilities_dropped=("ALL",)),
        init=True,
        runtime="runc",
        labels={"from": "file", "a": "1", "b": ""},
        stop_signal="INT",
        stop_timeout=3,
        auto_remove=True,
    )
    assert engine.containers.names == ["web"]


@pytest.mark.parametrize(("text", "umask"), [("027", 0o27), ("0", 0), ("0777", 0o777)])
def test_a_umask(engine: FakeEngine, text: str, umask: int) -> None:
    assert asked(engine, "--umask", text, "busybox").process.umask == umask


def test_what_is_no_umask(engine: FakeEngine) -> None:
    said = call(engine, "run", "--umask", "8", "busybox")
    assert (said.code, "--umask 8 is no umask" in said.err) == (125, True)


def test_flags_of_what_it_shares_with_the_host_and_others(engine: FakeEngine) -> None:
    request = asked(
        engine,
        *("--pid", "container:web", "--ipc=shareable", "--uts", "host", "--cgroupns=host", "--userns", "host"),
        *("--device", "/dev/kvm", "--device", "/dev/snd/../tty:/dev/t:r", "--device=/dev/net:wm"),
        *(
            "--device-cgroup-rule",
            "c 42:* rmw",
            "--sysctl",
            "net.core.somaxconn=9",
            "--sysctl",
            "fs.mqueue.queues_max=1",
        ),
        *("--group-add", "audio", "--group-add", "7", "--domainname", "jar.example", "--annotation", "a=b=c"),
        *("--add-host", "db:10.0.0.5", "--add-host=v6=[::1]", "--expose", "53/UDP", "--expose", "80-82", "--expose=81"),
        "busybox",
    )
    assert request == ContainerSpec(
        image="busybox",
        networking=DEFAULT,
        namespaces=Namespaces(pid="container:web", ipc="shareable", uts="host", cgroup="host"),
        devices=(
            Device("/dev/kvm", "/dev/kvm"),
            Device("/dev/tty", "/dev/t", "r"),
            Device("/dev/net", "/dev/net", "wm"),
        ),
        device_rules=("c 42:* rmw",),
        sysctls={"net.core.somaxconn": "9", "fs.mqueue.queues_max": "1"},
        groups=("audio", "7"),
        domain_name="jar.example",
        annotations={"a": "b=c"},
        hosts=("db:10.0.0.5", "v6:::1"),
        exposed_ports=("53/udp", "80/tcp", "81/tcp", "82/tcp"),
    )


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("no", RestartPolicy()),
        ("", RestartPolicy()),
        ("always", RestartPolicy("always")),
        ("always:0", RestartPolicy("always")),
        ("unless-stopped", RestartPolicy("unless-stopped")),
        ("on-failure", RestartPolicy("on-failure")),
        ("on-failure:5", RestartPolicy("on-failure", 5)),
    ],
)
def test_restart_policies(engine: FakeEngine, text: str, policy: RestartPolicy) -> None:
    assert asked(engine, "--restart", text, "busybox").restart == policy


@pytest.mark.parametrize(
    ("flags", "health"),
    [
        ("--no-healthcheck", Health(check=Healthcheck(test=("NONE",)))),
        ("--health-interval=0 --health-retries=0", None),
        (
            "--health-cmd=true --health-interval=5s --health-timeout=100ms --health-retries=2 "
            "--health-start-period=1m30s --health-start-interval=1ms --health-on-failure=restart",
            Health(
                check=Healthcheck(
                    test=("CMD-SHELL", "true"),
                    interval=5_000_000_000,
                    timeout=100_000_000,
                    start_period=90_000_000_000,
                    start_interval=1_000_000,
                    retries=2,
                ),
                on_failure="restart",
            ),
        ),
        ("--health-http :3000/healthz?deep=1", Health(http="3000/healthz?deep=1")),
        ("--health-http 80", Health(http="80")),
        ("--health-tcp :3306", Health(tcp="3306")),
        ("--health-on-failure kill", Health(on_failure="kill")),
    ],
)
def test_health(engine: FakeEngine, flags: str, health: Health | None) -> None:
    assert asked(engine, *flags.split(), "busybox").health == health


def test_stdin_stays_open_unless_we_are_connected_to_it(engine: FakeEngine) -> None:
    assert asked(engine, "-i", "busybox").process == Process(open_stdin=True, keeps_stdin=True)
    call(engine, "create", "-i", "busybox")
    assert engine.containers.specs[-1].process == Process(open_stdin=True, attached=("stdin", "stdout", "stderr"))


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
        (["seccomp=builtin", "writable-cgroups"], Security(writable_cgroups=True)),
        (["writable-cgroups=true", "writable-cgroups=false"], Security()),
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
        (["-e", "=x"], "invalid environment variable: =x"),
        (["--security-opt", "seccomp=/nowhere"], "cannot read the seccomp profile /nowhere: No such file"),
        (["--security-opt", "selinux"], "unknown --security-opt: 'selinux'"),
        (["--security-opt", "no-new-privileges=perhaps"], "unknown --security-opt: 'no-new-privileges=perhaps'"),
        (["--security-opt", "apparmor=strict"], "--security-opt apparmor=strict: onggi sets no apparmor profile"),
        (["--pull", "sometimes"], "Invalid value for '--pull'"),
        (["--gpus", "all"], "there is no --gpus here: onggi sets up no vendor's driver"),
        (["--link", "db:"], "bad format for links: db:"),
        (["--isolation=hyperv"], "there is no --isolation here: it is for containers of Windows"),
        (["-d", "-a", "stdout"], "conflicting options: cannot specify both --attach and --detach"),
        (["-a", "stdlog"], "Invalid value for '-a' / '--attach'"),
        (["--detach-keys", "ctrl-p,meta-q"], "Invalid value for '--detach-keys': invalid detach key 'meta-q'"),
        (["--pid", "web"], "invalid PID mode: web"),
        (["--pid", "container:"], "invalid PID mode: container:"),
        (["--ipc", "public"], "invalid IPC mode: public"),
        (["--uts", "container:web"], "invalid UTS mode: container:web"),
        (["--cgroupns", "shared"], "invalid CGROUP mode: shared"),
        (["--userns", "keep-id"], "--userns keep-id: onggi's containers are in the host's user namespace"),
        (["--device", ":/dev/x"], "bad format for path: :/dev/x"),
        (["--device", "/a:/b:r:w"], "bad format for path: /a:/b:r:w"),
        (["--device", "/a:/b:x"], "bad mode specified: x"),
        (["--device", "/a:/b:rr"], "bad mode specified: rr"),
        (["--device", "kvm"], "kvm is not an absolute path"),
        (["--device", "/dev/kvm:kvm"], "kvm is not an absolute path"),
        (["--device", "nvidia.com/gpu=all"], "--device nvidia.com/gpu=all: onggi reads no CDI specifications"),
        (["--device-cgroup-rule", "x 1:3 r"], "invalid device cgroup format 'x 1:3 r'"),
        (["--device-cgroup-rule", "c 1:3 rwmm"], "invalid device cgroup format 'c 1:3 rwmm'"),
        (["--sysctl", "net.core.somaxconn"], "--sysctl net.core.somaxconn has no value"),
        (["--restart", ":3"], "invalid restart policy format: no policy provided before colon"),
        (["--restart", "on-failure:x"], "invalid restart policy format: maximum retry count must be an integer"),
        (["--restart", "on-failure:-1"], "invalid restart policy: maximum retry count cannot be negative"),
        (["--restart", "always:3"], "invalid restart policy: maximum retry count can only be used with 'on-failure'"),
        (["--restart", "sometimes"], "invalid restart policy: unknown policy 'sometimes'"),
        (["--no-healthcheck", "--health-cmd", "x"], "--no-healthcheck conflicts with --health-* options"),
        (["--health-http", ":1", "--health-tcp", ":1"], "--health-http and --health-tcp: a container has one health"),
        (["--health-interval", "5"], "--health-interval: not a length of time: '5'"),
        (["--health-timeout=-1s"], "--health-timeout cannot be negative"),
        (["--health-start-period", "1us"], "--health-start-period cannot be less than 1ms"),
        (["--health-retries=-1"], "--health-retries cannot be negative"),
        (["--health-http", "http://localhost/"], "invalid --health-http 'http://localhost/'"),
        (["--health-http", ":0/"], "invalid --health-http ':0/'"),
        (["--health-tcp", ":65536"], "invalid --health-tcp ':65536'"),
        (["--health-on-failure", "weep"], "Invalid value for '--health-on-failure'"),
        (["--add-host", "db"], "'db' is not a host and its address"),
        (["--expose", "80:80"], "invalid port format for --expose: 80:80"),
        (["--expose", "9-8"], "invalid port format for --expose: 9-8"),
        (["--annotation", "=x"], "invalid annotation: '=x'"),
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


def test_an_option_that_stands_too_late_is_a_program_that_is_not_there(engine: FakeEngine) -> None:
    message = 'exec: "-d": executable file not found in $PATH'
    engine.containers.fails = Failed(message, exit_code=127)
    shown = call(engine, "run", "-d", "busybox", "-d", "sleep", "3")
    assert (shown.err, shown.code) == (f"onggi: {message}\nhint: options stand before IMAGE\n", 127)


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
            "Stdio(stdin=None, stdout=1, stderr=2, terminal=False, detach_keys='ctrl-p,ctrl-q', passes_signals=True",
        ),
        (["-i"], 137, 137, "Stdio(stdin=0, "),
        (["-a", "stdout"], 0, 0, "Stdio(stdin=None, stdout=1, stderr=None, "),
        (["-a", "STDERR", "-i"], 0, 0, "Stdio(stdin=0, stdout=None, stderr=2, "),
        (["-a", "stdin", "-a", "stdout"], 0, 0, "Stdio(stdin=None, stdout=1, stderr=None, "),
        (["--sig-proxy=false", "--detach-keys=ctrl-x"], 0, 0, "detach_keys='ctrl-x', passes_signals=False"),
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
