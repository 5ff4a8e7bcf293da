"""The bytes of rtnetlink: messages, what stands at their head, and attributes (netlink(7), rtnetlink(7)).

    message    length, kind, flags, sequence, port │ head │ attribute …
    attribute  length, kind │ value, or attributes of its own

All is padded to four bytes and in the machine's order. Pure: values in, bytes out, and back.
"""

from __future__ import annotations

import sys
from struct import Struct, error, pack

from onggi.errors import Corrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MESSAGE = Struct("=IHHII")  # struct nlmsghdr
_ATTRIBUTE = Struct("=HH")  # struct nlattr
LINK = Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, which of them are meant
ADDRESS = Struct("=BBBBI")  # struct ifaddrmsg: family, prefix, flags, scope, index
ROUTE = Struct("=BBBBBBBBI")  # struct rtmsg: family, prefix, of source, tos, table, protocol, scope, type, flags

_NESTED = 0x8000  # NLA_F_NESTED
_KIND = 0x3FFF  # without that flag and NLA_F_NET_BYTEORDER


class Message:
    """One message: `body` is its head and its attributes."""

    __slots__ = ("body", "flags", "kind", "sequence")

    def __init__(self, kind: int, flags: int, sequence: int, body: bytes) -> None:
        self.kind = kind
        self.flags = flags
        self.sequence = sequence
        self.body = body


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    return _padded(_MESSAGE.pack(_MESSAGE.size + len(body), kind, flags, sequence, 0) + body)


def messages(data: bytes) -> Iterator[Message]:
    """Those that came together. Raises Corrupt."""
    rest = data
    while rest:
        length, kind, flags, sequence, _ = _unpack(_MESSAGE, rest)
        yield Message(kind, flags, sequence, _cut(rest, _MESSAGE.size, length))
        rest = rest[_aligned(length) :]


def attribute(kind: int, value: bytes) -> bytes:
    return _padded(_ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value)


def number(kind: int, value: int) -> bytes:
    """An attribute of 32 bits without a sign."""
    return attribute(kind, pack("=I", value))


def text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode("utf-8", "surrogateescape") + b"\0")


def nest(kind: int, *inner: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(inner))


def attributes(data: bytes) -> dict[int, bytes]:
    """Kind → value. Raises Corrupt."""
    found = {}
    rest = data
    while rest:
        length, kind = _unpack(_ATTRIBUTE, rest)
        found[kind & _KIND] = _cut(rest, _ATTRIBUTE.size, length)
        rest = rest[_aligned(length) :]
    return found


def as_number(value: bytes) -> int:
    """0 of nothing."""
    return int.from_bytes(value, sys.byteorder)


def as_text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "surrogateescape")


def head(form: Struct, body: bytes) -> tuple[tuple[int, ...], dict[int, bytes]]:
    """The fields that a body begins with, and its attributes. Raises Corrupt."""
    return _unpack(form, body), attributes(body[_aligned(form.size) :])


def _unpack(form: Struct, data: bytes) -> tuple[int, ...]:
    try:
        return form.unpack_from(data)
    except error as reason:
        raise Corrupt(f"{len(data)} bytes of netlink, where {form.size} were expected") from reason


def _cut(data: bytes, start: int, end: int) -> bytes:
    if not start <= end <= len(data):
        raise Corrupt(f"a length of {end} in netlink, where {start} to {len(data)} can be")
    return data[start:end]


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _padded(data: bytes) -> bytes:
    return data + bytes(_aligned(len(data)) - len(data))
