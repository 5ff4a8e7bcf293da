"""What is made in both engines before their documents are compared: the same, by the same requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.api.client import Client

BUSYBOX = "busybox:1.35"
VERSION = "1.41"
"""Of the API that all is asked for in: each engine speaks it."""

_SLEEP = ("sleep", "1000")

FULL: Mapping[str, Any] = {
    "Hostname": "host",
    "User": "1:1",
    "WorkingDir": "/tmp",
    "Env": ["A=1", "B"],
    "Labels": {"of": "tests"},
    "StopTimeout": 3,
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 10**12, "Retries": 2},
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
    "HostConfig": {
        "NetworkMode": "bridge",
        "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9999"}]},
        "Binds": ["/usr/share:/bound:ro", "kept:/kept"],
        "Tmpfs": {"/quick": "size=1m"},
        "Memory": 64 << 20,
        "MemoryReservation": 32 << 20,
        "NanoCpus": 500_000_000,
        "CpuShares": 512,
        "PidsLimit": 10,
        "ShmSize": 32 << 20,
        "OomScoreAdj": 100,
        "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}],
        "CapAdd": ["NET_ADMIN"],
        "CapDrop": ["MKNOD"],
        "GroupAdd": ["5"],
        "SecurityOpt": ["no-new-privileges"],
        "Sysctls": {"net.ipv4.ip_forward": "1"},
        "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rw"}],
        "ExtraHosts": ["other:1.2.3.4"],
        "Dns": ["1.2.3.4"],
        "DnsSearch": ["example.org"],
        "DnsOptions": ["ndots:2"],
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
        "Init": True,
        "ReadonlyRootfs": True,
        "IpcMode": "shareable",
        "PidMode": "host",
        "UTSMode": "",
        "CgroupnsMode": "private",
    },
}

CONTAINERS: Mapping[str, Mapping[str, Any]] = {
    "running": {"Cmd": _SLEEP},
    "full": {"Cmd": _SLEEP, **FULL},
    "connected": {
        "Cmd": _SLEEP,
        "HostConfig": {"NetworkMode": "net"},
        "NetworkingConfig": {
            "EndpointsConfig": {"net": {"Aliases": ["alias"], "IPAMConfig": {"IPv4Address": "10.9.0.7"}}}
        },
    },
    "apart": {"Cmd": _SLEEP, "HostConfig": {"NetworkMode": "none"}, "Tty": True, "OpenStdin": True},
    "failed": {"Cmd": ["sh", "-c", "exit 3"]},
    "created": {"Cmd": ["true"]},
}
"""Made in this order: two that take addresses of the same network get the same ones from both."""
STARTED = ("running", "full", "connected", "apart", "failed")

NETWORK: Mapping[str, Any] = {
    "Name": "net",
    "CheckDuplicate": True,
    "Labels": {"of": "tests"},
    "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}]},
}
VOLUME: Mapping[str, Any] = {"Name": "kept", "Labels": {"of": "tests"}}


def build(client: Client) -> None:
    """Make it all; of an image there is busybox."""
    client.post("/volumes/create", VOLUME)
    client.post("/networks/create", NETWORK)
    for name, config in CONTAINERS.items():
        client.create(BUSYBOX, name=name, **config)
    for name in STARTED:
        client.post(f"/containers/{name}/start")
    client.post("/containers/failed/wait")


def remove(client: Client) -> None:
    """Take it away again, with what else was made of containers."""
    for container in client.get("/containers/json", all=1):
        client.delete(f"/containers/{container['Id']}", force=True)
    client.delete("/networks/net")
    client.delete("/volumes/kept")
