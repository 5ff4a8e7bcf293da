"""Network namespaces, most of which have a name: a file that the namespace is bound to, and that keeps it.

    make        a new one, its loopback up
    new         the same without a name: it lives as long as the descriptor, and ends with who holds that
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
_READ = os.O_RDONLY | os.O_CLOEXEC


def make(path: str) -> None:
    """Raises Conflict if a namespace is bound there already, Denied without the right to make one."""
    if is_bound(path):
        raise Conflict(f"a network namespace is bound to {path} already")
    try:
        os.close(os.open(path, os.O_CREAT | _READ, 0o600))
        namespace = _new()
        try:  # last: who sees it bound finds it whole
            syscalls.mount(f"/proc/thread-self/fd/{namespace}", path, flags=syscalls.MS_BIND)
        finally:
            os.close(namespace)
    except OSError as error:
        raise report.explain(f"cannot make the network namespace {path}", error) from error
    finally:
        if not is_bound(path):
            _unlink(path)


def new() -> int:
    """A descriptor of it. Raises Denied."""
    try:
        return _new()
    except OSError as error:
        raise report.explain("cannot make a network namespace", error) from error


def _new() -> int:
    own = os.open(_OWN, _READ)
    try:
        syscalls.unshare(syscalls.NAMESPACES["network"])
        try:
            from onggi.linux.netlink import Netlink, links  # late: monitors, which only remove them, do without

            with Netlink() as netlink:
                links.set_up(netlink, "lo")
            return os.open(_OWN, _READ)
        finally:
            syscalls.join(own, ("network",))
    finally:
        os.close(own)


def hold(path: str) -> int:
    """A descriptor of the namespace, which lives at least as long. Raises NotFound if none is bound there."""
    if not is_bound(path):
        raise NotFound(f"no network namespace is bound to {path}")
    return os.open(path, _READ)


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
