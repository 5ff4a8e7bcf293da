"""What is asked of a container has to fit together (moby, runconfig/hostconfig_unix.go and daemon/container.go)."""

from __future__ import annotations

from collections.abc import Callable

from onggi.container import sysctls
from onggi.container.extra_hosts import GATEWAY
from onggi.container.spec import ContainerSpec
from onggi.errors import Conflict


def check(spec: ContainerSpec) -> None:
    """Raises Conflict for what excludes one another, and as `sysctls.check`."""
    for is_wrong, message, hint in _CONFLICTS:
        if is_wrong(spec):
            raise Conflict(f"conflicting options: {message}", hint=hint)
    sysctls.check(spec)


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
        lambda spec: spec.networking.mode == "none" and any(host.endswith(f":{GATEWAY}") for host in spec.hosts),
        f"{GATEWAY} and the network mode",
        "on --network none there is no way to the host; --network host has one",
    ),
)
"""When it is wrong, what excludes one another, and why."""
