"""The rows of networks, with what this host can reach to keep their subnets away from."""

from __future__ import annotations

from onggi.store.networks import Networks
from onggi.store.store import Store


def rows(store: Store) -> Networks:
    return store.networks(_routes)


def _routes() -> list[str]:
    """The host's destinations, of both families."""
    from socket import AF_INET, AF_INET6

    from onggi.linux.netlink import Netlink, routes

    with Netlink() as netlink:
        return [route.destination for family in (AF_INET, AF_INET6) for route in routes.of(netlink, family)]
