"""What Docker has and onggi does not have, yet or for good: asked for, it is refused by name, with what to tell, rather
than called unknown."""

from __future__ import annotations

from collections.abc import Mapping


def _later(names: Mapping[str, str]) -> dict[str, str]:
    """What is to come, and the names that it brings → each name, and what to tell."""
    return {
        name: f"{name} is not there yet: {what} will come with a later version"
        for what, several in names.items()
        for name in several.split()
    }


def _never(names: Mapping[str, str]) -> dict[str, str]:
    """Why not, and the names that it holds for → each name, and what to tell."""
    return {name: f"there is no {name} here: {why}" for why, several in names.items() for name in several.split()}


COMMANDS = _later(
    {
        "this group of commands": "buildx compose",
    }
) | _never(
    {
        "the protocol of registries has none; search on a registry's web page, which for Docker Hub is "
        "https://hub.docker.com/search, and pull by the name found there": "search"
    }
)

RUN = _never(
    {
        "addresses are those of a network's subnets, of which --ip and --ip6 choose one": "--link-local-ip",
        "onggi sets up no vendor's driver; --device passes the nodes, and -v the driver's files": "--gpus",
        "it is for containers of Windows": "--isolation --cpu-count --cpu-percent --io-maxbandwidth --io-maxiops",
        "-m counts what the kernel uses for a container too": "--kernel-memory",
        "kernels of distributions cannot share out real time": "--cpu-rt-period --cpu-rt-runtime",
        "a writable layer is a folder of the store, without a size of its own": "--storage-opt",
        "images are known by their digests, and no signatures are looked at": "--disable-content-trust",
        "there is no daemon whose socket a container could be given": "--use-api-socket",
    }
)

START = _never({"a container cannot be saved and restored while it runs": "--checkpoint --checkpoint-dir"})

NETWORK_CREATE = _never(
    {
        "networks over several hosts are of Docker Swarm": "--config-from --config-only --ingress",
        "addresses are chosen by the store, which has no options for that": "--ipam-opt",
    }
)
NETWORK_CONNECT = _never(
    {
        "addresses are those of the network's subnets, of which --ip and --ip6 choose one": "--link-local-ip",
        "there are no options of drivers for a single container": "--driver-opt",
    }
)
NETWORK_INSPECT = _never({"networks over several hosts are of Docker Swarm": "-v --verbose"})

VOLUME_CREATE = _never(
    {
        "cluster volumes are of Docker Swarm": "--availability --group --limit-bytes --required-bytes --scope --secret "
        "--sharing --topology-preferred --topology-required --type"
    }
)

BUILD = _later(
    {
        "attestations": "--attest --provenance --sbom",
        "this option": "--security-opt --isolation",
    }
)
