"""Packets between the bare processes, over sockets whose other end may go at any moment."""

from __future__ import annotations

import os
from _socket import CMSG_SPACE, SCM_RIGHTS, SOL_SOCKET, socket
from struct import pack, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 64 * 1024
MOST_DESCRIPTORS = 8
MOST_OF_ALL = 253  # descriptors in one packet that the kernel takes (SCM_MAX_FD)


def send(peer: socket, message: bytes, descriptors: Sequence[int] = ()) -> None:
    """To a peer that may have gone: then nobody is there to be told."""
    rights = [(SOL_SOCKET, SCM_RIGHTS, pack(f"{len(descriptors)}i", *descriptors))] if descriptors else []
    try:
        peer.sendmsg([message], rights)
    except (BrokenPipeError, ConnectionResetError):
        pass


def receive(
    peer: socket, most: int = LONGEST, most_descriptors: int = MOST_DESCRIPTORS
) -> tuple[bytes, tuple[int, ...]]:
    """A message of at most so many bytes, and the descriptors that came with it, closed on exec; b"" once the peer has
    gone."""
    try:
        message, ancillary, _, _ = peer.recvmsg(most, CMSG_SPACE(4 * most_descriptors))
    except ConnectionResetError:
        # It went without reading what we sent. That is told first, and only once: what it had sent comes after.
        return receive(peer, most, most_descriptors)
    return message, _descriptors(ancillary)


def receive_into(peer: socket, buffer: bytearray) -> tuple[int, tuple[int, ...]]:
    """The same, with the bytes at the beginning of `buffer`: how many, and the descriptors."""
    try:
        size, ancillary, _, _ = peer.recvmsg_into([buffer], CMSG_SPACE(4 * MOST_DESCRIPTORS))
    except ConnectionResetError:
        return receive_into(peer, buffer)
    return size, _descriptors(ancillary)


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> tuple[int, ...]:
    descriptors: tuple[int, ...] = ()
    for _, _, data in ancillary:
        descriptors += unpack(f"{len(data) // 4}i", data)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return descriptors
