"""Containers as people run them: foreground, detached, terminals, signals, exit codes, files from the host."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from tests.waiting import eventually

from .conftest import Context, Onggi


def test_streams_and_exit_code(onggi: Onggi) -> None:
    done = onggi.run("run", "--rm", "busybox:1.35", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 7)
    assert onggi("ps", "-aq") == ""


def test_stdin_is_piped_with_i(onggi: Onggi) -> None:
    text = os.urandom(3 * 2**20).hex().encode()
    assert onggi.run("run", "--rm", "-i", "busybox:1.35", "cat", stdin=text).stdout == text
    assert onggi.run("run", "--rm", "busybox:1.35", "cat", stdin=text).stdout == b""


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["nothing-here"], 127, "nothing-here"),
        (["/etc"], 126, "/etc"),
        (["/etc/passwd"], 126, "/etc/passwd"),
    ],
)
def test_what_cannot_be_executed(onggi: Onggi, command: list[str], code: int, words: str) -> None:
    assert words in onggi.fails("run", "--rm", "busybox:1.35", *command, code=code)
    assert onggi("ps", "-aq") == ""


def test_unknown_image_is_125(onggi: Onggi) -> None:
    assert "nowhere:1" in onggi.fails("run", "--rm", "nowhere:1", "true", code=125)


def test_signals_end_it_with_128_plus(onggi: Onggi) -> None:
    assert onggi.run("run", "--rm", "busybox:1.35", "sh", "-c", "kill -9 $$ & wait; sleep 0.1; exit 3").returncode in (
        3,
        137,
    )
    container = onggi("run", "-d", "busybox:1.35", "sleep", "1000")
    onggi("kill", container)
    assert onggi("wait", container) == "137"


def test_exec_form_gets_sigterm_and_closes_cleanly(onggi: Onggi) -> None:
    script = "trap 'echo closing; exit 5' TERM; echo ready; while :; do sleep 0.1; done"
    container = onggi("run", "-d", "busybox:1.35", "sh", "-c", script)
    eventually(lambda: "ready" in onggi("logs", container))
    onggi("stop", container)
    assert "closing" in onggi("logs", container)
    assert onggi("inspect", "--format", "{{.State.ExitCode}} {{.State.Status}}", container) == "5 exited"


def test_stop_kills_what_does_not_listen(onggi: Onggi) -> None:
    container = onggi("run", "-d", "busybox:1.35", "sleep", "1000")
    began = time.monotonic()
    onggi("stop", "-t", "1", container)
    assert 0.9 < time.monotonic() - began < 8
    assert onggi("wait", container) == "137"


def test_init_forwards_signals_and_reaps(onggi: Onggi) -> None:
    container = onggi("run", "-d", "--init", "busybox:1.35", "sleep", "1000")
    onggi("stop", "-t", "8", container)
    assert onggi("wait", container) == "143"
    script = "sh -c '(sleep 0.2 &) ; exit 0'; sleep 0.6; ps -o stat | grep -c Z"
    assert onggi.run("run", "--rm", "--init", "busybox:1.35", "sh", "-c", script).stdout.strip() == b"0"


def test_detached_life(onggi: Onggi) -> None:
    container = onggi(
        "run", "-d", "--name", "web", "-l", "tier=front", "busybox:1.35", "sh", "-c", "echo hello; sleep 1000"
    )
    assert re.fullmatch("[0-9a-f]{64}", container)
    row = json.loads(onggi("ps", "--format", "json"))
    assert (row["Names"], row["Image"], row["State"]) == ("web", "busybox:1.35", "running")
    assert row["Status"].startswith("Up ")
    eventually(lambda: onggi("logs", "web") == "hello")
    assert "in use" in onggi.fails("run", "--name", "web", "busybox:1.35", code=125)
    assert "web" in onggi.fails("rm", "web")
    onggi("rm", "-f", "web")
    assert onggi("ps", "-aq") == ""
    assert "No such container" in onggi.fails("inspect", "--type", "container", "web")


def test_detached_with_rm_goes_by_itself(onggi: Onggi) -> None:
    onggi("run", "-d", "--rm", "busybox:1.35", "sleep", "0.5")
    eventually(lambda: onggi("ps", "-aq") == "")
    eventually(lambda: not list((onggi.root / "containers").iterdir()))


def test_logs_follow_until_the_end(onggi: Onggi) -> None:
    script = "for i in 1 2 3; do echo line $i; sleep 0.3; done; echo last >&2"
    container = onggi("run", "-d", "busybox:1.35", "sh", "-c", script)
    done = onggi.run("logs", "-f", container)
    assert done.stdout == b"line 1\nline 2\nline 3\n"
    assert done.stderr == b"last\n"
    assert onggi("logs", "--tail", "1", container) == ""
    assert onggi("logs", "-n", "2", container) == "line 3"
    stamped = onggi("logs", "-t", container).split("\n")[0]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 1", stamped)


def test_environment_workdir_user_hostname(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# comment\nFROM_FILE=a b\nINHERITED\n")
    script = "echo $A,$FROM_FILE,$INHERITED,$(pwd),$(id -u):$(id -g),$(hostname),$HOME"
    flags = ["-e", "A=1", "--env-file", str(tmp_path / "env"), "-w", "/made/here", "-u", "1234:5678", "-h", "jar"]
    said = onggi("run", "--rm", *flags, "busybox:1.35", "sh", "-c", script, env={"INHERITED": "yes"})
    assert said == "1,a b,yes,/made/here,1234:5678,jar,/"
    assert "unable to find user nobodyhere" in onggi.fails("run", "--rm", "-u", "nobodyhere", "busybox:1.35", code=125)


def test_bind_mounts_tmpfs_and_read_only(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("from the host\n")
    script = "cat /data/file; echo new > /data/new; touch /x 2>&1; touch /scratch/y && df -m /scratch | tail -1"
    said = onggi(
        "run",
        "--rm",
        "--read-only",
        "-v",
        f"{tmp_path}:/data",
        "--tmpfs",
        "/scratch:size=8m",
        "busybox:1.35",
        "sh",
        "-c",
        script,
    )
    assert said.startswith("from the host\ntouch: /x: Read-only file system\ntmpfs")
    assert " 8 " in said
    assert (tmp_path / "new").read_text() == "new\n"
    refused = onggi.run("run", "--rm", "-v", f"{tmp_path}:/data:ro", "busybox:1.35", "touch", "/data/z")
    assert b"Read-only file system" in refused.stderr


def test_layers_are_shared_and_the_writable_one_goes(onggi: Onggi) -> None:
    onggi("run", "--name", "first", "busybox:1.35", "sh", "-c", "echo a > /mine; rm /bin/ls")
    assert onggi("run", "--name", "second", "busybox:1.35", "sh", "-c", "cat /mine 2>&1; ls /bin/ls").endswith(
        "/bin/ls"
    )
    onggi("rm", "first", "second")
    assert list((onggi.root / "containers").iterdir()) == []


def test_export_is_the_merged_tree(onggi: Onggi, tmp_path: Path) -> None:
    import tarfile

    onggi("run", "--name", "exported", "busybox:1.35", "sh", "-c", "echo new > /etc/new; rm /bin/ls")
    onggi("export", "-o", tmp_path / "x.tar", "exported")
    with tarfile.open(tmp_path / "x.tar") as archive:
        names = {name.removeprefix("./") for name in archive.getnames()}
    assert "etc/new" in names and "bin/busybox" in names and "bin/ls" not in names
    assert not any(".wh." in name for name in names)


def test_its_links_follow_from_its_network(onggi: Onggi) -> None:
    assert onggi("run", "--rm", "busybox:1.35", "ls", "/sys/class/net").split() == ["eth0", "lo"]
    assert onggi("run", "--rm", "--network", "none", "busybox:1.35", "ls", "/sys/class/net") == "lo"
    host = onggi("run", "--rm", "--network", "host", "busybox:1.35", "ls", "/sys/class/net")
    assert set(host.split()) == {name for _, name in socket.if_nameindex()}


EXEC, SHELL = 'ENTRYPOINT ["echo", "entry"]', "ENTRYPOINT echo entry"
# Docker's table of how the two interact, with words for ENTRYPOINT as a fourth kind of CMD; and what runs.
TWELVE = [
    ("", "", None),
    ("", 'CMD ["echo", "cmd"]', "cmd"),
    ("", 'CMD ["word", "more"]', None),
    ("", "CMD echo cmd", "cmd"),
    (EXEC, "", "entry"),
    (EXEC, 'CMD ["echo", "cmd"]', "entry echo cmd"),
    (EXEC, 'CMD ["word", "more"]', "entry word more"),
    (EXEC, "CMD echo cmd", "entry /bin/sh -c echo cmd"),
    (SHELL, "", "entry"),
    (SHELL, 'CMD ["echo", "cmd"]', "entry"),
    (SHELL, 'CMD ["word", "more"]', "entry"),
    (SHELL, "CMD echo cmd", "entry"),
]


def test_the_twelve_of_entrypoint_and_cmd(onggi: Onggi, context: Context) -> None:
    for entrypoint, cmd, said in TWELVE:
        image = onggi.build(context(f"FROM scratch\nCOPY --from=busybox:1.35 /bin /bin\n{entrypoint}\n{cmd}\n"))
        if said is not None:
            assert onggi("run", "--rm", image) == said
        elif cmd:
            assert 'exec: "word": executable file not found' in onggi.fails("run", "--rm", image, code=127)
        else:
            assert "no command specified" in onggi.fails("run", "--rm", image, code=125)
    assert onggi("run", "--rm", image, "given") == "entry"
    assert onggi("run", "--rm", "--entrypoint", "/bin/echo", image, "given") == "given"


def test_terminal_with_detach_and_attach_is_left_running(onggi: Onggi) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(onggi.argv()[0], onggi.argv("run", "-it", "--name", "tty", "busybox:1.35", "sh"))
    seen = b""

    def read_until(mark: bytes) -> None:
        nonlocal seen
        deadline = time.monotonic() + 20
        while mark not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([terminal], [], [], 0.2)[0]:
                seen += os.read(terminal, 65536)

    read_until(b"/ #")
    os.write(terminal, b"echo $((6*7)); tty; stty size\n")
    read_until(b"42")
    read_until(b"/dev/pts/0")
    os.write(terminal, b"\x10\x11")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert onggi("ps", "--format", "{{.Names}}") == "tty"
    onggi("rm", "-f", "tty")


def test_a_killed_client_leaves_a_detached_container_alone(onggi: Onggi) -> None:
    client = onggi.start("run", "--name", "survivor", "busybox:1.35", "sleep", "1000")
    eventually(lambda: onggi("ps", "--format", "{{.Names}}") == "survivor")
    client.kill()
    client.communicate()
    time.sleep(0.5)
    assert onggi("ps", "--format", "{{.Names}}") == "survivor"
    onggi("rm", "-f", "survivor")
    onggi("system", "check", "--repair")  # the killed client's session


def test_foreground_signals_are_passed_on(onggi: Onggi) -> None:
    script = "trap 'echo got it; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    client = onggi.start("run", "--rm", "--name", "fore", "busybox:1.35", "sh", "-c", script)
    assert client.stdout is not None
    assert client.stdout.readline() == b"ready\n"
    client.send_signal(signal.SIGINT)
    out, _ = client.communicate(timeout=20)
    assert (out, client.returncode) == (b"got it\n", 9)
    assert onggi("ps", "-aq") == ""


def test_three_signals_that_it_does_not_heed_end_only_the_client(onggi: Onggi) -> None:
    script = "trap 'echo no' INT TERM; echo ready; while :; do sleep 0.1; done"
    client = onggi.start("run", "--rm", "--name", "deaf", "busybox:1.35", "sh", "-c", script)
    assert client.stdout is not None
    for line, number in ((b"ready\n", signal.SIGINT), (b"no\n", signal.SIGTERM), (b"no\n", signal.SIGINT)):
        assert client.stdout.readline() == line
        client.send_signal(number)
    _, said = client.communicate(timeout=20)
    assert client.returncode == 1
    assert said.decode().splitlines() == [
        "onggi: got 3 SIGTERM/SIGINTs and leave; container deaf goes on",
        "hint: `onggi stop deaf` ends it, with SIGKILL if need be",
    ]
    assert onggi("ps", "--format", "{{.Names}}") == "deaf"
    onggi("stop", "-t", "0", "deaf")
    eventually(lambda: onggi("ps", "-aq") == "")


def test_runc_runs_the_same_plan(onggi: Onggi) -> None:
    script = (
        "grep -E 'CapEff|Seccomp:' /proc/self/status; hostname; cat /etc/hostname; mount | grep -c 'proc.*ro,'; exit 4"
    )
    built_in = onggi.run("run", "--rm", "-h", "same", "busybox:1.35", "sh", "-c", script)
    runc = onggi.run("run", "--rm", "-h", "same", "--runtime", "runc", "busybox:1.35", "sh", "-c", script)
    assert (runc.returncode, runc.stdout.split(b"\n")[:4]) == (4, built_in.stdout.split(b"\n")[:4])
    assert b"CapEff:\t00000000a80425fb" in runc.stdout


def test_many_at_once(onggi: Onggi) -> None:
    running = [
        onggi.start("run", "--rm", "busybox:1.35", "sh", "-c", f"echo {number}; sleep 0.2") for number in range(20)
    ]
    outputs = [process.communicate(timeout=60) for process in running]
    assert [out for out, _ in outputs] == [f"{number}\n".encode() for number in range(20)]
    assert all(process.returncode == 0 for process in running)
    assert onggi("ps", "-aq") == ""


def test_nothing_is_left_of_cgroups_and_mounts(onggi: Onggi) -> None:
    container = onggi("run", "-d", "busybox:1.35", "sleep", "1000")
    onggi("rm", "-f", container)
    assert str(onggi.root) not in Path("/proc/mounts").read_text()
    left = subprocess.run(
        ["find", "/sys/fs/cgroup", "-name", f"*{container[:12]}*"], capture_output=True, text=True
    ).stdout
    assert left == ""
