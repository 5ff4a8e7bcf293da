"""The bare child: walk the plan's ops one by one, then become the program.

It runs between clone and execve in a copy of the launcher or of a monitor, which are single-threaded and hold the
standard library's smallest part only. It decides nothing: whatever an op needs is in it, and one that is not in the
table is refused.
"""

from __future__ import annotations

import os
import select
import sys
from _socket import AF_UNIX, SOCK_SEQPACKET, socket, socketpair

from onggi.errors import Failed, OnggiError, Unavailable, Unsupported
from onggi.linux import file_limit, init, presence, report, syscalls
from onggi.linux.channel import receive, send
from onggi.linux.ops import OPS, Telling, clone_sources, own_null
from onggi.linux.root import Root
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

    from onggi.linux.cgroup import Group

    Op: TypeAlias = dict[str, Any]

ENTERED = b"entered"  # what the parent says once the child is in its cgroup
CONSOLE = b"console"  # what comes to the parent with the terminal's master


class Child:
    """What the ops share. Every path of an op is resolved beneath `root`."""

    def __init__(self, plan: Op, control: socket) -> None:
        self.plan = plan
        self.control = control
        self.root = Root()
        self.has_entered = False
        self.trees: dict[int, int] = {}

    def wait_for_cgroup(self) -> None:
        if not self.has_entered and receive(self.control)[0] != ENTERED:
            os._exit(1)  # the parent is gone
        self.has_entered = True

    def hand_over(self, terminal: int) -> None:
        """Give the terminal's master to the parent."""
        send(self.control, CONSOLE, [terminal])


JOINED = ("mount", "uts", "ipc", "network", "cgroup")
"""The namespaces of a container that a further process of it enters by itself; into its pid namespace it is born."""


def start(plan: Op, group: Group | None, stdio: tuple[int, int, int], container: int = -1) -> tuple[int, int, socket]:
    """Clone the child into the version 2 part of `group`. Returns its pid, a pidfd, and the parent's end of its control
    socket: the child waits there for ENTERED, sends CONSOLE and a failure, and closes it by becoming the program.
    `container` is the pidfd of the first process of one that the child joins."""
    ours, its = socketpair(AF_UNIX, SOCK_SEQPACKET)
    flags = 0
    for kind in plan["namespaces"]:
        flags |= syscalls.NAMESPACES[kind]
    try:
        pid, pidfd = syscalls.clone(flags, group.entry if group else -1)
    except OSError as error:
        ours.close()
        its.close()
        doing = "make the namespaces " + ", ".join(plan["namespaces"]) if plan["namespaces"] else "start a process"
        raise report.explain(doing, error) from error
    if pid == 0:
        ours.close()
        run(plan, its, stdio, container)
    its.close()
    return pid, pidfd, ours


def run(plan: Op, control: socket, stdio: tuple[int, int, int], container: int) -> NoReturn:
    """Become the plan's program. A failure before execve is reported on `control`, which closes at execve."""
    try:
        _prepare(control, stdio, container)
        _walk(Child(plan, control), container)
    except OnggiError as error:
        send(control, report.encode(error))
    except OSError as error:
        send(control, report.encode(report.explain("start the container", error)))
    finally:
        if bug := sys.exc_info()[1]:  # else it would pass for a program that ended with 127
            send(control, report.encode(Unavailable(f"a bug in onggi: {type(bug).__name__}: {bug}")))
        os._exit(127)


def _prepare(control: socket, stdio: tuple[int, int, int], container: int) -> None:
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    # The pid namespace has nobody in it yet, but one of a user's may be joined: our memory is the host's.
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    os.setsid()
    for number, descriptor in enumerate(stdio):
        os.dup2(descriptor, number)
    # Folders of the host are open in our parent. To close them at execve is too late: a working folder or a program of
    # /proc/self/fd would be looked up in them (CVE-2024-21626).
    syscalls.close_all_but((0, 1, 2, control.fileno(), *((container,) if container >= 0 else ())))
    file_limit.give_back()
    # A module that is not here yet would be looked for in the image.
    sys.meta_path.clear()
    syscalls.reset_signals()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _walk(child: Child, container: int) -> None:
    plan = child.plan
    for op in plan["ops"]:
        if op["op"] not in OPS:
            raise Unsupported(f"unknown op {op['op']!r}")
    if plan["init"]:
        syscalls.set_command_line("onggi-init")
        syscalls.set_name("onggi-init")
    if container >= 0:
        _join(child, container)
    else:
        _leave_the_host(child)
    for op in plan["ops"]:
        with Telling(op):
            OPS[op["op"]][0](child, op)
    child.wait_for_cgroup()
    child.root.close()
    syscalls.close_on_exec(3)
    # Changing credentials forgets the first one. If the parent died before this line, its end of `control` is closed.
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    watch = select.poll()
    watch.register(child.control, 0)
    if watch.poll(0):
        os._exit(1)
    if plan["init"]:
        init.reap(lambda: execute(plan), child.control)
    execute(plan)


def _leave_the_host(child: Child) -> None:
    """What is mounted from here on is the child's own, and what it will need of the host it has."""
    if "mount" not in child.plan["namespaces"]:
        raise Unsupported("a container without a mount namespace of its own")
    for kind, home in child.plan["joined"]:
        if kind != "pid":  # into that it was born
            namespace = presence.namespace(home, kind)
            syscalls.join(namespace, (kind,))
            os.close(namespace)
    if child.plan["netns"]:
        namespace = os.open(child.plan["netns"], os.O_RDONLY | os.O_CLOEXEC)
        syscalls.join(namespace, ("network",))
        os.close(namespace)
    clone_sources(child)
    syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_SLAVE)


def _join(child: Child, container: int) -> None:
    """Be in a container that runs. Its cgroup namespace is entered from within its cgroup."""
    child.wait_for_cgroup()
    syscalls.join(container, JOINED)
    os.close(container)
    child.root.move("/")
    own_null(child)


def execute(plan: Op) -> NoReturn:
    """Replace this process by argv[0], found as execvp does, along the PATH of the plan's own environment."""
    name = plan["argv"][0]
    environment = dict(entry.partition("=")[::2] for entry in plan["env"])
    if "/" in name:
        candidates = [name]
    else:
        candidates = [os.path.join(folder or ".", name) for folder in environment.get("PATH", "").split(":")]
    refused: OSError | None = None
    for path in candidates:
        try:
            os.execve(path, plan["argv"], environment)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except ValueError as error:  # what no command line can hold, but an image: a NUL, a variable without a name
            raise Failed(f'exec: "{name}": {error}', exit_code=126) from error
        except OSError as error:
            refused = error
            if not isinstance(error, PermissionError):
                break
    if refused:
        raise Failed(f'exec: "{name}": {_sentence(refused)}', exit_code=126)
    if "/" in name:
        raise Failed(f'exec: "{name}": no such file or directory', exit_code=127)
    raise Failed(f'exec: "{name}": executable file not found in $PATH', exit_code=127)


def _sentence(error: OSError) -> str:
    text = error.strerror or ""
    return text[:1].lower() + text[1:]
