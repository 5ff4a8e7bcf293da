"""What becomes of a container after its start: exec, attach, pause, restarts, health, a reboot."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.errors import NotFound

from .conftest import Onggi

FOREVER = ("sleep", "100000")
STATE = "{{json .State}}"


def status(onggi: Onggi, name: str) -> str:
    return onggi("inspect", "-f", "{{.State.Status}}", name)


def runs(onggi: Onggi, command: str) -> bool:
    return any(line.endswith(f" {command}") for line in onggi("exec", "web", "ps").splitlines())


# exec


def test_exec_is_in_the_container(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "-e", "A=1", "-w", "/tmp", "--hostname", "box", "busybox:1.35", *FOREVER)
    said = onggi("exec", "-e", "B=2", "web", "sh", "-c", "echo $A $B $PWD $(hostname) $$ $PPID; ps | grep -c 'sleep 1'")
    assert said.split("\n")[0].split()[:4] == ["1", "2", "/tmp", "box"]
    assert said.split("\n")[0].split()[5] == "0", "its parent is not seen"
    for kind in ("mnt", "pid", "net", "uts", "ipc", "cgroup"):
        link = f"readlink /proc/{{}}/ns/{kind}"
        assert onggi("exec", "web", "sh", "-c", f"test $({link.format('self')}) = $({link.format(1)})") == ""


def test_exec_may_do_what_the_container_may(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "--cap-drop", "CHOWN", "busybox:1.35", *FOREVER)
    caps = "grep -E 'CapEff|CapBnd|Seccomp:|NoNewPrivs' /proc/{}/status"
    assert onggi("exec", "web", "sh", "-c", caps.format("self")) == onggi("exec", "web", "sh", "-c", caps.format(1))
    assert "CapEff:\t0000000000000000" in onggi("exec", "-u", "1000", "web", "sh", "-c", caps.format("self"))
    privileged = onggi("exec", "--privileged", "web", "grep", "-E", "CapEff|Seccomp:", "/proc/self/status")
    assert "Seccomp:\t0" in privileged
    assert int(privileged.split()[1], 16) > 0xA80425FB


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nosuch"], 127, "executable file not found"),
        (["/etc"], 126, "ermission denied"),
        (["sh", "-c", "exit 7"], 7, ""),
        (["sh", "-c", "kill -9 $$"], 137, ""),
    ],
)
def test_exec_exits_as_its_command(onggi: Onggi, words: list[str], code: int, said: str) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    assert said in onggi.fails("exec", "web", *words, code=code)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["-u", "nobody-knows-him"], 1, "nobody-knows-him"),
        (["-w", "/nosuch"], 126, "the working folder /nosuch is not there"),
        (["-w", "tmp"], 1, "the working directory 'tmp' is not an absolute path"),
    ],
)
def test_exec_that_cannot_be(onggi: Onggi, options: list[str], code: int, said: str) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    assert said in onggi.fails("exec", *options, "web", "true", code=code)
    onggi("exec", "web", "sh", "-c", "! test -e /nosuch")


def test_exec_where_nothing_runs(onggi: Onggi) -> None:
    onggi("run", "--name", "web", "busybox:1.35", "true")
    assert "container web is not running" in onggi.fails("exec", "web", "true")
    assert "No such container: wbe; did you mean web?" in onggi.fails("exec", "wbe", "true")


def test_exec_passes_any_bytes(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    data = bytes(range(256)) * 20_000
    done = onggi.run("exec", "-i", "web", "sh", "-c", "cat; echo err >&2", stdin=data)
    assert done.returncode == 0
    assert done.stdout == data
    assert done.stderr == b"err\n"


def test_exec_does_not_read_what_it_was_not_given(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    assert onggi("exec", "web", "cat", stdin=b"not for you") == ""


def test_exec_in_the_background(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    assert onggi("exec", "-d", "web", "sh", "-c", "sleep 0.2; echo done > /done") == ""
    eventually(lambda: onggi.run("exec", "web", "cat", "/done").stdout == b"done\n")


def test_exec_ends_with_the_container(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    inside = onggi.start("exec", "web", "sh", "-c", "echo up; sleep 1000")
    assert inside.stdout and inside.stdout.readline() == b"up\n"
    onggi("kill", "web")
    inside.communicate(timeout=20)
    assert inside.returncode == 137


def test_exec_leaves_what_it_started(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    assert onggi("exec", "web", "sh", "-c", "sleep 1234 & echo left") == "left"
    assert runs(onggi, "sleep 1234")


@contextlib.contextmanager
def terminal(onggi: Onggi, *words: str) -> Iterator[tuple[int, int]]:
    """The program on a terminal of its own: its pid, and the master."""
    pid, master = pty.fork()
    if pid == 0:
        os.execve(onggi.argv()[0], onggi.argv(*words), {**os.environ, "TERM": "xterm"})
    try:
        yield pid, master
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        os.close(master)


def read_until(master: int, mark: bytes) -> bytes:
    seen = b""
    while mark not in seen:
        seen += os.read(master, 4096)
    return seen


def test_exec_on_a_terminal(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    with terminal(onggi, "exec", "-it", "web", "sh") as (pid, master):
        read_until(master, b"# ")
        os.write(master, b"tty; stty size; echo $TERM; exit 5\n")
        said = read_until(master, b"xterm")
        assert b"/dev/pts/" in said
        assert os.waitpid(pid, 0)[1] == 5 << 8


def test_exec_is_left_by_the_detach_keys(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", *FOREVER)
    with terminal(onggi, "exec", "-it", "--detach-keys", "ctrl-x", "web", "sh") as (pid, master):
        read_until(master, b"# ")
        os.write(master, b"sleep 4321\n")
        eventually(lambda: runs(onggi, "sleep 4321"))
        os.write(master, b"\x18")
        assert os.waitpid(pid, 0)[1] == 0
    assert runs(onggi, "sleep 4321")


# attach


def test_several_are_attached_at_once(onggi: Onggi) -> None:
    onggi("run", "-di", "--name", "web", "busybox:1.35", "sh", "-c", "while read line; do echo got $line; done")
    readers = [
        subprocess.Popen(
            onggi.argv("attach", "web"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    eventually(lambda: onggi("events", "--since", "1h", "--until", "0s", "--filter", "event=attach").count("\n") >= 2)
    assert readers[0].stdin
    readers[0].stdin.write(b"it\n")
    readers[0].stdin.flush()
    for reader in readers:
        assert reader.stdout and reader.stdout.readline() == b"got it\n"
    onggi("kill", "web")
    for reader in readers:
        reader.communicate(timeout=20)
        assert reader.returncode == 137


def test_to_attach_to_what_does_not_run(onggi: Onggi) -> None:
    onggi("run", "--name", "web", "busybox:1.35", "true")
    assert "You cannot attach to a stopped container, start it first" in onggi.fails("attach", "web")


def test_attach_and_leave_by_the_keys(onggi: Onggi) -> None:
    onggi("run", "-dit", "--name", "web", "busybox:1.35", "sh")
    with terminal(onggi, "attach", "web") as (pid, master):
        read_until(master, b"# ")
        os.write(master, b"\x10\x11")
        assert os.waitpid(pid, 0)[1] == 0
    assert status(onggi, "web") == "running"


# pause


def test_what_is_paused_stands_still(onggi: Onggi) -> None:
    count = "i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.01; done"
    onggi("run", "-d", "--name", "web", "busybox:1.35", "sh", "-c", count)
    eventually(lambda: onggi.run("exec", "web", "cat", "/count").stdout.strip())
    onggi("pause", "web")
    home = onggi.root / "containers" / onggi("ps", "-q", "--no-trunc") / "upper" / "count"
    before = home.read_text()
    time.sleep(0.3)
    assert home.read_text() == before
    assert onggi("ps", "--format", "{{.Status}}").endswith("(Paused)")
    assert "container web is already paused" in onggi.fails("pause", "web")
    assert "paused" in onggi.fails("exec", "web", "true")
    assert "container web is paused, unpause the container before attach" in onggi.fails("attach", "web")
    onggi("unpause", "web")
    eventually(lambda: home.read_text() != before)
    assert "container web is not paused" in onggi.fails("unpause", "web")


def test_what_is_paused_can_be_stopped_and_removed(onggi: Onggi) -> None:
    listen = "trap 'exit 4' TERM; while :; do sleep 0.05; done"
    onggi("run", "-d", "--name", "web", "busybox:1.35", "sh", "-c", listen)
    onggi("pause", "web")
    onggi("stop", "web")
    assert onggi("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "web") == "exited 4"
    onggi("run", "-d", "--name", "db", "busybox:1.35", *FOREVER)
    onggi("pause", "db")
    onggi("rm", "-f", "db")


# restarts


def test_restart(onggi: Onggi) -> None:
    onggi("run", "-d", "--rm", "--name", "web", "busybox:1.35", "sh", "-c", "echo up; echo x >> /ups; sleep 1000")
    assert onggi("restart", "-t", "0", "web") == "web"
    eventually(lambda: onggi("logs", "web") == "up\nup")
    assert onggi("exec", "web", "cat", "/ups") == "x\nx", "its files are those from before, though it is --rm"
    onggi("stop", "-t", "0", "web")
    eventually(lambda: onggi("ps", "-aq") == "")


def test_restart_of_what_does_not_run_starts_it(onggi: Onggi) -> None:
    onggi("run", "--name", "web", "busybox:1.35", "echo", "once")
    onggi("restart", "web")
    eventually(lambda: onggi("logs", "web") == "once\nonce")


def test_on_failure_has_a_limit(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "--restart", "on-failure:2", "busybox:1.35", "sh", "-c", "echo try; exit 3")
    eventually(lambda: status(onggi, "web") == "exited")
    assert onggi("logs", "web") == "try\ntry\ntry"
    assert onggi("inspect", "-f", "{{.RestartCount}} {{.State.ExitCode}}", "web") == "2 3"


def test_on_failure_leaves_success_alone(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "--restart", "on-failure", "busybox:1.35", "true")
    eventually(lambda: status(onggi, "web") == "exited")


def test_always_until_it_is_stopped(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "--restart", "always", "busybox:1.35", "sh", "-c", "echo up; exit 1")
    eventually(lambda: onggi("logs", "web").count("up") >= 3)
    eventually(lambda: onggi("ps", "--format", "{{.Status}}").startswith("Restarting (1)"))
    eventually(lambda: b"restarting" in onggi.run("exec", "web", "true").stderr)  # in between it runs for a moment
    onggi("stop", "web")
    assert status(onggi, "web") == "exited"
    count = onggi("logs", "web").count("up")
    time.sleep(1)
    assert onggi("logs", "web").count("up") == count


def test_a_kill_is_for_good(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "--restart", "always", "busybox:1.35", *FOREVER)
    onggi("kill", "web")
    eventually(lambda: status(onggi, "web") == "exited")


def test_who_kills_its_first_process_does_not_stop_it(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "--restart", "unless-stopped", "busybox:1.35", *FOREVER)
    first = int(onggi("inspect", "-f", "{{.State.Pid}}", "web"))
    os.kill(first, signal.SIGKILL)
    eventually(lambda: int(onggi("inspect", "-f", "{{.State.Pid}}", "web")) not in (0, first))


def monitor_of(onggi: Onggi, name: str) -> int:
    pid = int(onggi("inspect", "-f", "{{.State.Pid}}", name))
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_after_a_reboot_what_is_to_run_runs(onggi: Onggi) -> None:
    wanted = {"always": ("always", True), "unless": ("unless-stopped", True), "never": ("no", False)}
    for name, (policy, _) in wanted.items():
        onggi("run", "-d", "--name", name, "--restart", policy, "busybox:1.35", *FOREVER)
    onggi("run", "-d", "--name", "stopped", "--restart", "unless-stopped", "busybox:1.35", *FOREVER)
    onggi("stop", "-t", "0", "stopped")
    for name in wanted:
        os.kill(monitor_of(onggi, name), signal.SIGKILL)
    eventually(lambda: onggi("ps", "-q") == "")
    assert json.loads(onggi("inspect", "-f", STATE, "never"))["Error"].startswith("its monitor, ")
    assert onggi("system", "resume").split() == ["always", "unless"]
    assert sorted(onggi("ps", "--format", "{{.Names}}").split()) == ["always", "unless"]
    assert onggi("system", "resume") == "", "what runs is left alone"


def test_after_a_reboot_what_cannot_be_started_is_told(onggi: Onggi) -> None:
    flags = ("--network", "bridge", "-p", "127.0.0.1:8095:80")
    onggi("run", "-d", "--name", "web", "--restart", "always", *flags, "busybox:1.35", *FOREVER)
    onggi("run", "-d", "--name", "other", "--restart", "always", "busybox:1.35", *FOREVER)
    for name in ("web", "other"):
        os.kill(monitor_of(onggi, name), signal.SIGKILL)
    eventually(lambda: onggi("ps", "-q") == "")
    # The port keeper lets go of its port a while after the monitor.
    eventually(lambda: is_free(8095))
    with socket.create_server(("127.0.0.1", 8095)):
        done = onggi.run("system", "resume")
    assert (done.returncode, done.stdout) == (1, b"other\n")
    assert b"port is already allocated: 127.0.0.1:8095/tcp is taken by " in done.stderr


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_the_unit_names_program_and_store(onggi: Onggi) -> None:
    unit = onggi("system", "resume", "--unit")
    start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = start.removeprefix("ExecStart=").split()
    assert words == [*onggi.argv("system", "resume")]


def test_one_that_has_run_and_cannot_start_again_is_still_one_that_has_run(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "once").write_text("#!/bin/sh\nrm /once\nexit 3\n")
    (tmp_path / "once").chmod(0o755)
    onggi("create", "--name", "box", "busybox:1.35", "/once")
    onggi("cp", tmp_path / "once", "box:/once")
    onggi.fails("start", "-a", "box", code=3)
    times = onggi("inspect", "-f", "{{.State.StartedAt}} {{.State.FinishedAt}}", "box")
    said = onggi.fails("start", "box")
    state = json.loads(onggi("inspect", "-f", "{{json .State}}", "box"))
    assert (state["Status"], state["ExitCode"]) == ("exited", 127)
    assert f"{state['StartedAt']} {state['FinishedAt']}" == times
    assert "/once" in state["Error"] and state["Error"] in said


# health


def healthy(onggi: Onggi, *options: str, command: tuple[str, ...] = FOREVER) -> None:
    onggi("run", "-d", "--name", "web", "--health-interval", "100ms", *options, "busybox:1.35", *command)


def test_health_by_a_program(onggi: Onggi) -> None:
    start = ("--health-start-period", "1h", "--health-start-interval", "100ms")
    healthy(onggi, "--health-cmd", "cat /well", "--health-retries", "2", *start)
    assert "(health: starting)" in onggi("ps", "--format", "{{.Status}}")
    onggi("exec", "web", "touch", "/well")
    onggi("wait", "--condition", "healthy", "web")
    onggi("exec", "web", "rm", "/well")
    eventually(lambda: onggi("ps", "--format", "{{.Status}}").endswith("(unhealthy)"))
    onggi("exec", "web", "sh", "-c", "echo fine > /well")
    assert onggi("wait", "--condition", "healthy", "web") == "0"
    assert onggi("ps", "--format", "{{.Status}}").endswith("(healthy)")
    health = json.loads(onggi("inspect", "-f", "{{json .State.Health}}", "web"))
    assert health["Status"] == "healthy"
    assert health["FailingStreak"] == 0
    assert 1 <= len(health["Log"]) <= 5
    assert (health["Log"][-1]["ExitCode"], health["Log"][-1]["Output"]) == (0, "fine\n")
    eventually(lambda: "health_status: unhealthy" in onggi("events", "--since", "1h", "--until", "0s"))


def test_a_probe_that_takes_too_long(onggi: Onggi) -> None:
    healthy(onggi, "--health-cmd", "echo begun; sleep 1000", "--health-timeout", "200ms", "--health-retries", "1")
    eventually(lambda: onggi("ps", "--format", "{{.Status}}").endswith("(unhealthy)"))
    log = json.loads(onggi("inspect", "-f", "{{json .State.Health.Log}}", "web"))
    assert (log[0]["ExitCode"], log[0]["Output"]) == (-1, "Health check exceeded timeout (0.2s)")
    onggi("rm", "-f", "web")


def test_a_probe_that_cannot_run(onggi: Onggi) -> None:
    healthy(onggi, "--health-cmd", "true", "--health-retries", "1", "--health-tcp", "")
    onggi("wait", "--condition", "healthy", "web")
    onggi("rm", "-f", "web")


def test_health_by_http_and_tcp_needs_no_program(onggi: Onggi) -> None:
    serve = ("sh", "-c", "mkdir /www; echo hi > /www/well; sleep 0.3; httpd -f -p 8080 -h /www")
    healthy(onggi, "--health-http", ":8080/well", "--health-retries", "1", command=serve)
    onggi("wait", "--condition", "healthy", "web")
    onggi("exec", "web", "rm", "/www/well")
    eventually(lambda: onggi("ps", "--format", "{{.Status}}").endswith("(unhealthy)"))
    assert "404" in json.loads(onggi("inspect", "-f", "{{json .State.Health.Log}}", "web"))[-1]["Output"]
    onggi("rm", "-f", "web")
    healthy(onggi, "--health-tcp", ":8080", command=serve)
    onggi("wait", "--condition", "healthy", "web")


@pytest.mark.parametrize(
    ("action", "then"),
    [("kill", "exited 137"), ("stop", "exited 9"), ("none", "running 0")],
    ids=["kill", "stop", "none"],
)
def test_what_becomes_of_the_unhealthy(onggi: Onggi, action: str, then: str) -> None:
    listen = ("sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; done")
    healthy(onggi, "--health-cmd", "false", "--health-retries", "1", "--health-on-failure", action, command=listen)
    eventually(lambda: "health_status: unhealthy" in onggi("events", "--since", "1h", "--until", "0s"))
    eventually(lambda: onggi("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "web") == then)
    cause = {"kill": "was killed because it was", "stop": "was stopped because it was", "none": "is"}[action]
    assert onggi("inspect", "-f", "{{.State.Note}}", "web").startswith(f"{cause} unhealthy: ")
    deaths = onggi(
        "events", "--since", "1h", "--until", "0s", "-f", "event=die", "--format", "{{.Actor.Attributes.reason}}"
    )
    assert deaths == ("" if action == "none" else "unhealthy: 1 probe failed")
    onggi("rm", "-f", "web")


def test_the_unhealthy_can_start_again(onggi: Onggi) -> None:
    command = ("sh", "-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done")
    probe = ("--health-cmd", "test -e /well", "--health-retries", "1", "--health-on-failure", "restart")
    healthy(onggi, *probe, "--stop-timeout", "1", command=command)  # the signal may come before the trap is set
    eventually(lambda: onggi("logs", "web").count("up") >= 2)
    assert onggi("inspect", "-f", "{{.RestartCount}}", "web") != "0"
    eventually(lambda: "it was unhealthy: 1 probe failed" in onggi("ps", "--format", "{{.Note}}"))
    onggi("stop", "-t", "0", "web")
    onggi("cp", __file__, "web:/well")
    onggi("start", "web")
    onggi("wait", "--condition", "healthy", "web")
    assert onggi("inspect", "-f", "{{.State.Note}}", "web") == "", "a person started it"


def test_a_probe_that_ends_with_its_container_says_nothing_of_its_health(onggi: Onggi) -> None:
    options = ("--health-cmd", "touch /begun; sleep 1000", "--health-retries", "1", "--health-on-failure", "restart")
    healthy(onggi, *options, command=("sh", "-c", "until test -e /begun; do sleep 0.05; done; exit 3"))
    assert onggi("wait", "web") == "3"
    state = json.loads(onggi("inspect", "-f", "{{json .State}}", "web"))
    assert (state["Status"], state["Health"]["Status"], state["Note"]) == ("exited", "starting", "")
    assert onggi("events", "--since", "1h", "--until", "0s", "-f", "event=health_status") == ""


@pytest.mark.parametrize("words", [["stop", "-t", "1"], ["rm", "-f"], ["kill"]], ids=["stop", "rm", "kill"])
def test_a_person_ends_what_its_health_wants_again(onggi: Onggi, words: list[str]) -> None:
    options = ("--health-cmd", "false", "--health-retries", "1", "--health-on-failure", "restart")
    healthy(onggi, *options, "--restart", "always")  # sleep does not heed TERM: its grace period is going on
    eventually(lambda: "health_status: unhealthy" in onggi("events", "--since", "1h", "--until", "0s"))
    onggi(*words, "web")
    time.sleep(0.5)
    assert onggi("ps", "-q") == ""


def test_health_of_the_image_and_none(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox:1.35\nHEALTHCHECK --interval=100ms CMD test -e /etc\nCMD sleep 1000\n"
    )
    onggi("build", "-t", "well", tmp_path)
    onggi("run", "-d", "--name", "web", "well")
    onggi("wait", "--condition", "healthy", "web")
    onggi("run", "-d", "--name", "off", "--no-healthcheck", "well")
    assert "has no health check" in onggi.fails("wait", "--condition", "healthy", "off")


# wait


def test_wait_for_the_removal(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "busybox:1.35", "sh", "-c", "sleep 0.3; exit 6")
    waiting = onggi.start("wait", "--condition", "removed", "web")
    eventually(lambda: status(onggi, "web") == "exited")
    assert waiting.poll() is None
    onggi("rm", "web")
    out, _ = waiting.communicate(timeout=20)
    assert out == b"6\n"


def test_one_that_is_removed_meanwhile_ended_as_it_did(onggi: Onggi) -> None:
    assert onggi.run("run", "--name", "ran", "busybox:1.35", "sh", "-c", "exit 6").returncode == 6
    onggi("create", "--name", "never", "busybox:1.35")
    with onggi.engine() as engine:
        assert engine.containers.wait("ran", between=lambda: engine.containers.remove("ran")) == 6
        with pytest.raises(NotFound, match="No such container"):
            engine.containers.wait("never", between=lambda: engine.containers.remove("never"))


def test_wait_for_health_ends_with_the_container(onggi: Onggi) -> None:
    healthy(onggi, "--health-cmd", "false", "--health-retries", "100")
    waiting = onggi.start("wait", "--condition", "healthy", "web")
    time.sleep(0.3)
    onggi("kill", "web")
    _, err = waiting.communicate(timeout=20)
    assert waiting.returncode == 1
    assert b"is not running, so it will not become healthy" in err


# removal


def test_what_cannot_be_removed_is_dead_until_it_can(onggi: Onggi) -> None:
    onggi("run", "--name", "web", "busybox:1.35", "true")
    rootfs = onggi.root / "containers" / onggi("ps", "-aq", "--no-trunc") / "rootfs"
    subprocess.run(["mount", "-t", "tmpfs", "busy", str(rootfs)], check=True)
    try:
        assert "is still mounted at" in onggi.fails("rm", "web")
        assert onggi("ps", "-a", "--format", "{{.Status}}") == "Dead"
        assert "cannot be started" in onggi.fails("start", "web")
    finally:
        subprocess.run(["umount", str(rootfs)], check=True)
    onggi("rm", "web")
    assert onggi("ps", "-aq") == ""
