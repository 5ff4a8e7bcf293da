"""The engine's side of the resolver: sockets in a container's network namespace, given to it, which is started where it
does not run."""

from __future__ import annotations

import fcntl
import marshal
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

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
_SOCKET, _LOCK, NAMES_FILE = "resolver.sock", "resolver.lock", "names.json"
_QUEUE = 256
_ANSWER_SIZE = 16


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """A container, by its ID, and the IDs of the networks whose names it may ask for: in their order, a name is the
    first one's that has it. upstream: servers of its own, in place of the networks'."""

    container: str
    networks: tuple[str, ...]
    upstream: tuple[str, ...] | None = None


class Serving:
    """A container that is being served: questions wait in its sockets until the resolver is ready."""

    def __init__(self, leading: nft.Running, peer: socket.socket, resolver: Companion | None) -> None:
        self._leading = leading
        self._peer = peer
        self._resolver = resolver

    def abandon(self) -> None:
        """Whom we started others may need already. It ends by itself when nobody does."""
        self._leading.wait()
        with self._peer, suppress(Unavailable):
            if self._resolver:
                self._resolver.finish()

    def settle(self) -> None:
        """Waits until questions get there. Raises what nft.apply does."""
        self._leading.finish()

    def finish(self) -> None:
        """Waits until the container's names are answered. Raises Unavailable, and what nft.apply does."""
        self.settle()
        resolver, self._resolver = self._resolver, None
        with self._peer:
            if resolver:
                resolver.finish()
                if not _is_taken(self._peer):
                    raise Unavailable("the resolver of names ended at once")


def serve(
    folder: str, asker: Asker, namespace: int, life: int, kept: int, *, grace: float = GRACE, log: int = -1
) -> Serving:
    """Have names answered in the network namespace open as `namespace`, and the container's own names known, as long as
    somebody has the other end of the pipe `life`; `kept` is held so long. Where no resolver runs yet, one gets ready
    while we do other things.

    folder: of the networks, where each has a folder by its ID with the file NAMES_FILE (see document.py), and where a
    socket of the resolver's will be. log: where a resolver that is started complains. Raises Unavailable, Unsupported
    without nftables.
    """
    datagrams, listener = _listen(namespace)
    with datagrams, listener, ExitStack() as undo:
        leading = _lead(namespace, datagrams, listener)
        undo.callback(leading.wait)
        with _locked(folder):
            descriptors = (datagrams.fileno(), listener.fileno(), life, kept)
            resolver = None
            peer = _hand_over(folder, asker, descriptors)
            if peer is None:
                resolver = _start(folder, grace, log)
                undo.callback(resolver.abandon)
                peer = _tell(folder, asker, descriptors)
        undo.pop_all()
        return Serving(leading, peer, resolver)


def change(folder: str, asker: Asker) -> bool:
    """Its networks are others now. False if it is not being served."""
    if peer := _hand_over(folder, asker, ()):
        peer.close()
    return peer is not None


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Of two that find no resolver, one starts it. As soon as that listens the other can hand over, and waits."""
    with open(f"{folder}/{_LOCK}", "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


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


def _lead(namespace: int, datagrams: socket.socket, listener: socket.socket) -> nft.Running:
    """Who asks at PORT in the namespace is to come to the sockets."""
    text = _rules(datagrams.getsockname()[1], listener.getsockname()[1])
    with Inside("network", namespace):
        return nft.begin(text, "cannot lead to the resolver")


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


def _hand_over(folder: str, asker: Asker, descriptors: Sequence[int]) -> socket.socket | None:
    """The connection over which one that is there has taken them. One that ends just now refuses, or hangs up without a
    word."""
    try:
        peer = _tell(folder, asker, descriptors)
    except (FileNotFoundError, ConnectionError):
        return None
    if _is_taken(peer):
        return peer
    peer.close()
    return None


def _tell(folder: str, asker: Asker, descriptors: Sequence[int]) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with _near(folder) as path:
            peer.connect(path)
        socket.send_fds(peer, [marshal.dumps(msgspec.structs.asdict(asker))], descriptors)
    except OSError:
        peer.close()
        raise
    return peer


def _is_taken(peer: socket.socket) -> bool:
    try:
        return bool(peer.recv(_ANSWER_SIZE))
    except ConnectionError:
        return False


def _start(folder: str, grace: float, log: int) -> Companion:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        with _near(folder) as path:
            Path(path).unlink(missing_ok=True)
            listening.bind(path)
        listening.listen(_QUEUE)
        resolver = Companion("onggi.linux.resolver.server", _NAME, folder, log=log, folders=[_libraries()])
        try:
            about = {"folder": folder, "names": NAMES_FILE, "grace": grace}
            socket.send_fds(resolver.control, [marshal.dumps(about)], [listening.fileno()])
        except OSError as error:
            resolver.abandon()
            raise Unavailable(f"the resolver of names ended: {error.strerror}") from error
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
