"""Who is at the other end of a connection, as the server's log has it."""

from __future__ import annotations

import asyncio
import socket
import struct

_CREDENTIALS = struct.Struct("iII")


def name(transport: asyncio.BaseTransport) -> str:
    """The process at the other end, the name that its certificate has, or where it comes from. To be asked as long as
    it is connected."""
    certificate = transport.get_extra_info("peercert")
    if certificate:
        subject = dict(pair for part in certificate.get("subject", ()) for pair in part)
        return f"{host(transport)} {subject.get('commonName', '-')!a}"
    connection = transport.get_extra_info("socket")
    if connection.family != socket.AF_UNIX:
        return host(transport)
    try:
        packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return "-"  # it has gone
    pid, uid, _ = _CREDENTIALS.unpack(packed)
    return f"uid={uid} pid={pid}"


def host(transport: asyncio.BaseTransport) -> str:
    """Its host's address; `-` where it has gone before it was asked."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else "-"
