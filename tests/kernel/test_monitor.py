"""Containers and the process that looks after each."""

from __future__ import annotations

import contextlib
import marshal
import os
import pty
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from tests.waiting import eventually

from onggi.container import op
from onggi.container.stdio import Stdio
from onggi.errors import Conflict, Failed, Invalid, Unavailable
from onggi.linux import attach, frames, report
from onggi.linux.launch import Launcher, MonitorOptions
from onggi.linux.logs import read_log
from onggi.linux.presence import is_monitored
from onggi.linux.state import read_state

from .conftest import Boxes, leftovers, written

pytestmark = pytest.mark.kernel

INPUT = MonitorOptions(open_stdin=True)
FOREVER = ("sleep", "100000")


def test_a_container_logs_and_tells_how_it_ended(boxes: Boxes) -> None:
    before = time.time()
    code, home = boxes.run("sh", "-c", "echo out; echo err >&2; printf rest; exit 3")
    state = read_state(home)
    assert (code, state.status, state.exit_code, state.pid) == (3, "exited", 3, 0)
    assert before <= state.started_at <= state.finished_at <= time.time()
    assert (written(home), written(home, "stderr")) == ("out\nrest", "err\n")
    assert not (home / "attach.sock").exists()


def test_what_runs_is_seen_as_running(boxes: Boxes) -> None:
    home = boxes.start(*FOREVER)
    state = read_state(home)
    assert (state.status, state.exit_code, state.finished_at) == ("running", 0, 0)
    assert Path(f"/proc/{state.pid}/comm").read_text() == "sleep\n"
    assert is_monitored(home)
    assert attach.wait(home, timeout=0.01) is None


def test_a_second_start_is_a_conflict(boxes: Boxes) -> None:
    home = boxes.start(*FOREVER)
    with pytest.raises(Conflict, match="already running"):
        boxes.launcher.container(boxes.plan(home, "true"), home, MonitorOptions())
    assert read_state(home).status == "running"


def test_it_can_be_started_again_and_the_log_goes_on(boxes: Boxes) -> None:
    code, home = boxes.run("sh", "-c", "echo first; echo kept > /file")
    boxes.launcher.container(boxes.plan(home, "cat", "/file"), home, MonitorOptions())
    assert (code, attach.wait(home), written(home)) == (0, 0, "first\nkept\n")


def test_a_program_that_is_not_there(boxes: Boxes) -> None:
    with pytest.raises(Failed, match="executable file not found") as raised:
        boxes.run("foo")
    state = read_state(boxes.homes[-1])
    assert (raised.value.exit_code, state.status, state.exit_code) == (127, "created", 127)
    assert "executable file not found" in state.error
    eventually(lambda: not is_monitored(boxes.homes[-1]))


def test_isolation_that_fails_is_told_and_leaves_nothing(boxes: Boxes) -> None:
    with pytest.raises(Invalid, match="mount tmpfs at /mnt: Invalid argument"):
        boxes.start("true", inside=(op.MountFs("tmpfs", "/mnt", data="size=what"),))
    assert read_state(boxes.homes[-1]).status == "created"
    assert not (boxes.homes[-1] / "attach.sock").exists()


# Signals and the end.


@pytest.mark.parametrize("init", [False, True])
def test_a_signal_reaches_a_program_that_handles_it(boxes: Boxes, init: bool) -> None:
    home = boxes.start(
        "sh", "-c", "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.05; done", init=init
    )
    eventually(lambda: "ready" in written(home))
    attach.send_signal(home, signal.SIGTERM)
    assert attach.wait(home) == 5
    assert written(home) == "ready\ngot it\n"


def test_the_first_process_ignores_what_it_does_not_handle(boxes: Boxes) -> None:
    home = boxes.start(*FOREVER)
    attach.send_signal(home, signal.SIGTERM)
    assert attach.wait(home, timeout=0.2) is None
    attach.send_signal(home, signal.SIGKILL)
    assert attach.wait(home) == 137


def test_with_init_the_default_action_is_taken(boxes: Boxes) -> None:
    home = boxes.start(*FOREVER, init=True)
    attach.send_signal(home, signal.SIGTERM)
    assert attach.wait(home) == 143


