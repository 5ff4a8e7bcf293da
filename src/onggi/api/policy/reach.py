"""Each field of what a request asks for: harmless, a name, or a way out of containers to the host.

These are the values that the engine is given, not the words of a request: nobody reads a request otherwise than it is
handled. A field that stands in no table, and a struct that has none, are refused; a test names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec.structs import replace

from onggi.api.policy.refused import denied
from onggi.api.policy.rules import Noun
from onggi.api.policy.sight import MARK, Sight
from onggi.api.policy.verdict import PLAIN, By, Entered, Named, Reach, Verdicts, judged, plain
from onggi.api.refusals import Refusal
from onggi.api.wire import container, execution, network, resources, volume
from onggi.container import capability, mounts, namespaces, spec
from onggi.container.network.network import NetworkSpec
from onggi.container.network.port import PortBinding
from onggi.engine import output
from onggi.engine.types import BuildRequest, ExecRequest
from onggi.oci.config import Healthcheck

_UNPRIVILEGED_PORT = 1024
_HOST = "host"
_OF_NOBODY = ("none", "default", spec.DEFAULT_NETWORK)
"""Networks that are there for all containers, and the one that is none."""
HOST_NETWORK = Reach("the host's network (HostConfig.NetworkMode)", lambda mode: mode == _HOST)
ALL_VOLUMES = "volumes of other containers (HostConfig.VolumesFrom), where all containers are seen"
_DRIVER_OPTIONS = "options of a volume's driver, which name devices and folders of the host"
_RATES = Reach("limits of devices, which are named by paths of the host (BlkioWeightDevice, BlkioDeviceReadBps, …)")


def within(value: Any, sight: Sight) -> Any:
    """What is in a struct, or in each of several. Raises Refusal."""
    match value:
        case None:
            return None
        case tuple():
            return tuple(within(each, sight) for each in value)
        case msgspec.Struct() if type(value) in FIELDS:
            return judged(value, FIELDS[type(value)], sight)
        case _:
            raise denied(f"it asks for something that this policy does not know ({type(value).__name__})")


def within_new_container(value: Any, sight: Sight) -> Any:
    """The same where a 404 is said of the image alone, which clients pull then. Raises Refusal."""
    try:
        return within(value, sight)
    except Refusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        raise Refusal(HTTPStatus.BAD_REQUEST, refusal.message) from refusal


def _exceeds(names: tuple[str, ...]) -> bool:
    usual = {name.removeprefix("CAP_") for name in capability.DEFAULT}
    return any(name.upper().removeprefix("CAP_") not in usual for name in names)


def _network(mode: str, sight: Sight) -> str:
    """A network's name or ID, or one of the modes that are none."""
    if other := namespaces.other(mode):
        return namespaces.of(sight.own("container", other))
    HOST_NETWORK.judge(mode, sight)
    if mode in _OF_NOBODY:
        return mode
    if "networks" not in sight.rules:
        raise denied(f"the network {mode} is not for containers of this socket (it would need --allow networks)")
    return reachable(mode, sight)


def reachable(name: str, sight: Sight) -> str:
    """A network that is there for this socket, and is not the host's under whichever of its names."""
    found = sight.find("network", name)
    if found is not None and found.is_host:
        raise denied(HOST_NETWORK.reason)
    return sight.own("network", name)


def _shared(whose: str) -> By:
    """A namespace: its own, another container's, or the host's."""
    host = Reach(whose, lambda mode: mode == _HOST)

    def judge(mode: str, sight: Sight) -> str:
        if other := namespaces.other(mode):
            return namespaces.of(sight.own("container", other))
        return str(host.judge(mode, sight))

    return By(judge, host)


def _sources(texts: tuple[str, ...], sight: Sight) -> tuple[str, ...]:
    if texts and not sight.labels("container"):
        raise denied(ALL_VOLUMES)
    names = [mounts.parse_source(text)[0] for text in texts]
    return tuple(
        sight.own("container", name) + text.removeprefix(name) for name, text in zip(names, texts, strict=True)
    )


def _volume(name: str, sight: Sight) -> str:
    if not name:
        return name
    if "volumes" not in sight.rules:
        raise denied(f"the volume {name} has a name (it would need --allow volumes); volumes without one are")
    return sight.own("volume", name)


