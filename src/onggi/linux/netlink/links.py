"""Links: bridges, veth pairs, macvlan (linux/if_link.h). Each verb does one thing in the namespace of its socket."""

from __future__ import annotations

from onggi.errors import NotFound
from onggi.linux.netlink import messages
from onggi.linux.netlink.messages import as_number, as_text, attribute, attributes, nest, number, text
from onggi.linux.netlink.wire import CREATE, EXCLUSIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.netlink.wire import Netlink

_NEW, _DELETE, _GET, _SET = 16, 17, 18, 19  # RTM_…LINK
_UP = 0x1  # IFF_UP
_ADDRESS, _NAME, _MTU, _LOWER, _MASTER, _INFO, _FAMILIES, _GROUP, _NAMESPACE = 1, 3, 4, 5, 10, 18, 26, 27, 28  # IFLA_
_KIND, _DATA, _PORT_KIND, _PORT_DATA = 1, 2, 4, 5  # IFLA_INFO_
_PEER = 1  # VETH_INFO_PEER
_MODE = 1  # IFLA_MACVLAN_MODE
_ISOLATED = 33  # IFLA_BRPORT_ISOLATED
_INET, _SETTINGS, _ROUTE_LOCALNET = 2, 1, 26  # AF_INET, IFLA_INET_CONF, IPV4_DEVCONF_ROUTE_LOCALNET
MODES = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}
"""Of macvlan: what may talk to its neighbours on the same link, and how."""


class Link:
    """`kind` is the kernel's word, "" for a real one; `mac` is written 02:42:0a:58:00:02; `master` is the index of the
    bridge that it is a port of, or 0; `group` is a number that rules can ask for, 0 for most."""

    __slots__ = ("group", "index", "is_up", "kind", "mac", "master", "mtu", "name")

    def __init__(
        self, index: int, name: str, kind: str, mac: str, mtu: int, master: int, group: int, is_up: bool
    ) -> None:
        self.index = index
        self.name = name
        self.kind = kind
        self.mac = mac
        self.mtu = mtu
        self.master = master
        self.group = group
        self.is_up = is_up


def add_bridge(netlink: Netlink, name: str, *, mac: str = "", mtu: int = 0, group: int = 0) -> None:
    """One without a `mac` of its own has that of one of its ports, and another when that goes. Raises Conflict."""
    body = _head(name, *_shape(mac, mtu), number(_GROUP, group), _info("bridge"))
    netlink.change(f"cannot make the bridge {name}", _NEW, body, CREATE | EXCLUSIVE)


def add_veth(netlink: Netlink, name: str, peer: str, namespace: int, *, mac: str = "", mtu: int = 0) -> None:
    """A pair: `name` here, `peer` in the namespace that the descriptor names, which gets the `mac`. Raises Conflict."""
    other = _head(peer, *_shape(mac, mtu), number(_NAMESPACE, namespace))
    body = _head(name, *_shape("", mtu), _info("veth", nest(_PEER, other)))
    netlink.change(f"cannot make the pair of links {name} and {peer}", _NEW, body, CREATE | EXCLUSIVE)


def add_macvlan(
    netlink: Netlink, name: str, lower: str, namespace: int, *, mode: str = "bridge", mac: str = "", mtu: int = 0
) -> None:
    """`name` in the namespace that the descriptor names, with an address of its own on the link `lower` from here.
    Raises NotFound without `lower`, Conflict, Unsupported where the kernel has no macvlan, Invalid for its link."""
    body = _head(
        name,
        *_shape(mac, mtu),
        number(_LOWER, index(netlink, lower)),
        number(_NAMESPACE, namespace),
        _info("macvlan", number(_MODE, MODES[mode])),
    )
    netlink.change(f"cannot make the macvlan {name} on {lower}", _NEW, body, CREATE | EXCLUSIVE)


def set_up(netlink: Netlink, name: str) -> None:
    netlink.change(f"cannot set {name} up", _SET, _head(name, flags=_UP, meant=_UP))


def set_master(netlink: Netlink, name: str, bridge: str, *, is_isolated: bool = False) -> None:
    """Make it a port of the bridge. An isolated port reaches the host, but no other isolated one."""
    doing = f"cannot make {name} a port of {bridge}"
    netlink.change(doing, _SET, _head(name, number(_MASTER, index(netlink, bridge))))
    if is_isolated:
        port = nest(_INFO, text(_PORT_KIND, "bridge"), nest(_PORT_DATA, attribute(_ISOLATED, b"\1")))
        netlink.change(doing, _NEW, _head(name, port))


def route_loopback(netlink: Netlink, name: str) -> None:
    """Let packets of 127.0.0.0/8 be sent to the link (net.ipv4.conf.<name>.route_localnet): what is to keep those out
    that come from it are our rules."""
    settings = nest(_INET, nest(_SETTINGS, number(_ROUTE_LOCALNET, 1)))
    netlink.change(f"cannot route 127.0.0.0/8 to {name}", _SET, _head(name, nest(_FAMILIES, settings)))


def delete(netlink: Netlink, name: str) -> None:
    """With a veth goes its peer, wherever that is. Raises NotFound."""
    netlink.change(f"cannot delete the link {name}", _DELETE, _head(name))


def find(netlink: Netlink, name: str) -> Link | None:
    try:
        return _link(netlink.get(f"cannot find the link {name}", _GET, _head(name)))
    except NotFound:
        return None


def index(netlink: Netlink, name: str) -> int:
    """Raises NotFound."""
    return _link(netlink.get(f"cannot find the link {name}", _GET, _head(name))).index


def every(netlink: Netlink) -> list[Link]:
    return [_link(body) for body in netlink.dump("cannot list the links", _GET, messages.LINK.pack(0, 0, 0, 0, 0))]


def _head(name: str, *inner: bytes, flags: int = 0, meant: int = 0) -> bytes:
    return messages.LINK.pack(0, 0, 0, flags, meant) + text(_NAME, name) + b"".join(inner)


def _shape(mac: str, mtu: int) -> list[bytes]:
    """What is not given, the kernel chooses."""
    return [
        *([attribute(_ADDRESS, bytes.fromhex(mac.replace(":", "")))] if mac else ()),
        *([number(_MTU, mtu)] if mtu else ()),
    ]


def _info(kind: str, *data: bytes) -> bytes:
    return nest(_INFO, text(_KIND, kind), *([nest(_DATA, *data)] if data else ()))


def _link(body: bytes) -> Link:
    (_, _, number, flags, _), found = messages.head(messages.LINK, body)
    info = attributes(found.get(_INFO, b""))
    return Link(
        number,
        as_text(found[_NAME]),
        as_text(info.get(_KIND, b"")),
        found.get(_ADDRESS, b"").hex(":"),
        as_number(found[_MTU]),
        as_number(found.get(_MASTER, b"")),
        as_number(found.get(_GROUP, b"")),
        bool(flags & _UP),
    )