def test_init_reaps_orphans_and_passes_the_exit_code(boxes: Boxes) -> None:
    orphans = "for i in 1 2 3; do (sh -c 'sleep 0.05 & ' &); done; sleep 0.4; ps -o stat; exit 9"
    code, home = boxes.run("sh", "-c", orphans, init=True)
    assert code == 9
    assert "Z" not in written(home)
    with pytest.raises(Failed, match="executable file not found"):
        boxes.run("foo", init=True)


def test_a_signal_to_what_does_not_run_is_a_conflict(boxes: Boxes) -> None:
    _, home = boxes.run("true")
    with pytest.raises(Conflict):
        attach.send_signal(home, signal.SIGTERM)


def test_who_asks_in_the_moment_of_the_end_is_told_that_it_has_ended(boxes: Boxes) -> None:
    """A client that came before the end, and says what it wants after it."""
    home = boxes.start("sh", "-c", "read line; exit 3", options=INPUT)
    asked = {
        frames.STOP: frames.TWO_NUMBERS.pack(9, 0),
        frames.SIGNAL: frames.NUMBER.pack(9),
        frames.PAUSE: b"",
        frames.UNPAUSE: b"",
        frames.EXEC: marshal.dumps({"argv": ["true"]}),
        frames.UPDATE: marshal.dumps({"resources": {}}),
    }
    with contextlib.ExitStack() as stack:
        peers = {kind: stack.enter_context(attach.connect(home)) for kind in asked}
        first = stack.enter_context(attach.connect(home))
        first.sendall(frames.frame(frames.STDIN, b"go\n"))
        assert attach.wait(home) == 3
        for kind, payload in asked.items():
            peers[kind].sendall(frames.frame(kind, payload))
            parser, said = frames.Parser(), dict[int, bytes]()
            while frames.ANSWER not in said:
                said |= {each: bytes(words) for each, words in parser.feed(peers[kind].recv(4096))}
            assert isinstance(report.decode(said[frames.ANSWER]), Conflict)


def test_the_end_of_the_first_process_is_the_end_of_all(boxes: Boxes) -> None:
    code, home = boxes.run("sh", "-c", "(while :; do echo x; done) & sleep 0.1; exit 4")
    assert code == 4
    assert written(home).startswith("x\n")


ATTACHED = """
import sys
from onggi.container.stdio import Stdio
from onggi.linux.attach import attach
print("attached", flush=True)
sys.exit(attach(sys.argv[1], Stdio()))
"""


