"""Routes of the main table (linux/rtnetlink.h)."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop

from onggi.errors import NotFound
from onggi.linux.netlink import links, messages
from onggi.linux.netlink.addresses import BITS, parse
from onggi.linux.netlink.messages import as_number, attribute, number
from onggi.linux.netlink.wire import CREATE, REPLACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.netlink.wire import Netlink

_NEW, _GET = 24, 26  # RTM_…ROUTE
_DESTINATION, _LINK, _GATEWAY, _TABLE = 1, 4, 5, 15  # RTA_
_MAIN, _BOOT, _EVERYWHERE, _ON_LINK, _UNICAST = 254, 3, 0, 253, 1  # RT_TABLE_, RTPROT_, RT_SCOPE_, RTN_
DEFAULT = {AF_INET: "0.0.0.0/0", AF_INET6: "::/0"}


class Route:
    """To the network `destination` by the link with that index, through `gateway`, or "" directly."""

    __slots__ = ("destination", "gateway", "link")

    def __init__(self, destination: str, gateway: str, link: int) -> None:
        self.destination = destination
        self.gateway = gateway
        self.link = link


def replace(netlink: Netlink, link: str, destination: str, gateway: str = "") -> None:
    """In place of the route that there is, if any, by whatever link. `destination` 0.0.0.0/0 or ::/0 is the default
    route. Raises NotFound without the link, Invalid if the gateway is not on the link."""
    family, prefix, value = parse(destination)
    scope = _EVERYWHERE if gateway or family == AF_INET6 else _ON_LINK
    body = messages.ROUTE.pack(family, prefix, 0, 0, _MAIN, _BOOT, scope, _UNICAST, 0)
    body += attribute(_DESTINATION, value) + number(_LINK, links.index(netlink, link))
    if gateway:
        body += attribute(_GATEWAY, parse(gateway)[2])
    doing = f"cannot add the route to {destination} on {link}" + (f" through {gateway}" if gateway else "")
    netlink.change(doing, _NEW, body, CREATE | REPLACE)


def of(netlink: Netlink, family: int = AF_INET) -> list[Route]:
    """Those of the main table, in the order of the kernel."""
    head = messages.ROUTE.pack(family, 0, 0, 0, _MAIN, 0, 0, 0, 0)
    try:
        return [_route(body) for body in netlink.dump("cannot list the routes", _GET, head + number(_TABLE, _MAIN))]
    except NotFound:  # there has never been a route, so the table is not there
        return []


def _route(body: bytes) -> Route:
    (family, prefix, *_), found = messages.head(messages.ROUTE, body)
    anywhere = bytes(BITS[family] // 8)
    return Route(
        f"{inet_ntop(family, found.get(_DESTINATION, anywhere))}/{prefix}",
        inet_ntop(family, found[_GATEWAY]) if _GATEWAY in found else "",
        as_number(found.get(_LINK, b"")),
    )
