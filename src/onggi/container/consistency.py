"""What is asked of a container has to fit together (moby, runconfig/hostconfig_unix.go and daemon/container.go)."""

from __future__ import annotations

from collections.abc import Callable

from onggi.container import namespaces, sysctls
from onggi.container.extra_hosts import GATEWAY, asks_gateway
from onggi.container.spec import ContainerSpec, Dns
from onggi.errors import Invalid

_OTHERS = "is that of the container whose network it shares"


def check(spec: ContainerSpec) -> None:
    """Raises Invalid for what excludes one another, and as `sysctls.check`."""
    for is_wrong, message, hint in _CONFLICTS:
        if is_wrong(spec):
            raise Invalid(f"conflicting options: {message}", hint=hint)
    sysctls.check(spec)


def _shares_network(spec: ContainerSpec) -> bool:
    return bool(namespaces.other(spec.networking.mode))


_CONFLICTS: tuple[tuple[Callable[[ContainerSpec], bool], str, str], ...] = (
    (
        lambda spec: spec.auto_remove and spec.restart.name != "no",
        "cannot specify both --restart and --rm",
        "what is removed cannot start again",
    ),
    (
        lambda spec: spec.namespaces.uts == "host" and bool(spec.hostname),
        "hostname and the UTS mode",
        "with --uts host its host name is the host's",
    ),
    (
        lambda spec: spec.namespaces.uts == "host" and bool(spec.domain_name),
        "domain name and the UTS mode",
        "with --uts host its domain is the host's",
    ),
    (
        lambda spec: spec.networking.mode == "none" and not spec.networking.is_attached and asks_gateway(spec.hosts),
        f"{GATEWAY} and the network mode",
        "on --network none there is no way to the host; networks and --network host have one",
    ),
    (
        lambda spec: _shares_network(spec) and bool(spec.hostname),
        "hostname and the network mode",
        f"its host name {_OTHERS}",
    ),
    (
        lambda spec: _shares_network(spec) and bool(spec.domain_name),
        "domain name and the network mode",
        f"its domain {_OTHERS}",
    ),
    (
        lambda spec: _shares_network(spec) and spec.networking.dns != Dns(),
        "dns and the network mode",
        f"whom it asks for names {_OTHERS}",
    ),
    (
        lambda spec: _shares_network(spec) and bool(spec.hosts),
        "custom host-to-IP mapping and the network mode",
        f"its /etc/hosts {_OTHERS}",
    ),
    (
        lambda spec: _shares_network(spec) and bool(spec.networking.ports or spec.networking.publishes_all),
        "port publishing and the container type network mode",
        "publish the ports of the container whose network it shares",
    ),
    (
        lambda spec: _shares_network(spec) and bool(spec.exposed_ports),
        "port exposing and the container type network mode",
        "expose the ports of the container whose network it shares",
    ),
)
"""When it is wrong, what excludes one another, and why."""