def test_signals_to_an_attached_client_reach_the_container(boxes: Boxes) -> None:
    script = "trap 'echo got int' INT; trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"
    home = boxes.start("sh", "-c", script)
    eventually(lambda: written(home) == "ready\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", ATTACHED, str(home)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout and client.stdout.readline() == "attached\n"
        eventually(lambda: catches(client.pid, signal.SIGINT, signal.SIGTERM, signal.SIGWINCH))
        client.send_signal(signal.SIGINT)
        assert client.stdout.readline() == "got int\n"
        client.send_signal(signal.SIGTERM)
        assert client.wait() == 7


# Streams.


def talk(boxes: Boxes, data: bytes, *argv: str) -> tuple[int | None, bytes, bytes, Path]:
    """Run attached with `data` piped in. Exit code, stdout, stderr."""
    home = boxes.home()
    (home / "in").write_bytes(data)
    ours, its = attach.pair()
    with its:
        boxes.launcher.container(boxes.plan(home, *argv), home, INPUT, (its,))
    with open(home / "in", "rb") as stdin, open(home / "out", "wb") as out, open(home / "err", "wb") as err:
        streams = Stdio(stdin=stdin.fileno(), stdout=out.fileno(), stderr=err.fileno())
        code = attach.attach(home, streams, ours)
    return code, (home / "out").read_bytes(), (home / "err").read_bytes(), home


def test_stdin_goes_in_and_its_end_is_seen(boxes: Boxes) -> None:
    assert talk(boxes, b"a\nb\n", "sh", "-c", "cat; echo end >&2")[:3] == (0, b"a\nb\n", b"end\n")


def test_much_goes_through_unchanged(boxes: Boxes) -> None:
    data = bytes(range(256)) * 40_000  # 10 MB, more than every buffer on its way
    code, out, _, _ = talk(boxes, data, "cat")
    assert code == 0 and out == data


def test_a_container_that_does_not_read_its_stdin(boxes: Boxes) -> None:
    code, out, _, _ = talk(boxes, b"x" * 5_000_000, "sh", "-c", "exec 0<&-; sleep 0.2; echo done")
    assert (code, out) == (0, b"done\n")


def test_without_stdin_it_reads_the_end_at_once(boxes: Boxes) -> None:
    code, home = boxes.run("sh", "-c", "cat; echo end")
    assert (code, written(home)) == (0, "end\n")


def test_a_hundred_megabytes_are_all_in_the_log(boxes: Boxes) -> None:
    line = "x" * 79 + "\n"
    code, home = boxes.run("sh", "-c", f"yes {line.strip()} | head -c 100000000")
    assert code == 0
    assert sum(record.log.count(line.encode()) for record in read_log(home)) == 1_250_000


def test_a_client_that_does_not_read_holds_up_nobody_and_misses_nothing(boxes: Boxes) -> None:
    home = boxes.home()
    ours, its = attach.pair()
    with its:
        boxes.launcher.container(boxes.plan(home, "seq", "300000"), home, MonitorOptions(), (its,))
    eventually(lambda: read_state(home).status == "exited")
    with open(home / "out", "wb") as out:
        assert attach.attach(home, Stdio(stdout=out.fileno()), ours) == 0
    assert (home / "out").read_text().split() == [str(number) for number in range(1, 300_001)], (
        "more than is kept in memory"
    )


def test_a_client_that_dies_ends_the_stdin_it_had(boxes: Boxes) -> None:
    home = boxes.home()
    ours, its = attach.pair()
    with its:
        boxes.launcher.container(boxes.plan(home, "sh", "-c", "cat; echo end"), home, INPUT, (its,))
    ours.close()
    assert attach.wait(home) == 0
    assert written(home) == "end\n"


def test_several_clients_get_the_same(boxes: Boxes) -> None:
    home = boxes.start("sh", "-c", "cat; echo bye", options=INPUT)
    outputs = [home / f"out{number}" for number in range(5)]
    codes: list[int | None] = []

    def one(path: Path) -> None:
        with open(path, "wb") as out:
            codes.append(attach.attach(home, Stdio(stdout=out.fileno())))

    threads = [threading.Thread(target=one, args=(path,)) for path in outputs]
    for thread in threads:
        thread.start()
    with attach.connect(home) as peer:

        def everyone_has(text: str) -> bool:
            peer.sendall(b"\0\0\0\0\0\0\0\2.\n")
            return all(path.exists() and text in path.read_text() for path in outputs)

        eventually(lambda: everyone_has("."))
        peer.sendall(b"\x11\0\0\0\0\0\0\0")
        for thread in threads:
            thread.join()
    assert codes == [0] * 5
    assert all(path.read_text().endswith("bye\n") for path in outputs)


def test_nonsense_on_the_socket_hurts_only_its_sender(boxes: Boxes) -> None:
    home = boxes.start("cat", options=INPUT)
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"\x12\0\0\0\0\0\0\1x", b"\x63\0\0\0\0\0\0\0"):
        with attach.connect(home) as peer:
            peer.sendall(nonsense)
            peer.settimeout(20)
            assert peer.recv(1) == b""
    assert read_state(home).status == "running"


# Terminals.


