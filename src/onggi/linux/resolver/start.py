"""The engine's side of a network's resolver: sockets in a container's network namespace, given to it, which is started
where it does not run."""

from __future__ import annotations

import fcntl
import marshal
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from onggi.errors import Unavailable
from onggi.linux import nft
from onggi.linux.companion import Companion
from onggi.linux.inside import Inside

ADDRESS, PORT = "127.0.0.11", 53
"""Where it answers in a container, as Docker's does."""
_TABLE = "onggi-names"
GRACE = 5.0
"""Seconds that it stays without containers."""
_NAME = "onggi-names"
_SOCKET, _LOCK, NAMES = "resolver.sock", "resolver.lock", "names.json"
_QUEUE = 64
_ANSWER_SIZE = 16


class Serving:
    """A container that is being served: questions wait in its sockets until the resolver is ready. Nobody else starts a
    resolver for the network until `finish`."""

    def __init__(self, network: str, lock: IO[bytes]) -> None:
        self._network = network
        self._lock = lock
        self._leading: nft.Running | None = None
        self._resolver: Companion | None = None
        self._peer: socket.socket | None = None

    def lead(self, namespace: int, datagrams: socket.socket, listener: socket.socket) -> None:
        """Who asks at PORT in the namespace is to come to the sockets."""
        text = _rules(datagrams.getsockname()[1], listener.getsockname()[1])
        with Inside("network", namespace):
            self._leading = nft.begin(text, "cannot lead to the resolver")

    def begin(self, folder: str, about: bytes, descriptors: Sequence[int], grace: float, log: int) -> None:
        if _hand_over(folder, about, descriptors):
            self._lock.close()
            return
        self._resolver = _start(folder, self._network, grace, log)
        self._peer = _tell(folder, about, descriptors)

    def abandon(self) -> None:
        """It ends a resolver that it has started."""
        with closing(self._lock):
            if self._leading:
                self._leading.wait()
            if self._peer:
                self._peer.close()
            if self._resolver:
                self._resolver.abandon()

    def settle(self) -> None:
        """Waits until questions get there. Raises what nft.apply does."""
        if self._leading:
            self._leading.finish()

    def finish(self) -> None:
        """Waits until the container's names are answered. Raises Unavailable, and what nft.apply does."""
        self.settle()
        with closing(self._lock):
            if self._resolver is None or self._peer is None:
                return
            with self._peer:
                self._resolver.finish()
                if not _is_taken(self._peer):
                    raise Unavailable(f"the resolver of the network {self._network} ended at once")


def serve(
    folder: str,
    network: str,
    container: str,
    namespace: int,
    life: int,
    kept: int,
    *,
    upstream: Sequence[str] | None = None,
    grace: float = GRACE,
    log: int = -1,
) -> Serving:
    """Have names answered in the network namespace open as `namespace`, and the container's own names known, as long as
    somebody has the other end of the pipe `life`; `kept` is held so long. Where no resolver runs yet for the network,
    one gets ready while we do other things.

    folder: of the network, where the file NAMES is (see document.py) and a socket of the resolver's will be. network:
    its name, for lists of processes. container: its ID. upstream: servers of the container's own, in place of the
    network's. log: where a resolver that is started complains. Raises Unavailable, Unsupported without nftables.
    """
    about = marshal.dumps({"container": container, "upstream": None if upstream is None else tuple(upstream)})
    datagrams, listener = _listen(namespace)
    with datagrams, listener:
        serving = Serving(network, _lock(folder))
        try:
            serving.lead(namespace, datagrams, listener)
            serving.begin(folder, about, (datagrams.fileno(), listener.fileno(), life, kept), grace, log)
        except BaseException:
            serving.abandon()
            raise
    return serving


def _lock(folder: str) -> IO[bytes]:
    """Of two that find no resolver, one starts it."""
    file = open(f"{folder}/{_LOCK}", "ab")  # noqa: SIM115
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _listen(namespace: int) -> tuple[socket.socket, socket.socket]:
    """At ports that are free; rules in the namespace lead there who asks at PORT. If we had that one ourselves, no
    server of names in the container could."""
    with Inside("network", namespace):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            datagrams.bind((ADDRESS, 0))
            listener.bind((ADDRESS, 0))
            listener.listen(_QUEUE)
        except BaseException:
            datagrams.close()
            listener.close()
            raise
    return datagrams, listener


def _rules(datagrams: int, streams: int) -> str:
    """In the place of those that may be there, of a resolver that was killed."""
    return f"""
        table inet {_TABLE}
        delete table inet {_TABLE}
        table inet {_TABLE} {{
            chain output {{
                type nat hook output priority -100;
                ip daddr {ADDRESS} udp dport {PORT} dnat ip to {ADDRESS}:{datagrams}
                ip daddr {ADDRESS} tcp dport {PORT} dnat ip to {ADDRESS}:{streams}
            }}
        }}
    """


def _hand_over(folder: str, about: bytes, descriptors: Sequence[int]) -> bool:
    """Whether one is there and has taken them. One that ends just now refuses, or hangs up without a word."""
    try:
        with _tell(folder, about, descriptors) as peer:
            return _is_taken(peer)
    except (FileNotFoundError, ConnectionError):
        return False


def _tell(folder: str, about: bytes, descriptors: Sequence[int]) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with _near(folder) as path:
            peer.connect(path)
        socket.send_fds(peer, [about], descriptors)
    except OSError:
        peer.close()
        raise
    return peer


def _is_taken(peer: socket.socket) -> bool:
    try:
        return bool(peer.recv(_ANSWER_SIZE))
    except ConnectionError:
        return False


def _start(folder: str, network: str, grace: float, log: int) -> Companion:
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
    return resolver


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
