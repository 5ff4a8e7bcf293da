"""What trees of files travel in, whoever sends them (tonistiigi/fsutil, types/wire.proto)."""

from __future__ import annotations

from onggi.api.buildkit.grpc.status import INTERNAL, UNKNOWN, CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session.messages import hear
from onggi.api.buildkit.wire.session_pb2 import Packet


def hear_packet(stream: Stream) -> Packet:
    """Raises CallError, also where the client broke off, and for what it says went wrong."""
    packet = hear(stream, Packet)
    if packet is None:
        raise CallError(INTERNAL, "the client broke off")
    if packet.type == Packet.ERR:
        raise CallError(UNKNOWN, packet.data.decode(errors="replace"))
    return packet
