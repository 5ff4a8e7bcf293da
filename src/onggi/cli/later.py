"""What Docker has and onggi does not have yet: asked for, it is refused by name rather than called unknown."""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("attach", "commit", "cp", "create", "diff", "exec", "pause", "port"), "the rest of a container's life"
    ),
    **dict.fromkeys(
        ("rename", "restart", "start", "stats", "top", "unpause", "update"), "the rest of a container's life"
    ),
    **dict.fromkeys(("login", "logout", "manifest", "pull", "push", "search"), "registries"),
    **dict.fromkeys(("builder", "buildx", "compose", "events", "network", "volume"), "this group of commands"),
}

_LIMITS = "limits"
_PORTS = "published ports"
_NETWORKS = "networks other than the host's and none"
_HEALTH = "running health checks"
_VOLUMES = "volumes"

RUN: Mapping[str, str] = {
    **dict.fromkeys(("-p", "--publish", "-P", "--publish-all", "--expose"), _PORTS),
    **dict.fromkeys(("-m", "--memory", "--memory-reservation", "--memory-swap", "--pids-limit", "--ulimit"), _LIMITS),
    **dict.fromkeys(("-c", "--cpus", "--cpu-shares", "--cpuset-cpus", "--blkio-weight", "--shm-size"), _LIMITS),
    **dict.fromkeys(
        ("--dns", "--dns-search", "--add-host", "--ip", "--link", "--network-alias", "--domainname"), _NETWORKS
    ),
    **dict.fromkeys(("--health-cmd", "--health-interval", "--health-retries", "--health-timeout"), _HEALTH),
    **dict.fromkeys(("--volumes-from", "--volume-driver"), _VOLUMES),
    **dict.fromkeys(("--restart",), "restart policies"),
    **dict.fromkeys(("-a", "--attach"), "attaching to single streams"),
    **dict.fromkeys(("--platform",), "images of other platforms"),
    **dict.fromkeys(
        ("--device", "--gpus", "--sysctl", "--userns", "--pid", "--ipc", "--uts", "--cgroupns"), "this option"
    ),
}

BUILD: Mapping[str, str] = {
    **dict.fromkeys(("--secret", "--ssh"), "RUN --mount and what it shows to a step"),
    **dict.fromkeys(("--cache-from", "--cache-to", "--push"), "registries and shared caches"),
    **dict.fromkeys(("-o", "--output", "--load"), "outputs other than the store"),
    **dict.fromkeys(("--platform",), "building for other platforms"),
    **dict.fromkeys(
        ("--build-context", "--add-host", "--shm-size", "--ulimit", "--squash", "--annotation"), "this option"
    ),
    **dict.fromkeys(("--check", "--call"), "the linter"),
}


def refusal(name: str, what: str) -> str:
    """What to tell: `-p is not there yet: published ports will come with a later version`."""
    return f"{name} is not there yet: {what} will come with a later version"
