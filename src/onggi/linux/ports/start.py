"""The engine's side of the port keeper."""

from __future__ import annotations

import marshal
import socket
from collections.abc import Sequence
from itertools import islice

from onggi.errors import Unavailable
from onggi.linux.bare import MOST_AT_ONCE
from onggi.linux.companion import Companion
from onggi.linux.ports.listen import Listener

_NAME = "onggi-ports"


def start(
    container: str,
    listeners: Sequence[Listener],
    addresses: Sequence[str],
    life: int,
    kept: int,
    *,
    at_end: Sequence[Sequence[str]] = (),
    note: str = "",
    namespace: int = -1,
    log: int = -1,
) -> Companion:
    """A port keeper for a container, which gets ready while we do other things; `finish` waits for that.

    addresses: the container's, one of each family; where it has only one, the other's connections go there too. life:
    the read end of a pipe; the keeper ends when nobody has the other end any more, and holds `kept` to its end. at_end:
    programs to run then, each by its path; if none of them fails, the file `note` is removed. namespace: the network
    namespace from which it reaches the container, if that is not this one. The listeners are the keeper's from now on:
    close them here. Raises Unavailable.
    """
    keeper = Companion("onggi.linux.ports.keeper", _NAME, container, log=log)
    try:
        options = {"at_end": tuple(tuple(argv) for argv in at_end), "addresses": tuple(addresses), "note": note}
        given = [life, kept, *([namespace] if namespace >= 0 else ())]
        socket.send_fds(keeper.control, [marshal.dumps(options)], given)
        rest = iter(listeners)
        while batch := tuple(islice(rest, MOST_AT_ONCE)):
            words = tuple((each.binding.protocol, each.binding.container_port) for each in batch)
            socket.send_fds(keeper.control, [marshal.dumps(words)], [each.socket.fileno() for each in batch])
    except OSError as error:
        keeper.abandon()
        raise Unavailable(f"the port keeper of {container} ended: {error.strerror}") from error
    return keeper


def lead_to(addresses: Sequence[str]) -> bytes:
    """What to tell a keeper, so that it leads to other addresses of the container from now on. Without any it ends."""
    return f"{' '.join(addresses)}\n".encode()