def new_name(noun: Noun) -> By:
    """A name for something new. Refused if something unseen bears it (the engine's message would tell its ID), or has
    an ID that begins so (names are looked up before IDs, so its owner would reach ours)."""

    def judge(name: str, sight: Sight) -> str:
        there = sight.find(noun, name) if name and sight.labels(noun) else None
        if there is not None and not sight.sees(noun, there):
            raise denied(f"the {noun} name {name} is taken")
        return name

    return By(judge)


def _made(asked: Any, sight: Sight) -> Any:
    """What a container, network or volume shall be, with the label by which this socket will see it. A container has it
    in writing that it is from us: its image may have that label, too."""
    found = within(asked, sight)
    labels, ours = sight.labelled(_NOUNS[type(asked)], found.labels or {})
    if isinstance(found, spec.ContainerSpec):
        others = {key: text for key, text in found.annotations.items() if key != MARK}
        found = replace(found, annotations={**others, MARK: ours} if ours else others)
    return replace(found, labels=labels)


def _context(url: object) -> bool:
    """What is neither sent along nor at an address of the web: repositories over SSH, folders."""
    return url != "" and not (isinstance(url, str) and url.startswith(("http://", "https://")))


MADE = By(_made)
_NOUNS: Mapping[type[msgspec.Struct], Noun] = {
    spec.ContainerSpec: "container",
    NetworkSpec: "network",
    volume.Create: "volume",
}
FIELDS: Mapping[type[msgspec.Struct], Verdicts] = {
    # A container
    container.Wanted: {"spec": MADE, **plain("warnings")},
    spec.ContainerSpec: {
        **plain("image image_id hostname domain_name read_only init labels annotations stop_signal stop_timeout"),
        **plain("auto_remove exposed_ports volumes shell groups sysctls hosts shm_size"),
        **dict.fromkeys(
            ("process", "networking", "mounts", "security", "rlimits", "health", "resources", "restart", "log"),
            By(within),
        ),
        "namespaces": By(within),
        "volumes_from": By(_sources, Reach(ALL_VOLUMES)),
        "runtime": Reach("another runtime (HostConfig.Runtime)"),
        "cgroup_parent": Reach("control groups of the host (HostConfig.CgroupParent)"),
        "devices": Reach("devices of the host (HostConfig.Devices)"),
        "device_rules": Reach("rules for devices (HostConfig.DeviceCgroupRules)"),
        "oom_score_adj": Reach(
            "protection from the host's OOM killer (HostConfig.OomScoreAdj)", lambda value: value < 0
        ),
    },
    spec.Process: plain(
        "entrypoint command environment working_directory user terminal terminal_size open_stdin keeps_stdin umask"
        " attached"
    ),
    spec.Bind: {
        **plain("target read_only propagation creates recursive asked"),
        "source": Reach("bind mounts (HostConfig.Binds, HostConfig.Mounts)"),
    },
    spec.Tmpfs: plain("target options asked"),
    spec.ImageMount: plain("image target subpath image_id layers asked"),
    spec.Volume: {
        **plain("target read_only copies subpath is_anonymous labels asked"),
        "name": By(_volume),
        "options": Reach(f"{_DRIVER_OPTIONS} (HostConfig.Mounts)"),
    },
    spec.Security: {
        **plain("capabilities_dropped no_new_privileges"),
        "privileged": Reach("privileged containers (HostConfig.Privileged)"),
        "capabilities_added": Reach("capabilities beyond the usual ones (HostConfig.CapAdd)", _exceeds),
        "seccomp": Reach("another seccomp profile (HostConfig.SecurityOpt)", lambda profile: profile != "default"),
        "unmasked": Reach("system paths to be seen (HostConfig.SecurityOpt, MaskedPaths, ReadonlyPaths)"),
        "writable_cgroups": Reach("control groups to be written to (HostConfig.SecurityOpt)"),
    },
    spec.Rlimit: plain("resource soft hard"),
    spec.Health: {**plain("http tcp on_failure"), "check": By(within)},
    Healthcheck: plain("test interval timeout start_period start_interval retries"),
    spec.Resources: {
        **plain("memory memory_reservation memory_swap memory_swappiness nano_cpus cpu_shares cpu_period cpu_quota"),
        **plain("cpuset_cpus cpuset_mems pids blkio_weight"),
        **dict.fromkeys(
            ("blkio_weight_device", "device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"),
            _RATES,
        ),
        "oom_kill_disable": Reach("no end by the OOM killer (OomKillDisable)"),
    },
    spec.RestartPolicy: plain("name most"),
    spec.LogConfig: plain("driver options"),
    spec.Namespaces: {
        **plain("asked"),
        "pid": _shared("the host's processes (HostConfig.PidMode)"),
        "ipc": _shared("the host's IPC (HostConfig.IpcMode)"),
        "uts": _shared("the host's name (HostConfig.UTSMode)"),
        "cgroup": _shared("the host's control groups (HostConfig.CgroupnsMode)"),
    },
    spec.Networking: {
        **plain("left publishes_all default_ip"),
        "mode": By(_network, HOST_NETWORK),
        "attachments": By(within),
        "ports": By(within),
        "dns": By(within),
        "links": By(within),
    },
    spec.Link: {**plain("alias asked"), "container": Named("container")},
    spec.Attachment: {**plain("aliases ipv4 ipv6 mac priority"), "network": By(_network)},
    spec.Dns: plain("servers search options"),
    PortBinding: {
        **plain("container_port protocol host_ip last_host_port"),
        "host_port": Reach(
            "ports of the host below 1024 (HostConfig.PortBindings)", lambda port: 0 < port < _UNPRIVILEGED_PORT
        ),
    },
    # What becomes of one
    resources.Changes: {**plain("replaced warnings"), "limits": By(within), "restart": By(within)},
    ExecRequest: {
        **plain("command environment working_directory user terminal stdin stdout stderr detach_keys size"),
        "privileged": Reach("privileged processes (Privileged)"),
    },
    execution.Start: plain("detach tty console_size"),
    network.Connect: {"container": Entered("container"), "endpoint_config": By(within)},
    network.Disconnect: {"container": Entered("container"), "force": PLAIN},
    network.EndpointSettings: {
        **plain("aliases mac_address driver_opts gw_priority"),
        "links": Reach("links by another way than HostConfig.Links (EndpointConfig.Links)"),
        "ipam_config": By(within),
    },
    network.EndpointAddresses: plain("ipv4_address ipv6_address link_local_ips"),
    # Volumes and networks
    volume.Create: {
        **plain("driver labels cluster_volume_spec"),
        "name": new_name("volume"),
        "driver_opts": Reach(f"{_DRIVER_OPTIONS} (DriverOpts)"),
    },
    NetworkSpec: {
        **plain("has_ipv4 has_ipv6 is_internal is_attachable labels"),
        "name": new_name("network"),
        "driver": Reach("networks of other kinds than bridge (Driver)", lambda driver: driver != "bridge"),
        "options": Reach("options of a network (Options)"),
        "subnets": Reach("addresses of a network that are chosen, and could be those of others (IPAM)"),
    },
    # A build
    BuildRequest: {
        **plain("dockerfile dockerfile_text references target platforms build_args labels no_cache pull jobs epoch"),
        **plain("no_cache_stages hosts shm_size ulimits annotations squash"),
        "context": Reach("contexts from elsewhere than http:// and https:// (remote)", _context),
        "contexts": Reach("further contexts that are folders of the host"),
        "cache_from": Reach("caches of others: each build here would believe what they say of its steps (cachefrom)"),
        "resources": By(within),
        "cgroup_parent": Reach("control groups of the host (cgroupparent)"),
        "cache_to": Reach("a cache to be written elsewhere (--cache-to)"),
        "network": Reach("steps on the host's network (networkmode)", lambda network: network == _HOST),
        "secrets": Reach("secrets of the host"),
        "ssh": Reach("SSH agents of the host"),
        "realm": By(lambda asked, sight: sight.realm),  # what others build is not to come of its secrets and caches
        "host_ca": Reach("the CA certificates of the host"),
        "allow": Reach("steps that are less confined (--allow)"),
        "outputs": By(within),
    },
    output.StoreOutput: {**plain("names annotations"), "push": Reach("a push by a build (--push)")},
}
"""What is asked for → its fields."""