class Terminal:
    """A person at a terminal: a process that is attached to the container through a pty."""

    PROGRAM = """
import sys
from onggi.container.stdio import Stdio
from onggi.linux.attach import attach
code = attach(sys.argv[1], Stdio(stdin=0, terminal=True))
print("DETACHED" if code is None else f"CODE {code}", flush=True)
"""

    def __init__(self, home: Path) -> None:
        self.seen = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            os.execve(sys.executable, [sys.executable, "-c", self.PROGRAM, str(home)], environment)

    def expect(self, text: str) -> str:
        """What is shown up to and with `text`, since the last time."""
        while text not in self.seen:
            assert select.select([self.master], [], [], 20)[0], f"no {text!r} in {self.seen!r}"
            self.seen += os.read(self.master, 4096).decode()
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


TERMINAL = MonitorOptions(open_stdin=True, rows=33, columns=77)


def test_a_terminal(boxes: Boxes) -> None:
    home = boxes.start("sh", "-c", "stty size; tty -s; ls -l /dev/console; sh", options=TERMINAL, terminal=True)
    person = Terminal(home)
    try:
        person.type("echo $((40 + 2)); stty size < /dev/tty\n")
        person.expect("\r\n42\r\n")
        person.type("sleep 1000\n")
        person.expect("sleep 1000")
        time.sleep(0.1)
        person.type("\x03")  # ctrl-C is the container's, not ours
        person.type("echo still $((1 + 1))\n")
        person.expect("still 2")
        person.type("exit 6\n")
        person.expect("CODE 6")
    finally:
        person.close()
    assert written(home).startswith("33 77\r\n")


def test_detach_and_attach_again(boxes: Boxes) -> None:
    home = boxes.start("sh", options=TERMINAL, terminal=True)
    first = Terminal(home)
    try:
        first.type("echo $((40 + 2))\n")
        first.expect("\r\n42\r\n")
        first.type("\x10\x11")
        first.expect("DETACHED")
    finally:
        first.close()
    assert read_state(home).status == "running"
    second = Terminal(home)
    try:
        second.type("echo $((50 + 5))\n")
        second.expect("\r\n55\r\n")
        second.type("exit\n")
        second.expect("CODE 0")
    finally:
        second.close()


def test_a_terminal_follows_the_size_of_ours(boxes: Boxes) -> None:
    home = boxes.start("sh", options=TERMINAL, terminal=True)
    person = Terminal(home)
    try:
        person.type("echo $((40 + 2))\n")
        person.expect("\r\n42\r\n")
        subprocess.run(["stty", "rows", "20", "cols", "50"], stdin=person.master, check=True)
        person.type("while test \"$(stty size)\" != '20 50'; do sleep 0.02; done; echo $((60 + 6))\n")
        person.expect("\r\n66\r\n")
    finally:
        person.close()


def test_the_terminal_is_as_before_in_the_end(boxes: Boxes) -> None:
    home = boxes.start("sh", "-c", "read line; exit 1", options=TERMINAL, terminal=True)
    person = Terminal(home)
    try:

        def flags() -> str:
            return subprocess.run(["stty", "-a"], stdin=person.master, capture_output=True, text=True).stdout

        before = flags()
        eventually(lambda: "-icanon" in flags())
        person.type("x\n")
        person.expect("CODE 1")
        assert flags() == before
    finally:
        person.close()


# Many, and the ends of those around it.


def test_fifty_at_once(boxes: Boxes) -> None:
    homes = [boxes.start("sh", "-c", f"sleep 0.3; echo {number}; exit {number}") for number in range(50)]
    assert [attach.wait(home) for home in homes] == list(range(50))
    assert [written(home) for home in homes] == [f"{number}\n" for number in range(50)]


def test_a_container_outlives_launcher_and_client(tmp_path: Path, busybox: str) -> None:
    with Launcher() as launcher:
        boxes = Boxes(tmp_path, busybox, launcher)
        home = boxes.start("sh", "-c", "cat; exit 8", options=INPUT)
        os.kill(launcher.pid, signal.SIGKILL)
    assert read_state(home).status == "running"
    with attach.connect(home) as peer:
        peer.sendall(b"\x11\0\0\0\0\0\0\0")
        assert attach.wait(home) == 8
    eventually(lambda: not is_monitored(home))
    assert not leftovers(tmp_path.name)


