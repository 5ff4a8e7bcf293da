"""What Docker has and onggi does not have yet: asked for, it is refused by name rather than called unknown."""

from __future__ import annotations

from collections.abc import Mapping


def _by_name(names: Mapping[str, str]) -> dict[str, str]:
    """What is to come, and the names that it brings → each name, and what it belongs to."""
    return {name: what for what, several in names.items() for name in several.split()}


COMMANDS = _by_name(
    {
        "the rest of a container's life": "attach commit cp create diff exec pause port rename restart start stats top "
        "unpause update",
        "registries": "login logout manifest pull push search",
        "this group of commands": "buildx compose network volume",
    }
)

RUN = _by_name(
    {
        "published ports": "-p --publish -P --publish-all --expose",
        "limits": "-m --memory --memory-reservation --memory-swap --pids-limit --ulimit -c --cpus --cpu-shares "
        "--cpuset-cpus --blkio-weight --shm-size",
        "networks other than the host's and none": "--dns --dns-search --add-host --ip --link --network-alias "
        "--domainname",
        "running health checks": "--health-cmd --health-interval --health-retries --health-timeout",
        "volumes": "--volumes-from --volume-driver",
        "restart policies": "--restart",
        "attaching to single streams": "-a --attach",
        "this option": "--device --gpus --sysctl --userns --pid --ipc --uts --cgroupns",
    }
)

BUILD = _by_name(
    {
        "attestations": "--attest --provenance --sbom",
        "limits of steps": "-m --memory --memory-swap --cpu-period --cpu-quota --cpu-shares --cpuset-cpus "
        "--cpuset-mems --cgroup-parent",
        "this option": "--no-cache-filter --security-opt --isolation",
    }
)


def refusal(name: str, what: str) -> str:
    """What to tell: `-p is not there yet: published ports will come with a later version`."""
    return f"{name} is not there yet: {what} will come with a later version"
