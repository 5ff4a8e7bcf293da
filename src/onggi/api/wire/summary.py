"""A line of `ps` as clients get it (moby, api/types/container, Summary)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field

from onggi.api.versions import Version
from onggi.container.spec import Tmpfs
from onggi.engine.container.mount_description import mount_point
from onggi.engine.types import ContainerSummary

_KEPT = 8192
"""Each has about a kilobyte."""


class Port(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """Without `ip` it is one that is exposed, and not published."""

    private_port: int
    type: str
    ip: str = field(default="", name="IP")
    public_port: int = 0


class SummaryHostConfig(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    network_mode: str
    annotations: Mapping[str, str] = {}


class SummaryHealth(msgspec.Struct, frozen=True, rename="pascal"):
    """`failing_streak`: how many probes have failed since one has not."""

    status: str
    failing_streak: int


class SummaryNetworkSettings(msgspec.Struct, frozen=True, rename="pascal"):
    networks: Mapping[str, Any]


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """`created` in seconds since the epoch; sizes in bytes, where they were asked for."""

    id: str
    names: tuple[str, ...]
    image: str
    image_id: str = field(name="ImageID")
    command: str
    created: int
    ports: tuple[Port, ...]
    size_rw: int | None = None
    size_root_fs: int | None = None
    labels: Mapping[str, str]
    state: str
    status: str
    host_config: SummaryHostConfig
    network_settings: SummaryNetworkSettings
    health: SummaryHealth
    mounts: tuple[Mapping[str, Any], ...]


def of(container: ContainerSummary, volume: Callable[[str], str]) -> Summary:
    """`volume`: where a volume's data are, by its name."""
    return Summary(
        id=container.id,
        names=(f"/{container.name}",),
        image=container.image,
        image_id=container.image_id,
        command=_command(container.command),
        created=int(container.created),
        ports=_ports(container),
        size_rw=container.size,
        size_root_fs=container.virtual_size,
        labels=container.labels,
        state=container.state,
        status=container.status,
        host_config=SummaryHostConfig(container.network_mode, container.annotations),
        network_settings=SummaryNetworkSettings(container.endpoints),
        health=SummaryHealth(container.health or "none", container.failing_streak),
        mounts=tuple(mount_point(mount, volume) for mount in container.mounts if not isinstance(mount, Tmpfs)),
    )


class Summaries:
    """Encoded lines of `ps`, shared by all clients. One is used as long as the engine gives the same object; lines with
    sizes are not kept."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Version], tuple[ContainerSummary, msgspec.Raw]] = {}

    def encode(
        self,
        containers: Sequence[ContainerSummary],
        volume: Callable[[str], str],
        version: Version,
        fit: Callable[[Sequence[Summary]], Any],
    ) -> bytes:
        """All of them, as one document. See `of`. `fit` makes of a list what that version has of it."""
        known, found = self._known, []
        for container in containers:
            key = container.id, version
            before = known.get(key)
            if before is None or before[0] is not container:
                (fitted,) = fit([of(container, volume)])
                before = container, msgspec.Raw(msgspec.json.encode(fitted))
                if container.size is None:
                    known[key] = before
            found.append(before[1])
        if len(known) > _KEPT:
            self._known = {}  # most of it was of containers that are gone
        return msgspec.json.encode(found)


def _command(words: Sequence[str]) -> str:
    """As Docker writes it (daemon/list.go): what has a blank in it stands between quotes, but for the program."""
    program, *arguments = words or ("",)
    return " ".join((program, *(f"'{each}'" if " " in each else each for each in arguments)))


def _ports(container: ContainerSummary) -> tuple[Port, ...]:
    published = {binding.private for binding in container.ports}
    exposed = (port.partition("/") for port in container.exposed_ports if port not in published)
    return (
        *(
            Port(binding.container_port, binding.protocol, binding.host_ip, binding.host_port)
            for binding in container.ports
        ),
        *(Port(int(number), protocol) for number, _, protocol in exposed),
    )
