"""The engine's side of a network's resolver: sockets in a container's network namespace, given to it, which is started
where it does not run."""

from __future__ import annotations

import fcntl
import marshal
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from onggi.errors import Conflict, Unavailable
from onggi.linux.companion import Companion
from onggi.linux.inside import Inside

ADDRESS, PORT = "127.0.0.11", 53
"""Where it answers in a container, as Docker's does."""
GRACE = 5.0
"""Seconds that it stays without containers."""
_NAME = "onggi-names"
_SOCKET, _LOCK, NAMES = "resolver.sock", "resolver.lock", "names.json"
_QUEUE = 64
_ANSWER_SIZE = 16


def serve(
    folder: str,
    network: str,
    namespace: int,
    life: int,
    *,
    upstream: Sequence[str] | None = None,
    grace: float = GRACE,
    log: int = -1,
) -> None:
    """Have names answered in the network namespace open as `namespace`, as long as somebody has the other end of the
    pipe `life`.

    folder: of the network, where the file NAMES is (see document.py) and a socket of the resolver's will be. network:
    its name, for lists of processes. upstream: servers of the container's own, in place of the network's. log: where a
    resolver that is started complains. Raises Conflict if something in the namespace has the port, Unavailable.
    """
    datagrams, listener = _listen(namespace)
    with datagrams, listener, open(f"{folder}/{_LOCK}", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that find none, one starts it
        descriptors = (datagrams.fileno(), listener.fileno(), life)
        if _hand_over(folder, upstream, descriptors):
            return
        _start(folder, network, grace, log)
        if not _hand_over(folder, upstream, descriptors):
            raise Unavailable(f"the resolver of the network {network} ended at once")


def _listen(namespace: int) -> tuple[socket.socket, socket.socket]:
    with Inside("network", namespace):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        datagrams.bind((ADDRESS, PORT))
        listener.bind((ADDRESS, PORT))
        listener.listen(_QUEUE)
    except OSError as error:
        datagrams.close()
        listener.close()
        raise Conflict(f"cannot answer at {ADDRESS}:{PORT} in the container: {error.strerror}") from error
    return datagrams, listener


def _hand_over(folder: str, upstream: Sequence[str] | None, descriptors: Sequence[int]) -> bool:
    """Whether one is there and has taken them. One that ends just now refuses, or hangs up without a word."""
    about = marshal.dumps({"upstream": None if upstream is None else tuple(upstream)})
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
        try:
            with _near(folder) as path:
                peer.connect(path)
            socket.send_fds(peer, [about], descriptors)
            return bool(peer.recv(_ANSWER_SIZE))
        except (FileNotFoundError, ConnectionError):
            return False


def _start(folder: str, network: str, grace: float, log: int) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        with _near(folder) as path:
            Path(path).unlink(missing_ok=True)
            listening.bind(path)
        listening.listen(_QUEUE)
        resolver = Companion("onggi.linux.resolver.server", _NAME, network, log=log, folders=[_libraries()])
        try:
            about = {"names": f"{folder}/{NAMES}", "grace": grace}
            socket.send_fds(resolver.control, [marshal.dumps(about)], [listening.fileno()])
        except OSError as error:
            resolver.abandon()
            raise Unavailable(f"the resolver of the network {network} ended: {error.strerror}") from error
        resolver.finish()


@contextmanager
def _near(folder: str) -> Iterator[str]:
    """A path of the socket that is short enough for one (108 bytes, unix(7)), however long that of its folder is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{_SOCKET}"
    finally:
        os.close(descriptor)


def _libraries() -> str:
    """The folder that `import dns` finds it in."""
    found = find_spec("dns")
    assert found and found.origin
    return str(Path(found.origin).parent.parent)
