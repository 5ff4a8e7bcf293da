"""The steps of a NetPlan that lead into a container's network namespace, each done by a line or two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from onggi.container.network import plan
from onggi.errors import Conflict, NotFound, Unavailable
from onggi.linux.netlink import Netlink, addresses, links, routes


class Place:
    """Sockets in the host's network namespace and in the container's, which is open as `namespace`."""

    def __init__(self, outside: Netlink, inside: Netlink, namespace: int) -> None:
        self.outside = outside
        self.inside = inside
        self.namespace = namespace


def do(step: plan.Step, place: Place) -> None:
    _DOERS[type(step)](step, place)


def undo(step: plan.Veth | plan.Macvlan, place: Place) -> None:
    """The link goes, with its addresses and routes, if it is there."""
    with suppress(NotFound):
        if isinstance(step, plan.Veth):
            links.delete(place.outside, step.outer)
        else:
            links.delete(place.inside, step.link)


def _pair(step: plan.Veth, place: Place) -> None:
    try:
        _add_pair(step, place)
    except Conflict:  # of a namespace whose end takes the kernel a while, or of a process that was killed
        undo(step, place)
        _add_pair(step, place)
    links.set_master(place.outside, step.outer, step.bridge, is_isolated=step.is_isolated)
    links.set_up(place.outside, step.outer)


def _add_pair(step: plan.Veth, place: Place) -> None:
    links.add_veth(place.outside, step.outer, step.link, place.namespace, mac=step.mac, mtu=step.mtu)


def _macvlan(step: plan.Macvlan, place: Place) -> None:
    parent = links.find(place.outside, step.parent)
    if parent and not parent.is_up:
        raise Unavailable(
            f"this host's link {step.parent} is down, and a macvlan on it reaches nobody",
            hint=f"`ip link set {step.parent} up` sets it up",
        )
    links.add_macvlan(
        place.outside, step.link, step.parent, place.namespace, mode=step.mode, mac=step.mac, mtu=step.mtu
    )


_DOERS: Mapping[type, Callable[[Any, Place], None]] = {
    plan.Veth: _pair,
    plan.Macvlan: _macvlan,
    plan.Address: lambda step, place: addresses.add(place.inside, step.link, step.address),
    plan.Up: lambda step, place: links.set_up(place.inside, step.link),
    plan.Route: lambda step, place: routes.replace(place.inside, step.link, step.destination, step.gateway),
}
