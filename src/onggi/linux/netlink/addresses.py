"""The addresses of links, of both families (linux/if_addr.h). Written as 10.88.0.2/16."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from onggi.errors import Invalid
from onggi.linux.netlink import links, messages
from onggi.linux.netlink.messages import attribute, number
from onggi.linux.netlink.wire import CREATE, EXCLUSIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.netlink.wire import Netlink

_NEW, _GET = 20, 22  # RTM_…ADDR
_ADDRESS, _LOCAL, _BROADCAST, _FLAGS = 1, 2, 4, 8  # IFA_
_AT_ONCE = 0x2  # IFA_F_NODAD: nobody else can have it, so it is not asked for, which would take a second or two
BITS = {AF_INET: 32, AF_INET6: 128}


def add(netlink: Netlink, link: str, address: str) -> None:
    """Raises NotFound without the link, Conflict if it has the address, Denied if IPv6 is off there."""
    family, prefix, value = parse(address)
    body = messages.ADDRESS.pack(family, prefix, 0, 0, links.index(netlink, link))
    body += attribute(_LOCAL, value) + attribute(_ADDRESS, value) + number(_FLAGS, _AT_ONCE)
    if family == AF_INET and prefix < 31:  # else there is none (RFC 3021)
        body += attribute(_BROADCAST, _last(value, prefix))
    netlink.change(f"cannot give {link} the address {address}", _NEW, body, CREATE | EXCLUSIVE)


def of(netlink: Netlink, link: str) -> list[str]:
    """As they are written, IPv4 first."""
    which = links.index(netlink, link)
    bodies = netlink.dump(f"cannot list the addresses of {link}", _GET, messages.ADDRESS.pack(0, 0, 0, 0, which))
    return [_address(body) for body in bodies]


def every(netlink: Netlink) -> list[tuple[int, str]]:
    """Of all links: the link's index and the address."""
    bodies = netlink.dump("cannot list the addresses", _GET, messages.ADDRESS.pack(0, 0, 0, 0, 0))
    return [(messages.head(messages.ADDRESS, body)[0][4], _address(body)) for body in bodies]


def parse(text: str) -> tuple[int, int, bytes]:
    """Family, length of the prefix and address of ADDRESS[/LENGTH]. Raises Invalid."""
    host, slash, length = text.partition("/")
    family = AF_INET6 if ":" in host else AF_INET
    try:
        value = inet_pton(family, host)
        prefix = int(length) if slash else BITS[family]
    except (OSError, ValueError) as error:
        raise Invalid(f"{text!r} is no address", hint="write it as in 10.88.0.2/16 or fd00::2/64") from error
    if not 0 <= prefix <= BITS[family]:
        raise Invalid(f"{text!r}: a prefix of {prefix} bits, where {BITS[family]} are the most")
    return family, prefix, value


def _last(value: bytes, prefix: int) -> bytes:
    """Of the network."""
    return (int.from_bytes(value, "big") | (1 << (32 - prefix)) - 1).to_bytes(4, "big")


def _address(body: bytes) -> str:
    (family, prefix, _, _, _), found = messages.head(messages.ADDRESS, body)
    return f"{inet_ntop(family, found.get(_LOCAL, found[_ADDRESS]))}/{prefix}"
