"""What clients ask of a container → its spec: every field, heeded or refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from onggi.api import body
from onggi.api.refusals import Refusal
from onggi.api.versions import NEWEST, Version, unknown
from onggi.api.wire import container, resources
from onggi.container.masks import MASKED_PATHS, READONLY_PATHS
from onggi.container.network.port import PortBinding
from onggi.container.spec import (
    BY_MOUNT,
    Attachment,
    Bind,
    ContainerSpec,
    Device,
    Dns,
    Health,
    ImageMount,
    Link,
    LogConfig,
    Namespaces,
    Networking,
    Process,
    Resources,
    RestartPolicy,
    Rlimit,
    Security,
    Tmpfs,
    Volume,
)
from onggi.errors import Invalid, NotFound, OnggiError, Unsupported
from onggi.oci.config import Healthcheck

LIMITED = {"max-size": "10m", "max-file": "3"}
BARE = ContainerSpec(
    image="busybox",
    networking=Networking(mode="bridge"),
    log=LogConfig("json-file", LIMITED),
)
SECOND = 1_000_000_000


def read(document: Mapping[str, Any], version: Version = NEWEST) -> container.Create:
    data = json.dumps({"Image": "busybox", **document}).encode()
    found = body.read(data, container.Create, unknown(version, "POST /containers/create"))
    assert isinstance(found, container.Create)
    return found


def spec(document: Mapping[str, Any], version: Version = NEWEST, warnings: list[str] | None = None) -> ContainerSpec:
    told: list[str] = [] if warnings is None else warnings
    found = container.spec(read(document, version), version, told.append)
    assert warnings is not None or told == []
    asked = [mount.asked for mount in found.mounts]
    host = document.get("HostConfig") or {}
    assert asked.count(BY_MOUNT) == len(host.get("Mounts") or ())
    assert set(asked) <= {"", BY_MOUNT, *(host.get("Binds") or ())}
    return replace(found, mounts=tuple(replace(mount, asked="") for mount in found.mounts))


def host(**fields: Any) -> dict[str, Any]:
    return {"HostConfig": fields}


def process(**fields: Any) -> dict[str, Any]:
    return {"process": Process(**fields)}


def limits(**fields: Any) -> dict[str, Any]:
    return {"resources": Resources(**fields)}


def network(mode: str = "bridge", **fields: Any) -> dict[str, Any]:
    return {"networking": Networking(mode=mode, **fields)}


def mount(type: str, **fields: Any) -> dict[str, Any]:
    return host(Mounts=[{"Type": type, "Target": "/t", **fields}])


def bound(**fields: Any) -> dict[str, Any]:
    return {"mounts": (Bind("/s", "/t", **fields),)}


def endpoints(**settings: Any) -> dict[str, Any]:
    return {"NetworkingConfig": {"EndpointsConfig": settings}}


def named(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """What a test is called: by its document."""
    return [json.dumps(row[0])[:80] for row in rows]


HEEDED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    # Config
    ({"Cmd": ["a", "b c"]}, process(command=("a", "b c"))),
    ({"Cmd": "a b"}, process(command=("a b",))),
    ({"Cmd": []}, {}),
    ({"Domainname": "lan"}, {"domain_name": "lan"}),
    ({"Entrypoint": ["/e", "x"]}, process(entrypoint=("/e", "x"))),
    ({"Entrypoint": "/e"}, process(entrypoint=("/e",))),
    ({"Entrypoint": []}, process(entrypoint=())),
    ({"Entrypoint": [""]}, process(entrypoint=(), command=())),
    ({"Entrypoint": [""], "Cmd": ["a"]}, process(entrypoint=(), command=("a",))),
    ({"Env": ["A=1", "B"]}, process(environment=("A=1", "B"))),
    ({"ExposedPorts": {"80/tcp": {}, "53/udp": None}}, {"exposed_ports": ("80/tcp", "53/udp")}),
    ({"ExposedPorts": {"7000-7001": {}}}, {"exposed_ports": ("7000/tcp", "7001/tcp")}),
    ({"Healthcheck": {"Test": ["NONE"]}}, {"health": Health(check=Healthcheck(test=("NONE",)))}),
    (
        {
            "Healthcheck": {
                "Test": ["CMD-SHELL", "true"],
                "Interval": SECOND,
                "Timeout": 2 * SECOND,
                "StartPeriod": 3 * SECOND,
                "StartInterval": 4 * SECOND,
                "Retries": 5,
            }
        },
        {
            "health": Health(
                check=Healthcheck(("CMD-SHELL", "true"), SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND, 5),
            )
        },
    ),
    ({"Healthcheck": {"HTTP": "80/up", "OnFailure": "kill"}}, {"health": Health(http="80/up", on_failure="kill")}),
    ({"Healthcheck": {"TCP": "3306"}}, {"health": Health(tcp="3306")}),
    ({"Hostname": "web"}, {"hostname": "web"}),
    ({"Image": "debian:12"}, {"image": "debian:12"}),
    ({"Labels": {"a": "b"}}, {"labels": {"a": "b"}}),
    ({"NetworkDisabled": True}, network("none")),
    ({"OpenStdin": True}, process(open_stdin=True, keeps_stdin=True)),
    (host(Umask=0), process(umask=0)),
    ({"OpenStdin": True, "StdinOnce": True}, process(open_stdin=True)),
    ({"Shell": ["/bin/bash", "-c"]}, {"shell": ("/bin/bash", "-c")}),
    ({"StopSignal": "SIGINT"}, {"stop_signal": "SIGINT"}),
    ({"StopTimeout": 3}, {"stop_timeout": 3}),
    ({"StopTimeout": -1}, {"stop_timeout": -1}),
    ({"Tty": True}, process(terminal=True)),
    ({"User": "me:us"}, process(user="me:us")),
    ({"Volumes": {"/data": {}, "/more/": None}}, {"mounts": (Volume("", "/data"), Volume("", "/more"))}),
    ({"WorkingDir": "/w"}, process(working_directory="/w")),
    # passed over
    ({"AttachStdin": True, "AttachStdout": True, "AttachStderr": False}, process(attached=("stdin", "stdout"))),
    ({"ArgsEscaped": True, "Sparkles": 1}, {}),
    (host(ContainerIDFile="/x", CpuCount=2, CpuPercent=50, IOMaximumIOps=1, KernelMemory=1 << 30), {}),
    # HostConfig
    (host(Annotations={"a": "b"}), {"annotations": {"a": "b"}}),
    (host(AutoRemove=True), {"auto_remove": True}),
    (host(Binds=["/s:/t"]), bound(creates=True)),
    (host(Binds=["/s:/t:ro,rslave"]), bound(creates=True, read_only=True, propagation="rslave")),
    (host(Binds=["data:/t:nocopy"]), {"mounts": (Volume("data", "/t", copies=False),)}),
    (host(BlkioDeviceReadBps=[{"Path": "/dev/sda", "Rate": 1}]), limits(device_read_bps=(("/dev/sda", 1),))),
    (host(BlkioDeviceReadIOps=[{"Path": "/dev/sda", "Rate": 2}]), limits(device_read_iops=(("/dev/sda", 2),))),
    (host(BlkioDeviceWriteBps=[{"Path": "/dev/sda", "Rate": 3}]), limits(device_write_bps=(("/dev/sda", 3),))),
    (host(BlkioDeviceWriteIOps=[{"Path": "/dev/sda", "Rate": 4}]), limits(device_write_iops=(("/dev/sda", 4),))),
    (host(BlkioWeight=100), limits(blkio_weight=100)),
    (host(BlkioWeightDevice=[{"Path": "/dev/sda", "Weight": 50}]), limits(blkio_weight_device=(("/dev/sda", 50),))),
    (host(CapAdd=["NET_ADMIN"]), {"security": Security(capabilities_added=("NET_ADMIN",))}),
    (host(CapDrop=["ALL"]), {"security": Security(capabilities_dropped=("ALL",))}),
    (host(CgroupnsMode="host"), {"namespaces": Namespaces(cgroup="host")}),
    (host(ConsoleSize=[24, 80]), process(terminal_size=(24, 80))),
    (host(CpuPeriod=50_000), limits(cpu_period=50_000)),
    (host(CgroupParent="/ci"), {"cgroup_parent": "/ci"}),
    (host(CpuQuota=20_000), limits(cpu_quota=20_000)),
    (host(CpuShares=512), limits(cpu_shares=512)),
    (host(CpusetCpus="0-1"), limits(cpuset_cpus="0-1")),
    (host(CpusetMems="0"), limits(cpuset_mems="0")),
    (host(DeviceCgroupRules=["c 42:* rmw"]), {"device_rules": ("c 42:* rmw",)}),
    (
        host(Devices=[{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}]),
        {"devices": (Device("/dev/a", "/dev/b", "r"),)},
    ),
    (host(Devices=[{"PathOnHost": "/dev/a"}]), {"devices": (Device("/dev/a", "/dev/a"),)}),
    (host(Dns=["8.8.8.8"]), network(dns=Dns(servers=("8.8.8.8",)))),
    (host(DnsOptions=["ndots:1"]), network(dns=Dns(options=("ndots:1",)))),
    (host(DnsSearch=["lan"]), network(dns=Dns(search=("lan",)))),
    (host(ExtraHosts=["db:10.0.0.1", "v6:::1"]), {"hosts": ("db:10.0.0.1", "v6:::1")}),
    (host(GroupAdd=["audio"]), {"groups": ("audio",)}),
    (host(Init=True), {"init": True}),
    (host(IpcMode="container:web"), {"namespaces": Namespaces(ipc="container:web")}),
    (host(Isolation="default"), {}),
    (
        host(LogConfig={"Type": "json-file", "Config": {"max-size": "1m"}}),
        {"log": LogConfig("json-file", {**LIMITED, "max-size": "1m"})},
    ),
    (host(LogConfig={"Type": "", "Config": {"tag": "a"}}), {"log": LogConfig("json-file", {**LIMITED, "tag": "a"})}),
    (host(Links=["a:b", "c"]), network(links=(Link("a", "b", "a"), Link("c", "c", "c")))),
    (
        host(Links=["a:b"], NetworkMode="shop") | endpoints(shop={"Links": ["a:b"]}),
        network("shop", links=(Link("a", "b", "a"),)),
    ),
    (host(LogConfig={"Type": "local"}), {"log": LogConfig("local")}),
    (host(LogConfig={"Type": "none", "Config": {}}), {"log": LogConfig("none")}),
    (host(LogConfig={"Type": "", "Config": None}), {}),
    (host(MaskedPaths=[], ReadonlyPaths=[]), {"security": Security(unmasked=True)}),
    (host(MaskedPaths=list(MASKED_PATHS), ReadonlyPaths=list(READONLY_PATHS)), {}),
    (host(Memory=1 << 28), limits(memory=1 << 28)),
    (host(MemoryReservation=1 << 27), limits(memory_reservation=1 << 27)),
    (host(MemorySwap=-1), limits(memory_swap=-1)),
    (host(MemorySwappiness=-1), {}),
    (host(MemorySwappiness=0), limits(memory_swappiness=0)),
    (host(NanoCpus=SECOND), limits(nano_cpus=SECOND)),
    (host(NetworkMode="default"), {}),
    (host(NetworkMode="host"), network("host")),
    (host(NetworkMode="container:web"), network("container:web")),
    (host(OomKillDisable=True), limits(oom_kill_disable=True)),
    (host(OomScoreAdj=500), {"oom_score_adj": 500}),
    (host(PidMode="host"), {"namespaces": Namespaces(pid="host")}),
    (host(PidsLimit=100), limits(pids=100)),
    (host(PidsLimit=-1), {}),
    (host(PortBindings={"80/tcp": [{"HostPort": "8080"}]}), network(ports=(PortBinding(80, "tcp", "", 8080),))),
    (
        host(PortBindings={"53/udp": [{"HostIp": "::1", "HostPort": ""}, {"HostIp": "127.0.0.1", "HostPort": "0"}]}),
        network(ports=(PortBinding(53, "udp", "::1"), PortBinding(53, "udp", "127.0.0.1"))),
    ),
    (
        host(PortBindings={"80/tcp": [{"HostIp": "", "HostPort": "8000-8010"}]}),
        network(ports=(PortBinding(80, "tcp", "", 8000, 8010),)),
    ),
    (host(Privileged=True), {"security": Security(privileged=True)}),
    (host(PublishAllPorts=True), network(publishes_all=True)),
    (host(ReadonlyRootfs=True), {"read_only": True}),
    (host(RestartPolicy={"Name": "on-failure", "MaximumRetryCount": 3}), {"restart": RestartPolicy("on-failure", 3)}),
    (host(RestartPolicy={"Name": "", "MaximumRetryCount": 0}), {}),
    (host(Runtime="runc"), {"runtime": "runc"}),
    (host(Runtime="onggi"), {}),
    (
        host(SecurityOpt=["no-new-privileges", "seccomp={}", "label=disable"]),
        {"security": Security(no_new_privileges=True, seccomp="{}")},
    ),
    (host(ShmSize=1 << 20), {"shm_size": 1 << 20}),
    (host(StorageOpt={}), {}),
    (host(Sysctls={"net.core.somaxconn": "1024"}), {"sysctls": {"net.core.somaxconn": "1024"}}),
    (host(Tmpfs={"/t": "rw,size=64k", "/u": ""}), {"mounts": (Tmpfs("/t", ("rw", "size=64k")), Tmpfs("/u"))}),
    (host(UTSMode="host"), {"namespaces": Namespaces(uts="host")}),
    (host(Ulimits=[{"Name": "nofile", "Soft": 1, "Hard": 2}]), {"rlimits": (Rlimit("NOFILE", 1, 2),)}),
    (host(UsernsMode="host"), {}),
    (host(Binds=["data:/t"], VolumeDriver="local"), {"mounts": (Volume("data", "/t"),)}),
    (host(VolumesFrom=["web:ro"]), {"volumes_from": ("web:ro",)}),
    # Mounts
    (mount("bind", Source="/s", Consistency="cached"), bound()),
    (mount("bind", Source="/s", BindOptions={"Propagation": "shared"}), bound(propagation="shared")),
    (mount("bind", Source="/s", BindOptions={"NonRecursive": True}), bound(recursive="disabled")),
    (mount("bind", Source="/s", BindOptions={"CreateMountpoint": True}), bound(creates=True)),
    (
        mount("bind", Source="/s", ReadOnly=True, BindOptions={"ReadOnlyNonRecursive": True}),
        bound(read_only=True, recursive="writable"),
    ),
    (
        mount("bind", Source="/s", ReadOnly=True, BindOptions={"ReadOnlyForceRecursive": True}),
        bound(read_only=True, recursive="readonly"),
    ),
    (mount("volume"), {"mounts": (Volume("", "/t"),)}),
    (
        mount(
            "volume",
            Source="data",
            ReadOnly=True,
            VolumeOptions={
                "NoCopy": True,
                "Labels": {"a": "b"},
                "DriverConfig": {"Name": "local", "Options": {"type": "tmpfs"}},
                "Subpath": "x/y",
            },
        ),
        {
            "mounts": (
                Volume("data", "/t", True, copies=False, subpath="x/y", labels={"a": "b"}, options={"type": "tmpfs"}),
            )
        },
    ),
    (
        mount("tmpfs", ReadOnly=True, TmpfsOptions={"SizeBytes": 4096, "Mode": 0o1777, "Options": [["noexec"]]}),
        {"mounts": (Tmpfs("/t", ("ro", "size=4096", "mode=1777", "noexec")),)},
    ),
    (
        mount("image", Source="tools:1", ReadOnly=True, ImageOptions={"Subpath": "usr//bin/"}),
        {"mounts": (ImageMount("tools:1", "/t", "usr/bin"),)},
    ),
    # NetworkingConfig
    (endpoints(bridge={}), {}),
    (host(NetworkMode="shop") | endpoints(shop=None), network("shop")),
    (
        host(NetworkMode="shop") | endpoints(back={"GwPriority": 7}, shop={"Aliases": ["db"]}),
        network(
            "shop", attachments=(Attachment(network="shop", aliases=("db",)), Attachment(network="back", priority=7))
        ),
    ),
    (endpoints(shop={}), network("shop", attachments=(Attachment(network="shop"),))),
    (
        endpoints(default={"MacAddress": "02:42:0a:58:00:02"}),
        network(attachments=(Attachment(network="bridge", mac="02:42:0a:58:00:02"),)),
    ),
    (
        endpoints(shop={"IPAMConfig": {"IPv4Address": "10.1.0.9", "IPv6Address": "fd00::9"}, "IPAddress": "1.2.3.4"}),
        network("shop", attachments=(Attachment(network="shop", ipv4="10.1.0.9", ipv6="fd00::9"),)),
    ),
    (host(NetworkMode="none") | endpoints(none={}), network("none")),
]

REFUSED: list[tuple[dict[str, Any], type[OnggiError], str]] = [
    ({"Image": ""}, Invalid, "invalid reference format"),
    ({"Env": ["=x"]}, Invalid, "invalid environment variable: =x"),
    ({"OnBuild": ["RUN x"]}, Unsupported, "OnBuild of a container is not supported"),
    ({"ExposedPorts": {"web": {}}}, Invalid, "invalid port format in ExposedPorts: web"),
    ({"Healthcheck": {"Test": ["HTTP", "/"]}}, Invalid, "Unknown healthcheck type 'HTTP'"),
    ({"Healthcheck": {"Interval": 999}}, Invalid, "Interval in Healthcheck cannot be less than 1ms"),
    ({"Healthcheck": {"Timeout": -1}}, Invalid, "Timeout in Healthcheck cannot be less than 1ms"),
    ({"Healthcheck": {"Retries": -1}}, Invalid, "Retries in Healthcheck cannot be negative"),
    ({"Healthcheck": {"OnFailure": "cry"}}, Invalid, "invalid OnFailure of Healthcheck: cry"),
    ({"Volumes": {"data": {}}}, Invalid, "invalid mount target 'data'"),
    (host(CapAdd=["NET_ADMN"]), Invalid, "invalid CapAdd: unknown capability: 'NET_ADMN'"),
    (host(CapDrop=["x"]), Invalid, "invalid CapDrop: unknown capability: 'x'"),
    (host(Cgroup="container:x"), Unsupported, "HostConfig.Cgroup is not supported"),
    (host(CpuRealtimePeriod=1), Invalid, "kernel does not support CPU real-time scheduler"),
    (host(CpuRealtimeRuntime=1), Invalid, "kernel does not support CPU real-time scheduler"),
    (
        host(DeviceRequests=[{"Driver": "nvidia", "Count": -1, "Capabilities": [["gpu"]]}]),
        Unsupported,
        'could not select device driver "nvidia" with capabilities: [[gpu]]',
    ),
    (host(Devices=[{"PathOnHost": "a"}]), Invalid, "a is not an absolute path"),
    (host(DeviceCgroupRules=["x"]), Invalid, "invalid device cgroup format 'x'"),
    (host(BlkioWeightDevice=[{"Path": "/dev/sda", "Weight": 5}]), Invalid, "Range of blkio weight"),
    (host(BlkioDeviceReadBps=[{"Path": "/dev/sda", "Rate": -5}]), Invalid, "the rate -5 of /dev/sda is negative"),
    (host(Binds=["./a:/b"]), Invalid, "invalid volume specification: './a:/b'"),
    (host(Binds=["/a:/b:zz"]), Invalid, "-v /a:/b:zz: invalid mode: zz"),
    (host(Binds=["a:/b"], VolumeDriver="rex"), NotFound, "error looking up volume plugin rex"),
    (host(ConsoleSize=[-1, 0]), Invalid, "invalid console size [-1, 0]"),
    (host(ExtraHosts=["x"]), Invalid, "'x' is not a host and its address"),
    (host(IpcMode="x"), Invalid, "invalid IPC mode: x"),
    (host(Isolation="hyperv"), Invalid, 'invalid isolation "hyperv" on linux'),
    (host(Links=["a:b:c"]), Invalid, "bad format for links: a:b:c"),
    (host(LogConfig={"Type": "syslog"}), Unsupported, "the log driver syslog is not there"),
    (host(MaskedPaths=["/x"]), Unsupported, "a list of one's own in MaskedPaths is not supported"),
    (host(ReadonlyPaths=[]), Unsupported, "a list of one's own in ReadonlyPaths is not supported"),
    (host(OomScoreAdj=1001), Invalid, "Invalid value 1001, range for oom score adj is [-1000, 1000]"),
    (host(PidMode="x"), Invalid, "invalid PID mode: x"),
    (host(PortBindings={"80/tcp": [{"HostPort": "x"}]}), Invalid, "invalid hostPort: x"),
    (host(Umask=512), Invalid, "invalid umask 512"),
    (host(Umask=-1), Invalid, "invalid umask -1"),
    (host(PortBindings={"x": []}), Invalid, "invalid containerPort: x"),
    (host(PortBindings={"80:80/tcp": [{}]}), Invalid, "invalid containerPort: 80:80/tcp"),
    (host(PortBindings={"0.0.0.0:22:22": None}), Invalid, "invalid containerPort: 0.0.0.0:22:22"),
    (host(RestartPolicy={"Name": "perhaps"}), Invalid, "invalid restart policy: unknown policy 'perhaps'"),
    (host(RestartPolicy={"Name": "always", "MaximumRetryCount": 1}), Invalid, "invalid restart policy: maximum"),
    (host(SecurityOpt=["x"]), Invalid, "unknown --security-opt: 'x'"),
    (host(ShmSize=-1), Invalid, "SHM size can not be less than 0"),
    (host(StorageOpt={"size": "1G"}), Invalid, "--storage-opt is supported only for overlay over xfs"),
    (host(Tmpfs={"/t": "size=x"}), Invalid, "invalid tmpfs option 'size=x' for /t"),
    (host(Ulimits=[{"Name": "x"}]), Invalid, "there is no ulimit 'x'"),
    (host(UsernsMode="private"), Unsupported, "--userns private"),
    (mount("image"), Invalid, 'invalid mount config for type "image": field Source must not be empty'),
    (mount("image", Source="x", ImageOptions={"Subpath": "/a"}), Invalid, "subpath must be a relative path"),
    (mount("bind", Source="/x", ImageOptions={"Subpath": "a"}), Invalid, "ImageOptions must not be specified"),
    (mount("cluster"), Unsupported, 'invalid mount config for type "cluster": cluster volumes are of Docker Swarm'),
    (mount("", Source="x"), Invalid, 'invalid mount config for type "": mount type unknown'),
    (mount("bind"), Invalid, 'invalid mount config for type "bind": field Source must not be empty'),
    (mount("bind", Source="s"), Invalid, "source 's' is not absolute"),
    (mount("bind", Source="/s", Target=""), Invalid, "field Target must not be empty"),
    (mount("bind", Source="/s", BindOptions={"Propagation": "x"}), Invalid, "invalid propagation mode: x"),
    (mount("bind", Source="/s", BindOptions={"ReadOnlyForceRecursive": True}), Invalid, "goes with ReadOnly"),
    (
        mount("bind", Source="/s", VolumeOptions={}),
        Invalid,
        'VolumeOptions must not be specified on mount type "bind"',
    ),
    (mount("volume", ReadOnly=True), Invalid, "must not set ReadOnly mode when using anonymous volumes"),
    (mount("volume", VolumeOptions={"Subpath": "x"}), Invalid, "must not set Subpath when using anonymous volumes"),
    (mount("volume", Source="a", VolumeOptions={"Subpath": "../x"}), Invalid, "subpath must be a relative path"),
    (mount("volume", VolumeOptions={"DriverConfig": {"Name": "rex"}}), NotFound, "error looking up volume plugin rex"),
    (mount("tmpfs", Source="x"), Invalid, "field Source must not be specified"),
    (endpoints(shop={"Links": [":a"]}), Invalid, "bad format for links: :a"),
    (endpoints(shop={"DriverOpts": {"a": "b"}}), Unsupported, "EndpointConfig.DriverOpts is not supported"),
    (
        endpoints(shop={"IPAMConfig": {"LinkLocalIPs": ["169.254.0.1"]}}),
        Unsupported,
        "EndpointConfig.LinkLocalIPs is not supported",
    ),
    (endpoints(shop={"MacAddress": "x"}), Invalid, "'x' is not a valid mac address"),
]


@pytest.mark.parametrize(("document", "changes"), HEEDED, ids=named(HEEDED))
def test_heeded(document: dict[str, Any], changes: dict[str, Any]) -> None:
    assert spec(document) == replace(BARE, **changes)


@pytest.mark.parametrize(("document", "kind", "words"), REFUSED, ids=named(REFUSED))
def test_refused(document: dict[str, Any], kind: type[OnggiError], words: str) -> None:
    with pytest.raises(kind) as caught:
        spec(document)
    assert words in caught.value.message


def test_each_field_is_tried() -> None:
    tried = {path for document, *_ in (*HEEDED, *REFUSED) for path in _paths(document)}
    missing = set(_fields(container.Create)) - tried
    # It is told, and not refused.
    assert missing == {"MacAddress", "HostConfig.KernelMemoryTCP", "HostConfig.DeviceRequests.Options"} | {
        "HostConfig.DeviceRequests.DeviceIDs"
    }


def _paths(document: Any, prefix: str = "") -> Iterator[str]:
    """The fields that a document says."""
    for each in document if isinstance(document, list) else ():
        yield from _paths(each, prefix)
    for name, value in document.items() if isinstance(document, dict) else ():
        yield prefix + name
        is_map = prefix + name in ("NetworkingConfig.EndpointsConfig", "HostConfig.PortBindings")
        for each in value.values() if is_map else (value,):
            yield from _paths(each, f"{prefix}{name}.")


def _fields(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    known = body._fields(struct)
    assert known
    for name, hint in known.values():
        yield prefix + name
        for inner in _structs(hint):
            yield from _fields(inner, f"{prefix}{name}.")


def _structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for each in getattr(hint, "__args__", ()):
        yield from _structs(each)


# What is warned of


def test_a_mac_address_of_the_container_is_told_to_be_of_old() -> None:
    warnings: list[str] = []
    found = spec({"MacAddress": "02:42:0a:58:00:02"}, (1, 51), warnings)
    assert found.networking.attachments == (Attachment(network="bridge", mac="02:42:0a:58:00:02"),)
    assert warnings == [
        "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead."
    ]
    with pytest.raises(Invalid, match="must match the endpoint-specific MAC address"):
        spec({"MacAddress": "02:42:0a:58:00:02"} | endpoints(bridge={"MacAddress": "02:42:0a:58:00:03"}), (1, 51), [])
    with pytest.raises(Invalid, match=r"HostConfig\.NetworkMode must match the identity of a network"):
        spec({"MacAddress": "02:42:0a:58:00:02"} | endpoints(shop={}), (1, 51), [])
    assert spec({"MacAddress": "02:42:0a:58:00:02"}, (1, 52)) == BARE


def test_what_no_host_has_is_discarded() -> None:
    warnings: list[str] = []
    assert spec(host(KernelMemoryTCP=1 << 20), (1, 51), warnings) == BARE
    assert [text.partition(" or ")[0] for text in warnings] == [
        "Your kernel does not support kernel memory TCP limit capabilities"
    ]
    assert spec(host(KernelMemoryTCP=1 << 20), (1, 52)) == BARE


def test_ports_without_bindings_are_told_of() -> None:
    warnings: list[str] = []
    asked = host(PortBindings={"80/tcp": None, "81": []})
    published = replace(BARE, **network(ports=(PortBinding(80), PortBinding(81))))
    assert spec(asked, (1, 51)) == published
    assert spec(asked, warnings=warnings) == published
    assert warnings == [
        "Following container port(s) have an empty list of port-bindings: 80/tcp, 81. Such bindings will be discarded"
        " in a future version."
    ]


def test_a_volume_driver_that_is_passed_over_is_told() -> None:
    warnings: list[str] = []
    asked = host(VolumeDriver="local", Mounts=[{"Type": "volume", "Target": "/t"}])
    spec(asked, warnings=warnings)
    assert len(warnings) == 1
    assert spec(asked, (1, 47)).mounts == (Volume("", "/t"),)


# Older versions


OLDER: list[tuple[Version, dict[str, Any], dict[str, Any]]] = [
    ((1, 24), host(AutoRemove=True), {"namespaces": Namespaces(ipc="shareable")}),
    ((1, 39), {}, {"namespaces": Namespaces(ipc="shareable")}),
    ((1, 39), host(IpcMode="private"), {"namespaces": Namespaces(ipc="private")}),
    (
        (1, 39),
        mount("bind", Source="/s", BindOptions={"NonRecursive": True, "CreateMountpoint": True}),
        {"namespaces": Namespaces(ipc="shareable"), **bound()},
    ),
    ((1, 39), host(KernelMemoryTCP=1), {"namespaces": Namespaces(ipc="shareable")}),
    ((1, 41), host(ConsoleSize=[24, 80]), {}),
    ((1, 41), mount("bind", Source="/s", VolumeOptions={}), bound()),
    ((1, 42), host(Annotations={"a": "b"}), {}),
    ((1, 43), {"Healthcheck": {"StartInterval": SECOND}}, {}),
    ((1, 43), host(Binds=["/s:/t:ro"]), bound(creates=True, read_only=True, recursive="writable")),
    ((1, 43), mount("bind", Source="/s", ReadOnly=True), bound(read_only=True, recursive="writable")),
    ((1, 43), endpoints(bridge={"MacAddress": "02:42:0a:58:00:02"}), {}),
    (
        (1, 43),
        {"MacAddress": "02:42:0a:58:00:02"} | endpoints(shop={}),
        network("shop", attachments=(Attachment(network="shop", mac="02:42:0a:58:00:02"),)),
    ),
    ((1, 47), endpoints(bridge={"GwPriority": 3}), {}),
    ((1, 55), host(Umask=0o77), {}),
]


@pytest.mark.parametrize(("version", "document", "changes"), OLDER, ids=named([row[1:] for row in OLDER]))
def test_older_versions(version: Version, document: dict[str, Any], changes: dict[str, Any]) -> None:
    assert spec(document, version) == replace(BARE, **changes)


@pytest.mark.parametrize(
    ("version", "document", "words"),
    [
        ((1, 43), endpoints(one={}, two={}), "Container cannot be created with multiple network endpoints: one, two"),
        (
            (1, 43),
            mount("bind", Source="/s", ReadOnly=True, BindOptions={"ReadOnlyForceRecursive": True}),
            "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer",
        ),
        (
            (1, 44),
            mount("volume", Source="a", VolumeOptions={"Subpath": "x"}),
            "VolumeOptions.Subpath needs API v1.45 or newer",
        ),
        ((1, 47), mount("image", Source="a"), 'Mount type "Image" needs API v1.48 or newer'),
    ],
    ids=["endpoints", "force", "subpath", "image"],
)
def test_refused_to_older_versions(version: Version, document: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as caught:
        spec(document, version)
    assert caught.value.message == words


def test_a_mac_address_needs_a_network() -> None:
    asked = {"MacAddress": "02:42:0a:58:00:02", **host(NetworkMode="host")}
    with pytest.raises(Invalid, match="conflicting options: mac-address and the network mode"):
        spec(asked, (1, 43))
    assert spec(asked, (1, 51), []).networking == Networking(mode="host")


# Bodies


def test_nulls_and_names_are_as_go_reads_them() -> None:
    asked = body.read(b'{"image": "a", "CMD": null, "HostConfig": null, "labels": {"Key": "V"}}', container.Create)
    assert asked == container.Create(image="a", labels={"Key": "V"})
    assert body.read(b"", container.Create) == body.read(b"null", container.Create) == container.Create()


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"Image": 3}',
        b'{"HostConfig": {"Memory": "1g"}}',
        b'{"HostConfig": {"Memory": 123456789012345678901234567890}}',
        b'{"HostConfig": {"PortBindings": {"80/tcp": "x"}}}',
        b'{"Image": "a\\u0000b"}',
        b'{"Image": "\xff"}',
        b'{"Image": "a"} {}',
        b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:60]),
)
def test_what_does_not_fit_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        body.read(data, container.Create)
    assert caught.value.status == 400
    assert caught.value.message.startswith("invalid JSON: ")


# Updates


@pytest.mark.parametrize(
    ("document", "changes", "restart", "replaced"),
    [
        ({}, Resources(), None, ()),
        ({"Memory": 1 << 28, "PidsLimit": 0}, Resources(memory=1 << 28, pids=-1), None, ()),
        ({"PidsLimit": None, "BlkioWeightDevice": None}, Resources(), None, ()),
        ({"RestartPolicy": {"Name": "always"}}, Resources(), RestartPolicy("always"), ()),
        (
            {"BlkioWeightDevice": [], "BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": 7}]},
            Resources(device_read_bps=(("/dev/a", 7),)),
            None,
            ("device_read_bps", "blkio_weight_device"),
        ),
    ],
)
def test_updates(
    document: dict[str, Any], changes: Resources, restart: RestartPolicy | None, replaced: tuple[str, ...]
) -> None:
    asked = body.read(json.dumps(document).encode(), resources.Update)
    assert isinstance(asked, resources.Update)
    found = resources.read(asked)
    assert not found.warnings
    assert (found.limits, found.restart, found.replaced) == (changes, restart, replaced)
