"""What a container asks of networks, checked and in the one way to write it: `Networking` → `Networking`.

Errors begin with Docker's words (docker/cli, command/container/opts.go; moby, daemon/container_operations.go). What
depends on the networks themselves is looked at when the container gets its places there (attachment.require_fit).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import astuple, replace

from onggi.container.network import port
from onggi.container.network.port import PortBinding
from onggi.container.spec import DEFAULT_NETWORK, OF_CONTAINER, Attachment, Dns, Networking
from onggi.errors import Invalid

_ALIAS_OF_DEFAULT = "default"
"""What Docker's clients call the default network."""


def complete(asked: Networking, *, exposed: Iterable[str]) -> Networking:
    """Who names a network is in it, and every address and name is one. `exposed` is what the container listens on
    (`80/tcp`). Raises Invalid, Unsupported for a port that can not be published."""
    attachments = _attachments(asked)
    mode = attachments[0].network
    if is_own(mode):
        attachments = tuple(map(_checked, attachments)) if asked.attachments else attachments
    else:
        _require_alone(attachments)
        attachments = ()
    ports = port.merge(each for binding in asked.ports for each in port.parse(port.spell(binding)))
    for binding in port.publish_all(ports, exposed if asked.publishes_all else ()):
        port.require_relayed(binding)
    dns = asked.dns if asked.dns == Dns() else _dns(asked.dns)
    return replace(asked, mode=mode, attachments=attachments, ports=ports, dns=dns)


def is_own(mode: str) -> bool:
    """Whether it names a network, rather than saying whose network namespace the container shares, or that it has one
    without networks."""
    return mode not in ("none", "host") and not mode.startswith(OF_CONTAINER)


def exposed_by(ports: Iterable[PortBinding]) -> set[str]:
    """What is published is exposed too."""
    return {binding.private for binding in ports}


def _attachments(asked: Networking) -> tuple[Attachment, ...]:
    """With the mode among them, which is the first. Raises Invalid where one comes twice."""
    found = tuple(replace(each, network=_known(each.network)) for each in asked.attachments)
    mode = _known(asked.mode)
    if not found or (mode != "none" and mode not in [each.network for each in found]):
        found = (Attachment(network=mode), *found)
    _require_different([each.network for each in found])
    return found


def _known(network: str) -> str:
    if not network.strip():
        raise Invalid("no name set for network", hint="`onggi network ls` shows all")
    if network == OF_CONTAINER:
        raise Invalid(
            "invalid network mode: invalid container format container:<name|id>", hint="`onggi ps` lists who runs"
        )
    return DEFAULT_NETWORK if network == _ALIAS_OF_DEFAULT else network


def _require_different(networks: Sequence[str]) -> None:
    for number, network in enumerate(networks):
        if network in networks[:number]:
            raise Invalid(f'network "{network}" is specified multiple times', hint="a container is in a network once")
    others = [network for network in networks if not is_own(network)]
    if others and len(networks) > 1:
        raise Invalid(
            "conflicting options: cannot attach both user-defined and non-user-defined network-modes",
            hint=f"--network {others[0]} cannot be combined with another one",
        )


def _require_alone(attachments: Sequence[Attachment]) -> None:
    """Nothing can be had of a network where there is none."""
    (alone,) = attachments
    hint = f"with --network {alone.network} it has no link of its own to a network"
    if alone.mac:
        raise Invalid("conflicting options: mac-address and the network mode", hint=hint)
    if alone.ipv4 or alone.ipv6:
        raise Invalid("user specified IP address is supported on user defined networks only", hint=hint)
    if alone.aliases:
        raise Invalid(
            "network-scoped alias is supported only for containers in user defined networks",
            hint=hint,
        )


def _checked(asked: Attachment) -> Attachment:
    from onggi.container.network.attachment import attachment  # late: who is in the default network needs none of it

    return attachment(*astuple(asked))


def _dns(dns: Dns) -> Dns:
    from onggi.container.network import resolving

    return resolving.checked(dns)