def test_a_killed_monitor_takes_the_container_along(boxes: Boxes) -> None:
    home = boxes.start(*FOREVER)
    pid = read_state(home).pid
    os.kill(parent(pid), signal.SIGKILL)
    eventually(lambda: not is_monitored(home))
    eventually(lambda: not Path(f"/proc/{pid}").exists() or "Z" in status(pid))
    state = read_state(home)
    assert (state.status, state.exit_code, state.pid) == ("exited", 137, 0)
    assert attach.wait(home) == 137
    with Launcher() as other:
        Boxes(boxes.folder / "other", boxes.layer, other).step("true", cgroup=False)[0].wait()


def test_an_attached_client_is_told_when_the_monitor_was_killed(boxes: Boxes) -> None:
    home = boxes.start(*FOREVER)
    with attach.connect(home) as connection:
        os.kill(parent(read_state(home).pid), signal.SIGKILL)
        with pytest.raises(Unavailable, match="monitor was killed"):
            attach.attach(home, Stdio(), connection)
    with Launcher() as other:
        Boxes(boxes.folder / "other", boxes.layer, other).step("true", cgroup=False)[0].wait()


def test_what_is_due_after_the_end_is_done_by_someone(boxes: Boxes, tmp_path: Path) -> None:
    options = MonitorOptions(auto_remove_argv=("/bin/busybox", "touch", str(tmp_path / "done")))
    boxes.run("true", options=options)
    unattended = boxes.start(
        "true",
        options=msgspec.structs.replace(options, auto_remove_argv=("/bin/busybox", "touch", str(tmp_path / "alone"))),
    )
    attach.wait(unattended)
    eventually((tmp_path / "alone").exists)
    assert not (tmp_path / "done").exists()  # left to the client that was attached


def test_a_full_disk_neither_stops_the_container_nor_hides_its_end(boxes: Boxes, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(small)], check=True)
    try:
        on_small = Boxes(small, boxes.layer, boxes.launcher)
        home = on_small.start("sh", "-c", "yes | head -c 1000000; exit 6")
        code = attach.wait(home)
        state = read_state(home)
        assert (code, state.status, state.exit_code) == (6, "exited", 6)
        assert state.error == "the log is not complete: No space left on device"
    finally:
        eventually(lambda: subprocess.run(["umount", str(small)], stderr=subprocess.DEVNULL).returncode == 0)


def test_the_monitor_is_small(boxes: Boxes) -> None:
    home = boxes.start(*FOREVER)
    with open(f"/proc/{parent(read_state(home).pid)}/smaps_rollup") as lines:
        sizes = dict(line.split()[:2] for line in lines if line.endswith(" kB\n"))
    assert int(sizes["Pss:"]) < 8_000


def test_its_clients_do_not_use_up_its_files(tmp_path: Path, busybox: str) -> None:
    """It has more than the container, whose limit is that of who started it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        launcher = Launcher()
        with launcher:
            boxes = Boxes(tmp_path, busybox, launcher)
            home = boxes.start("sh", "-c", "echo $(ulimit -n) $(ulimit -Hn); cat; exit 3", options=INPUT)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with contextlib.ExitStack() as stack:
        for _ in range(120):
            stack.enter_context(attach.connect(home))
        eventually(lambda: files(parent(read_state(home).pid)) > 120)
        with attach.connect(home) as peer:
            peer.sendall(frames.frame(frames.CLOSE_STDIN))
            assert attach.wait(home) == 3
    assert written(home) == f"100 {hard}\n"


def test_a_home_whose_path_is_longer_than_a_sockets(tmp_path: Path, busybox: str, launcher: Launcher) -> None:
    boxes = Boxes(tmp_path / ("x" * 120), busybox, launcher)
    home = boxes.start("sh", "-c", "cat; exit 2", options=INPUT)
    with attach.connect(home) as peer:
        peer.sendall(b"\x11\0\0\0\0\0\0\0")
        assert attach.wait(home) == 2


def catches(pid: int, *numbers: int) -> bool:
    """Whether the process has handlers for these signals by now."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return all(int(line.split()[1], 16) >> (number - 1) & 1 for number in numbers)


def files(pid: int) -> int:
    """How many it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
