"""Which namespaces a process has of its own, which are another container's, and which the host's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onggi.container.host import Host
from onggi.container.spec import OF_CONTAINER, ContainerSpec
from onggi.container.step import StepNetwork
from onggi.errors import Unsupported

SHARED = ("pid", "ipc", "network")
"""The kinds that can be another container's."""


def mode(spec: ContainerSpec, kind: str) -> str:
    """What is asked of one of those."""
    return {"pid": spec.namespaces.pid, "ipc": spec.namespaces.ipc, "network": spec.networking.mode}[kind]


def other(mode: str) -> str:
    """The container whose namespace `mode` asks for; "" if it is nobody's."""
    return mode.removeprefix(OF_CONTAINER) if mode.startswith(OF_CONTAINER) else ""


def of(container: str) -> str:
    """The mode that asks for that container's."""
    return OF_CONTAINER + container


def own(spec: ContainerSpec, host: Host) -> tuple[str, ...]:
    """Those that are made for a container, but for the cgroup namespace, which comes later. Raises Unsupported where
    the kernel has none."""
    asked = spec.namespaces
    modes = {"mount": "", "pid": asked.pid, "uts": asked.uts, "ipc": asked.ipc, "network": spec.networking.mode}
    kinds = tuple(
        kind
        for kind, mode in modes.items()
        if mode != "host" and not other(mode) and not (kind == "network" and spec.networking.is_attached)
    )
    _require((*kinds, *(("cgroup",) if asked.cgroup != "host" else ())), host)
    return kinds


def of_step(network: StepNetwork, host: Host) -> tuple[str, ...]:
    """As `own`, for a RUN step."""
    kinds = ("mount", "pid", "uts", "ipc", *(("network",) if network == "none" else ()))
    _require((*kinds, "cgroup"), host)
    return kinds


def joined(spec: ContainerSpec, homes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The kinds that are another container's, each with the folder of that one, from `homes`, by ID."""
    modes = ((kind, other(mode(spec, kind))) for kind in SHARED)
    return tuple((kind, homes[container]) for kind, container in modes if container in homes)


def _require(kinds: Iterable[str], host: Host) -> None:
    for kind in kinds:
        if kind not in host.namespaces:
            raise Unsupported(
                f"this kernel has no {kind} namespaces, so a container would not be isolated",
                hint="`onggi doctor` tells what this host can isolate",
            )
