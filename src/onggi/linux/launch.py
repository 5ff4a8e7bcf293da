"""The client's side of the launcher: start build steps and containers from any thread."""

from __future__ import annotations

import marshal
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

import onggi
from onggi.errors import Unavailable
from onggi.linux import report, syscalls
from onggi.linux.loop import is_ready

if TYPE_CHECKING:
    from onggi.container.health_plan import HealthPlan
    from onggi.container.network.port import PortBinding
    from onggi.container.op import Plan
    from onggi.container.state import State
    from onggi.linux import cgroup

_START = "import sys; sys.path.insert(0, sys.argv[1]); from onggi.linux.launcher import main; main()"
_ANSWER_SIZE = 65536


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the monitor's events are about, and the folder where they go; see events.py. The default tells nobody."""

    folder: str = ""
    id: str = ""
    attributes: dict[str, str] = {}


class MonitorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a container's monitor needs to know beside the plan.

    open_stdin: the container has a stdin that clients may write to; otherwise it reads /dev/null. stdin_once: it is
    closed when the first client that writes to it goes. ends_with_client: the container is killed when a client that is
    attached goes. rows, columns: the terminal's first size. auto_remove_argv: run, detached, after the container's end
    (`--rm`). runtime: an OCI runtime to drive in place of the built-in one, with `bundle` as its config.json. restart:
    name of the policy and how often at most. stop_signal, stop_timeout: how the monitor itself stops it, in seconds.
    health: how it is probed, None for not at all. log_driver, log_options: see journal.py. before: its state until now,
    None if it has never run. actor: whom its events are about; volumes: who is mounted and unmounted with each start
    and end; networks: who is connected and disconnected when the first begins and the last has ended. is_attached: it
    has a network namespace that was made for it, and companions of those names, which mend_argv replaces if they are
    killed, unless somebody holds mend_lock; ports: what they publish.
    """

    open_stdin: bool = False
    stdin_once: bool = True
    ends_with_client: bool = False
    rows: int = 0
    columns: int = 0
    auto_remove_argv: tuple[str, ...] = ()
    runtime: str = ""
    bundle: str = ""
    restart: tuple[str, int] = ("no", 0)
    stop_signal: int = signal.SIGTERM
    stop_timeout: int = 10
    health: HealthPlan | None = None
    log_driver: str = "local"
    log_options: dict[str, str] = {}
    before: State | None = None
    actor: Actor = Actor()
    volumes: tuple[Actor, ...] = ()
    networks: tuple[Actor, ...] = ()
    is_attached: bool = False
    companions: tuple[str, ...] = ()
    mend_argv: tuple[str, ...] = ()
    mend_lock: str = ""
    ports: tuple[PortBinding, ...] = ()


class Step:
    """A build step that runs. It dies with us, with the launcher, and when nobody holds this object any more."""

    def __init__(self, request: socket.socket, name: str, where: Callable[[], cgroup.Hierarchies]) -> None:
        self._request = request
        self._name = name
        self._where = where
        self._end: tuple[int, float, int] | None = None
        self._lock = threading.Lock()

    def wait(self) -> int:
        """The exit code, 128 + n for signal n. Failed (126, 127) if the program could not be started; another error
        of the tree if its isolation could not."""
        if self._end is None:
            self._end = self._answer()
        return self._end[0]

    @property
    def oom_kills(self) -> int:
        """How many of its processes were killed for want of memory, by its limit; once it has ended."""
        return 0 if self._end is None else self._end[2]

    def _answer(self) -> tuple[int, float, int]:
        try:
            data = self._request.recv(_ANSWER_SIZE)
        finally:
            with self._lock:
                self._request.close()
        exit_code, seconds, kills = _decode(data)
        return exit_code, seconds, kills

    def kill(self) -> None:
        """End it, with all it started. `wait` tells when it has ended."""
        with self._lock:
            if self._request.fileno() >= 0:
                try:
                    self._request.send(b"k")
                except BrokenPipeError:
                    pass  # it has ended

    def cpu_seconds(self) -> float:
        """Processor time used so far by it and its children; 0 for a step without a cgroup."""
        if self._end is not None:
            return self._end[1]
        if not self._name:
            return 0.0
        from onggi.linux import cgroup

        try:
            return cgroup.open_group(self._where(), self._name).cpu_seconds()
        except OSError:  # it is just ending: `wait` will tell
            return 0.0


class Launcher:
    """One launcher process, spawned at first use or by `start`, and anew where it was killed. Safe to use from several
    threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.pid = 0

    @cached_property
    def _groups(self) -> cgroup.Hierarchies:
        from onggi.linux import cgroup

        return cgroup.find()

    def _groups_in(self, parent: str) -> cgroup.Hierarchies:
        if not parent:
            return self._groups
        from onggi.linux import cgroup

        return cgroup.find(parent)

    def start(self) -> None:
        """Spawn the process now, without waiting for it: it gets ready while we do other work."""
        self._connection()

    def _connection(self) -> socket.socket:
        with self._lock:
            if self._socket and is_ready(self._socket.fileno(), 0):  # it says nothing by itself: it was killed
                self._reap(self._socket)
                self._socket = None
            if self._socket is None:
                self.pid, self._socket = _spawn()
            return self._socket

    def _reap(self, connection: socket.socket) -> None:
        connection.close()
        os.waitpid(self.pid, 0)

    def step(self, plan: Plan, stdout: int, stderr: int, secrets: Sequence[bytes] = ()) -> Step:
        """Start a build step that writes to the two descriptors. Returns at once; `Step.wait` tells how it went.
        `secrets` are those that the plan names by number; they travel in memory only."""
        document = {**msgspec.to_builtins(plan), "secrets": tuple(secrets)}
        with open(os.devnull) as null:
            request = self._ask(b"step", document, (null.fileno(), stdout, stderr))
        return Step(request, plan.cgroup, lambda: self._groups_in(plan.cgroup_parent))

    def container(
        self, plan: Plan, home: str | Path, options: MonitorOptions, clients: Sequence[socket.socket] = ()
    ) -> None:
        """Start a container with a monitor of its own, which keeps its files in `home`. Returns when the program runs.

        `clients` are ends of `attach.pair()`: attached from the first byte on.
        """
        document = {**msgspec.to_builtins(plan), "options": msgspec.to_builtins(options), "home": str(home)}
        others = [client.fileno() for client in clients]
        with self._ask(b"container", document, others) as request:
            _decode(request.recv(_ANSWER_SIZE))

    def _ask(self, word: bytes, plan: dict[str, Any], descriptors: Sequence[int]) -> socket.socket:
        connection = self._connection()
        ours, its = socket.socketpair()
        document = os.memfd_create("plan")
        try:
            data = memoryview(marshal.dumps(plan))
            while data:
                data = data[os.write(document, data) :]
            socket.send_fds(connection, [word], [its.fileno(), document, *descriptors])
        except OSError as error:
            ours.close()
            raise Unavailable(f"the launcher has ended: {error.strerror}") from error
        finally:
            its.close()
            os.close(document)
        return ours

    def close(self) -> None:
        """End the launcher and all its steps; containers go on. Returns when they have ended."""
        with self._lock:
            connection, self._socket = self._socket, None
            if connection:
                self._reap(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _spawn() -> tuple[int, socket.socket]:
    """A launcher's pid, and our end of its socket."""
    interpreter = _open_interpreter()
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        pid = os.posix_spawn(
            f"/proc/self/fd/{interpreter}",
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, _import_folder()],
            {},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, its.fileno(), 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
        )
    finally:
        its.close()
        os.close(interpreter)
    return pid, ours


def _open_interpreter() -> int:
    """The interpreter on a read-only mount that is nowhere to be seen. A container can make its child execute
    /proc/self/exe, which is this file of the host, and change it from within (CVE-2019-5736)."""
    try:
        tree = syscalls.clone_tree(sys.executable, recursive=False)
        syscalls.set_attributes(tree, syscalls.MOUNT_ATTRIBUTES["ro"], 0, recursive=False)
    except OSError as error:
        raise report.explain("protect the interpreter from the containers", error) from error
    return tree


def _import_folder() -> str:
    """The folder that `import onggi` finds it in."""
    return str(Path(onggi.__file__).absolute().parent.parent)


def _decode(data: bytes) -> Any:
    if not data:
        raise Unavailable("the launcher ended before it answered")
    answer = marshal.loads(data)
    if isinstance(answer[0], str):
        raise report.decode(data)
    return answer
