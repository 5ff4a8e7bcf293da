"""Drive an OCI runtime (runc, crun, …) in place of the built-in child: create, start, delete.

The bundle is the container's folder: config.json beside the root file system, which is mounted in a mount namespace
that nobody but the container is in once it has been created. The runtime's state folder is there too, so nothing is
shared with other users of the program.
"""

from __future__ import annotations

import os
from _socket import AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM, socket

from onggi.errors import Failed, NotFound, OnggiError, Unavailable
from onggi.linux import file_limit, syscalls
from onggi.linux.channel import receive
from onggi.linux.inside import Apart
from onggi.linux.ops import Telling
from onggi.linux.overlay import mount_overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Plan: TypeAlias = dict[str, Any]

STATE, LOG, PID, CONSOLE = "runtime", "runtime.log", "runtime.pid", "console.sock"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # a bare process has no environment


def create(plan: Plan, stdio: tuple[int, int, int]) -> tuple[int, int, int]:
    """Make the container, not yet started. Returns its pid, a pidfd, and its terminal's master or -1."""
    with open("config.json", "w") as file:
        file.write(plan["options"]["bundle"])
    arguments = ["create", "--bundle", ".", "--pid-file", PID]
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC)
    if plan["terminal"]:
        _unlink(CONSOLE)
        listener.bind(CONSOLE)
        listener.listen(1)
        arguments += ["--console-socket", CONSOLE]
    # The container's first process becomes our child when the runtime that cloned it ends.
    syscalls.adopt_orphans()
    with Apart("mount"):
        _mount_root(plan)
        with file_limit.AsGiven():
            _run(plan["options"]["runtime"], plan["home"], arguments, stdio)
    with open(PID) as file:
        pid = int(file.read())
    master = _take_master(listener) if plan["terminal"] else -1
    listener.close()
    return pid, os.pidfd_open(pid), master


def _take_master(listener: socket) -> int:
    descriptor, _ = listener._accept()  # type: ignore[attr-defined]
    connection = socket(AF_UNIX, SOCK_STREAM, 0, descriptor)
    _, (master,) = receive(connection)
    connection.close()
    _unlink(CONSOLE)
    return master


def start(plan: Plan) -> None:
    """Let the program run."""
    _run(plan["options"]["runtime"], plan["home"], ["start"])


def delete(runtime: str, home: str) -> None:
    """What is left of the container in the folder `home`: its state, its processes and its cgroup. Its monitor does
    this, or whoever removes a container whose monitor was killed."""
    if os.path.exists(os.path.join(home, STATE)):
        _run(runtime, home, ["delete", "--force"])


def _mount_root(plan: Plan) -> None:
    """Seen by nobody else: nothing that is mounted from here on is passed on to the host."""
    syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_SLAVE)
    for op in plan["ops"]:
        if op["op"] == "overlay":
            with Telling(op):
                mount_overlay(op["lower"], op["upper"], op["work"], op["target"])


def _run(runtime: str, home: str, arguments: list[str], stdio: tuple[int, int, int] = (0, 1, 2)) -> None:
    program = find(runtime)
    state, log = os.path.join(home, STATE), os.path.join(home, LOG)
    argv = [program, "--root", state, "--log", log, "--log-format", "json", *arguments, os.path.basename(home)]
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(stdio)]
    pid = os.posix_spawn(program, argv, {"PATH": PATH}, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    if status:
        raise _reason(program, log)


def find(name: str) -> str:
    """The path of its program. Raises NotFound."""
    candidates = [name] if "/" in name else [f"{folder}/{name}" for folder in PATH.split(":")]
    for path in candidates:
        if os.access(path, os.X_OK):
            return path
    raise NotFound(f"unknown or invalid runtime name: {name}", hint=f"no such program is in {PATH}")


def _reason(program: str, log: str) -> OnggiError:
    """What the runtime logged last. Its words are all there is to tell a missing program by."""
    import json  # only here: it would make every monitor bigger

    lines = []
    if os.path.exists(log):
        with open(log) as file:
            lines = [json.loads(line) for line in file]
    message = lines[-1]["msg"] if lines else "it gave no reason"
    for words, exit_code in (("executable file not found", 127), ("no such file", 127), ("permission denied", 126)):
        if words in message and "exec" in message:
            return Failed(message, exit_code=exit_code)
    return Unavailable(f"{os.path.basename(program)}: {message}")


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
