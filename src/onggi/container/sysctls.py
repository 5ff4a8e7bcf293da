"""Kernel parameters that a container may set: those of namespaces of its own, since all others are the host's
(docker/cli, opts.ValidateSysctl; runc, libcontainer/configs/validate)."""

from __future__ import annotations

from onggi.container.spec import ContainerSpec
from onggi.errors import Conflict, Invalid

_OF_IPC = {
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
}
_HINT = "it may set net.*, fs.mqueue.*, and of kernel.* " + ", ".join(
    sorted(name.removeprefix("kernel.") for name in _OF_IPC)
)


def check(spec: ContainerSpec) -> None:
    """Raises Invalid for a parameter that no container may set, Conflict for one of a namespace that is the host's."""
    for name in spec.sysctls:
        if name.startswith("net."):
            whose, is_hosts = "network", spec.networking.mode == "host"
        elif name in _OF_IPC or name.startswith("fs.mqueue."):
            whose, is_hosts = "ipc", spec.namespaces.ipc == "host"
        else:
            raise Invalid(f"sysctl {name!r} is not allowed", hint=_HINT)
        if is_hosts:
            raise Conflict(f"sysctl {name!r} is not allowed in the host's {whose} namespace, which all on it share")
