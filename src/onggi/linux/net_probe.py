"""Health probes that need no program in the image: does a port of the container answer?

A bare child of the monitor, in the container's network and in none of its other namespaces, as nobody.
"""

from __future__ import annotations

import os
from _socket import AF_INET, AF_INET6, SOCK_STREAM, socket

from onggi.linux import syscalls
from onggi.linux.init import exit_code
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from onggi.linux.loop import Loop

    Plan: TypeAlias = dict[str, Any]

NOBODY = 65534
LOOPBACKS = ((AF_INET, "127.0.0.1"), (AF_INET6, "::1"))
LONGEST_HEAD = 4096  # bytes of an answer that are looked at


class NetProbe:
    """`on_end` gets 0 if the port answers as it should, else 1; it writes why to `output`."""

    def __init__(
        self, loop: Loop, plan: Plan, container: int, output: int, on_end: Callable[[int, bytes], None]
    ) -> None:
        self.loop = loop
        self.on_end = on_end
        self.pid, self.pidfd = syscalls.clone(0)
        if self.pid == 0:
            _run(plan, container, output)
        loop.watch(self.pidfd, self._on_end)

    def kill(self) -> None:
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def _on_end(self, events: int) -> None:
        _, status = os.waitpid(self.pid, 0)
        self.loop.forget(self.pidfd)
        os.close(self.pidfd)
        self.on_end(exit_code(status), b"")


def _run(plan: Plan, container: int, output: int) -> None:
    code = 1
    try:
        os.dup2(output, 1)
        syscalls.close_all_but((1, container))
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
        syscalls.join(container, ("network",))
        os.setgroups(())
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        code, said = _ask(plan["port"], plan["path"])
        os.write(1, said.encode("utf-8", "replace"))
    except OSError as error:
        os.write(1, (error.strerror or "").encode())
    finally:
        os._exit(code)


def _ask(port: int, path: str) -> tuple[int, str]:
    """(exit code, what to tell). The time limit is our parent's."""
    peer = _connect(port)
    if not path:
        return 0, f"port {port} is open"
    peer.send(f"GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\nUser-Agent: onggi\r\n\r\n".encode())
    head = b""
    while b"\n" not in head and len(head) < LONGEST_HEAD:
        data = peer.recv(LONGEST_HEAD)
        if not data:
            break
        head += data
    line = head.partition(b"\n")[0].strip()
    words = line.split()
    is_well = len(words) > 1 and words[0].startswith(b"HTTP/") and words[1][:1] in (b"2", b"3")
    return (0 if is_well else 1), line.decode("utf-8", "replace") or "no answer"


def _connect(port: int) -> socket:
    refusal = OSError()
    for family, address in LOOPBACKS:
        peer = socket(family, SOCK_STREAM)
        try:
            peer.connect((address, port))
        except OSError as error:
            refusal = error
        else:
            return peer
    raise refusal
