"""A container as clients ask for it (moby, api/types/container) → ContainerSpec."""

from __future__ import annotations

import msgspec

from onggi.container.spec import ContainerSpec, Networking, Process


class HostConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is of the host rather than of the image."""

    network_mode: str = ""
    auto_remove: bool = False


class Create(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body of POST /containers/create."""

    image: str = ""
    hostname: str = ""
    user: str = ""
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    env: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None
    host_config: HostConfig | None = None


def spec(asked: Create) -> ContainerSpec:
    """Raises Invalid, Unsupported for a field that has no counterpart here."""
    host = asked.host_config or HostConfig()
    return ContainerSpec(
        image=asked.image,
        process=Process(
            entrypoint=asked.entrypoint,
            command=asked.cmd,
            environment=asked.env or (),
            user=asked.user,
            terminal=asked.tty,
            open_stdin=asked.open_stdin,
            keeps_stdin=asked.open_stdin and not asked.stdin_once,
        ),
        hostname=asked.hostname,
        labels=asked.labels or {},
        networking=Networking(mode=host.network_mode or "default"),
        auto_remove=host.auto_remove,
    )
