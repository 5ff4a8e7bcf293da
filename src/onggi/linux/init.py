"""A parent for programs that are not made to be PID 1: it forwards signals and reaps orphans."""

from __future__ import annotations

import os

from onggi.errors import OnggiError
from onggi.linux import report, syscalls
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Callable
    from typing import NoReturn

# Not forwarded: what cannot be caught, what tells of a fault of our own, and the terminal's.
OURS = {
    *(signal.SIGKILL, signal.SIGSTOP, signal.SIGTTIN, signal.SIGTTOU),
    *(signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGTRAP, signal.SIGSYS),
}


def reap(execute: Callable[[], NoReturn], control: socket) -> NoReturn:
    """Run `execute` in a child; end with its status once it has ended.

    Not dumpable: our memory is a copy of the launcher's or a monitor's, and nobody in the container may read it.
    """
    syscalls.adopt_orphans()  # in another's pid namespace it is not PID 1, to whom they come by themselves
    forwarded = signal.valid_signals() - OURS
    signal.pthread_sigmask(signal.SIG_BLOCK, forwarded)
    main = os.fork()
    if main == 0:
        # A process group of its own, in the foreground: a ctrl-C reaches it once, from the terminal, not from us too.
        os.setpgid(0, 0)
        if os.isatty(0):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
            os.tcsetpgrp(0, os.getpid())
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        try:
            execute()
        except OnggiError as error:
            control.send(report.encode(error))
        finally:
            os._exit(127)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    syscalls.close_all_but(())
    while True:
        number = signal.sigwait(forwarded)
        if number != signal.SIGCHLD:
            try:
                os.kill(main, number)
            except ProcessLookupError:
                pass
            continue
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == main:
                os._exit(exit_code(status))
            if pid == 0:
                break


def exit_code(status: int) -> int:
    """A wait status as a shell shows it: 128 + the signal that ended the process."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
