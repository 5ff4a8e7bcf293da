"""`info`: this host and the store in Docker's JSON (moby, api/types/system, Info)."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_args

import onggi
from onggi.container import log_options, volume
from onggi.container.host import Finding, Host
from onggi.container.network.pool import POOLS
from onggi.container.spec import LogDriver
from onggi.engine.dates import rfc3339
from onggi.fetch.url import redacted
from onggi.linux.machine import Machine
from onggi.oci.reference import DEFAULT_DOMAIN
from onggi.registry.place import DOCKER_ACCOUNT
from onggi.registry.settings.table import Entry, Table

NAME = "onggi"
_LOOPBACK = ("::1/128", "127.0.0.0/8")
"""Where registries may do without TLS whatever the settings say."""
_CGROUP_VERSIONS = {"v1": "1", "hybrid": "1", "v2": "2", "none": ""}
_LIMITS: Mapping[str, str] = {
    "MemoryLimit": "memory",
    "SwapLimit": "memory_swap",
    "CpuCfsPeriod": "cpu_period",
    "CpuCfsQuota": "cpu_quota",
    "CPUShares": "cpu_shares",
    "CPUSet": "cpuset_cpus",
    "PidsLimit": "pids",
    "OomKillDisable": "oom_kill_disable",
}
"""Docker's field → the limit of a container that it says to be there."""
_PROXIES = {"HttpProxy": "http_proxy", "HttpsProxy": "https_proxy", "NoProxy": "no_proxy"}
_NO_COMMIT = {"ID": "N/A"}
"""Of a program that Docker would use, and onggi does not."""
_NO_SWARM: Mapping[str, Any] = {
    "NodeID": "",
    "NodeAddr": "",
    "LocalNodeState": "inactive",
    "ControlAvailable": False,
    "Error": "",
    "RemoteManagers": None,
}


def describe_host(host: Host, machine: Machine, limits: Collection[str], findings: Sequence[Finding]) -> dict[str, Any]:
    """What this machine can. `limits`: the fields of a container's resources that it gives; `findings`: those of
    `doctor`, whose complaints are warnings."""
    return {
        **{field: limit in limits for field, limit in _LIMITS.items()},
        "IPv4Forwarding": machine.forwards,
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": _CGROUP_VERSIONS[host.cgroups.layout],
        "CgroupLayout": host.cgroups.layout,
        "KernelVersion": machine.kernel,
        "OperatingSystem": machine.system,
        "OSVersion": machine.system_version,
        "OSType": "linux",
        "Architecture": machine.architecture,
        "NCPU": machine.processors,
        "MemTotal": machine.memory,
        "Name": machine.name,
        "Runtimes": {NAME: {"path": NAME}} | {name: {"path": path} for name, path in host.runtimes.items()},
        "SecurityOptions": ["name=seccomp,profile=builtin"] * host.seccomp + ["name=cgroupns"],
        "Warnings": [f"WARNING: {finding.sentence}" for finding in findings if not finding.is_ok],
    }


def describe_engine(
    root: str, id: str, network_drivers: Sequence[str], proxies: Mapping[str, str], now: float
) -> dict[str, Any]:
    """What is the same on any machine. `id`: hexadecimal digits that no other store has."""
    said = {name.lower(): redacted(value) for name, value in proxies.items()}
    return {
        "ID": str(uuid.UUID(hex=id[:32])),
        "ServerVersion": onggi.__version__,
        "Driver": "overlay",
        "DockerRootDir": root,
        "Plugins": {
            "Volume": [volume.DRIVER],
            "Network": list(network_drivers),
            "Authorization": None,
            "Log": sorted(get_args(LogDriver)),
        },
        "LoggingDriver": log_options.DEFAULT,
        "DefaultRuntime": NAME,
        "IndexServerAddress": DOCKER_ACCOUNT,
        **{field: said.get(name, "") for field, name in _PROXIES.items()},
        "Labels": [],
        "GenericResources": None,
        "ExperimentalBuild": False,
        "Debug": False,
        "NFd": len(os.listdir("/proc/self/fd")),
        "NGoroutines": threading.active_count(),
        "SystemTime": rfc3339(now),
        "Swarm": dict(_NO_SWARM),
        "LiveRestoreEnabled": True,  # containers are no children of whoever serves the API
        "Isolation": "",
        "InitBinary": NAME,
        "ContainerdCommit": dict(_NO_COMMIT),
        "RuncCommit": dict(_NO_COMMIT),
        "InitCommit": dict(_NO_COMMIT),
        "CDISpecDirs": [],
        "DefaultAddressPools": [{"Base": base, "Size": size} for base, size in POOLS],
        "FirewallBackend": {"Driver": "nftables"},
    }


def describe_registries(table: Table) -> dict[str, Any]:
    """What the settings say of registries (moby, api/types/registry, ServiceConfig)."""
    indexes = {entry.prefix.host: _index(entry) for entry in table.entries if not entry.prefix.path}
    known = {DEFAULT_DOMAIN: _index(table.host(DEFAULT_DOMAIN), DEFAULT_DOMAIN), **indexes}
    return {
        "InsecureRegistryCIDRs": list(_LOOPBACK),
        "IndexConfigs": known,
        "Mirrors": known[DEFAULT_DOMAIN]["Mirrors"],
    }


def _index(entry: Entry, name: str = "") -> dict[str, Any]:
    return {
        "Name": name or entry.prefix.host,
        "Mirrors": [f"https://{mirror}/" for mirror in entry.mirrors],
        "Secure": entry.is_verified and not entry.may_be_plain,
        "Official": (name or entry.prefix.host) == DEFAULT_DOMAIN,
    }
