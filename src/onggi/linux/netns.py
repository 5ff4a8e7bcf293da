"""Network namespaces that have a name: a file that the namespace is bound to, and that keeps it.

    make        a new one, its loopback up
    hold        a descriptor of it
    remove      let it go; with its last process and socket the kernel ends it, and with it the links that are in it

Everything happens in the calling thread, whose namespace is another for a moment (setns(2) is a thread's own), so no
process has to be forked. Who is killed in between leaves a file that nothing is bound to: `make` and `remove` take it.
A socket in a namespace is made in a block of `Inside("network", …)`, and stays there.
"""

from __future__ import annotations

import errno
import os

from onggi.errors import Conflict, Denied, NotFound
from onggi.linux import report, syscalls

_OWN = "/proc/thread-self/ns/net"  # not /proc/self: that is the first thread's


def make(path: str) -> None:
    """Raises Conflict if a namespace is bound there already, Denied without the right to make one."""
    if is_bound(path):
        raise Conflict(f"a network namespace is bound to {path} already")
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o600))
        _bind_new(path, own)
    except OSError as error:
        raise report.explain(f"cannot make the network namespace {path}", error) from error
    finally:
        os.close(own)
        if not is_bound(path):
            _unlink(path)


def _bind_new(path: str, own: int) -> None:
    from onggi.linux.netlink import Netlink, links  # late: monitors, which only remove them, do without

    syscalls.unshare(syscalls.NAMESPACES["network"])
    try:
        with Netlink() as netlink:
            links.set_up(netlink, "lo")
        syscalls.mount(_OWN, path, flags=syscalls.MS_BIND)  # last: who sees it bound finds it whole
    finally:
        syscalls.join(own, ("network",))


def hold(path: str) -> int:
    """A descriptor of the namespace, which lives at least as long. Raises NotFound if none is bound there."""
    if not is_bound(path):
        raise NotFound(f"no network namespace is bound to {path}")
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def is_bound(path: str) -> bool:
    """Whether the file is a namespace: it is on the kernel's own file system of them then."""
    try:
        return os.stat(path).st_dev == os.stat(_OWN).st_dev
    except FileNotFoundError:
        return False


def remove(path: str) -> None:
    """Nothing happens where there is no such file."""
    try:
        while True:
            syscalls.unmount(path, syscalls.MNT_DETACH)  # as often as something was mounted there
    except OSError as error:
        if error.errno == errno.EPERM:
            raise Denied(f"cannot remove the network namespace {path}: this needs root") from error
        if error.errno not in (errno.EINVAL, errno.ENOENT):  # nothing is mounted there; no file is there
            raise
    _unlink(path)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
