"""Docker's JSON of a container: every field by its name, and what of the spec and the state stands where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import Network, Subnet
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
from onggi.container.state import HealthState, Probe, State
from onggi.engine.container.describe import Surroundings, describe
from onggi.engine.container.places import Place
from onggi.oci.config import Healthcheck
from onggi.store.containers import ContainerRow

PORTS = (
    PortBinding(80, "tcp", "127.0.0.1", 8000, 8010),
    PortBinding(80, "tcp", "", 80),
    PortBinding(53, "udp"),
)
AROUND = Surroundings(
    hostname="web", home=Path("/s/c"), lowers=("/s/2", "/s/1"), volume=lambda name: f"/s/v/{name}/_data", now=1000.0
)
DOCUMENT = """
    AppArmorProfile Args Config Created Driver ExecIDs GraphDriver HostConfig HostnamePath HostsPath Id Image LogPath
    MountLabel Mounts Name NetworkSettings Path Platform ProcessLabel ResolvConfPath RestartCount State
"""
CONFIG = """
    AttachStderr AttachStdin AttachStdout Cmd Domainname Entrypoint Env ExposedPorts Healthcheck Hostname Image Labels
    OnBuild OpenStdin Shell StdinOnce StopSignal StopTimeout Tty User Volumes WorkingDir
"""
HOST_CONFIG = """
    Annotations AutoRemove Binds BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps
    BlkioWeight BlkioWeightDevice CapAdd CapDrop Cgroup CgroupParent CgroupnsMode ConsoleSize ContainerIDFile CpuPeriod
    CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuShares CpusetCpus CpusetMems DeviceCgroupRules DeviceRequests
    Devices Dns DnsOptions DnsSearch ExtraHosts GroupAdd Init IpcMode Links LogConfig MaskedPaths Memory
    MemoryReservation MemorySwap MemorySwappiness Mounts NanoCpus NetworkMode OomKillDisable OomScoreAdj PidMode
    PidsLimit PortBindings Privileged PublishAllPorts ReadonlyPaths ReadonlyRootfs RestartPolicy Runtime SecurityOpt
    ShmSize StorageOpt Sysctls Tmpfs UTSMode Ulimits Umask UsernsMode VolumeDriver VolumesFrom
"""
"""What Docker has on Linux (moby, api/types/container)."""


NETWORKS = {name: digit * 64 for name, digit in (("bridge", "b"), ("host", "0"), ("shop", "5"))}


def place(name: str, driver: str = "bridge", **more: Any) -> Place:
    subnets = (Subnet("10.88.0.0/16", "10.88.0.1"), Subnet("fd00:88::/64", "fd00:88::1")) if driver == "bridge" else ()
    network = Network(name=name, driver=driver, subnets=subnets, id=NETWORKS[name], created=0.0)
    return Place(network, Endpoint(container="4fa6", network=network.id, **more))


def of(spec: ContainerSpec, state: State | None = None, around: Surroundings = AROUND) -> dict[str, Any]:
    document = describe(ContainerRow("4fa6", "web", spec, 1714557600.5, ()), state or State(), around)
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return decoded


def host_config(**spec: Any) -> dict[str, Any]:
    found: dict[str, Any] = of(ContainerSpec(image="a", **spec))["HostConfig"]
    return found


def test_every_field_is_there() -> None:
    document = of(ContainerSpec(image="a"))
    assert set(document["HostConfig"]) == set(HOST_CONFIG.split())
    assert set(document) == set(DOCUMENT.split())
    assert set(document["Config"]) == set(CONFIG.split())


def test_what_it_is_and_where() -> None:
    spec = ContainerSpec(
        image="busybox",
        image_id="sha256:ab",
        process=Process(entrypoint=("sh",), command=("-c", "true")),
        networking=Networking(mode="host"),
    )
    document = of(spec, around=replace(AROUND, places=(place("host", "host"),)))
    assert (document["Path"], document["Args"], document["Image"]) == ("sh", ["-c", "true"], "sha256:ab")
    assert (document["Name"], document["Created"]) == ("/web", "2024-05-01T10:00:00.500000Z")
    assert document["GraphDriver"]["Data"] == {
        "LowerDir": "/s/2:/s/1",
        "MergedDir": "/s/c/rootfs",
        "UpperDir": "/s/c/upper",
        "WorkDir": "/s/c/work",
    }
    assert list(document["NetworkSettings"]["Networks"]) == ["host"]
    assert document["NetworkSettings"]["IPAddress"] == ""


def test_the_state() -> None:
    state = State(
        status="paused",
        pid=17,
        started_at=990.0,
        restart_count=2,
        health=HealthState(
            status="healthy", failing_streak=0, log=(Probe(start=995.0, end=995.5, exit_code=0, output="ok"),)
        ),
    )
    document = of(ContainerSpec(image="a"), state)
    assert document["RestartCount"] == 2
    assert document["State"] == {
        "Status": "paused",
        "Running": True,
        "Paused": True,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": 17,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "1970-01-01T00:16:30Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {
            "Status": "healthy",
            "FailingStreak": 0,
            "Log": [
                {"Start": "1970-01-01T00:16:35Z", "End": "1970-01-01T00:16:35.500000Z", "ExitCode": 0, "Output": "ok"}
            ],
        },
        "Note": "",
    }


def test_want_of_memory_is_told() -> None:
    spec = ContainerSpec(image="a", resources=Resources(memory=64 << 20))
    state = of(spec, State(status="exited", exit_code=137, oom_killed=True))["State"]
    assert (state["OOMKilled"], state["Health"]) == (True, None)
    assert state["Note"] == "ran out of memory and was killed: its limit is 67.1MB"


def test_sizes_are_there_when_asked_for() -> None:
    document = of(ContainerSpec(image="a"), around=msgspec.structs.replace(AROUND, size=5, virtual_size=105))
    assert (document["SizeRw"], document["SizeRootFs"]) == (5, 105)


def test_mounts() -> None:
    mounts = (
        Bind("/srv", "/data", read_only=True, propagation="rslave", asked="/srv/:/data/:ro,rslave"),
        Bind("/etc/app", "/etc/app", propagation="shared", recursive="disabled", asked=BY_MOUNT),
        Volume("data", "/var/lib/data", asked="data:/var/lib/data"),
        Volume("ab" * 32, "/cache", is_anonymous=True),
        Volume("cd" * 32, "/more", copies=False, is_anonymous=True, asked=BY_MOUNT),
        Volume("theirs", "/inherited"),
        ImageMount("tools:1", "/tools", "usr/bin", asked=BY_MOUNT),
        Tmpfs("/tmp", ("size=64m", "mode=1777")),
        Tmpfs("/run", ("ro", "size=4096", "mode=1777", "exec"), asked=BY_MOUNT),
    )
    document = of(ContainerSpec(image="a", mounts=mounts, volumes_from=("db:ro",)))
    assert document["HostConfig"]["Binds"] == ["/srv/:/data/:ro,rslave", "data:/var/lib/data"]
    assert document["HostConfig"]["Mounts"] == [
        {
            "Type": "bind",
            "Source": "/etc/app",
            "Target": "/etc/app",
            "BindOptions": {"Propagation": "shared", "NonRecursive": True},
        },
        {"Type": "volume", "Target": "/more", "VolumeOptions": {"NoCopy": True}},
        {"Type": "image", "Source": "tools:1", "Target": "/tools", "ImageOptions": {"Subpath": "usr/bin"}},
        {
            "Type": "tmpfs",
            "Target": "/run",
            "ReadOnly": True,
            "TmpfsOptions": {"SizeBytes": 4096, "Mode": 0o1777, "Options": [["exec"]]},
        },
    ]
    assert document["HostConfig"]["Tmpfs"] == {"/tmp": "size=64m,mode=1777"}
    assert document["HostConfig"]["VolumesFrom"] == ["db:ro"]
    assert document["Mounts"][0] == {
        "Type": "bind",
        "Source": "/srv",
        "Destination": "/data",
        "Mode": "ro,rslave",
        "RW": False,
        "Propagation": "rslave",
    }
    assert [each["Mode"] for each in document["Mounts"]] == ["ro,rslave", "", "z", "", "", "z", ""]
    assert document["Mounts"][3] == {
        "Type": "volume",
        "Name": "ab" * 32,
        "Source": f"/s/v/{'ab' * 32}/_data",
        "Destination": "/cache",
        "Driver": "local",
        "Mode": "",
        "RW": True,
        "Propagation": "",
    }


@pytest.mark.parametrize(
    ("limits", "fields"),
    [
        (Resources(), {"Memory": 0, "MemorySwap": 0, "PidsLimit": None, "BlkioWeightDevice": []}),
        (Resources(memory=100), {"Memory": 100, "MemorySwap": 200}),
        (Resources(memory=100, memory_swap=-1), {"MemorySwap": -1}),
        (Resources(nano_cpus=500_000_000, cpu_shares=512), {"NanoCpus": 500_000_000, "CpuShares": 512}),
        (Resources(cpu_period=5, cpu_quota=6), {"CpuPeriod": 5, "CpuQuota": 6}),
        (Resources(cpuset_cpus="0-1", cpuset_mems="0"), {"CpusetCpus": "0-1", "CpusetMems": "0"}),
        (Resources(pids=64, memory_reservation=9), {"PidsLimit": 64, "MemoryReservation": 9}),
        (Resources(memory_swappiness=0, oom_kill_disable=True), {"MemorySwappiness": 0, "OomKillDisable": True}),
        (
            Resources(blkio_weight=300, blkio_weight_device=(("/dev/sda", 200),)),
            {"BlkioWeight": 300, "BlkioWeightDevice": [{"Path": "/dev/sda", "Weight": 200}]},
        ),
        (
            Resources(device_read_bps=(("/dev/sda", 1024),), device_write_iops=(("/dev/sda", 7),)),
            {
                "BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 1024}],
                "BlkioDeviceWriteIOps": [{"Path": "/dev/sda", "Rate": 7}],
                "BlkioDeviceWriteBps": [],
            },
        ),
    ],
)
def test_limits(limits: Resources, fields: dict[str, Any]) -> None:
    found = host_config(resources=limits)
    assert {name: found[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        (
            {"restart": RestartPolicy("on-failure", 5)},
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}},
        ),
        ({}, {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "ShmSize": 64 << 20, "Init": False}),
        (
            {"log": LogConfig("local", {"max-size": "1m"})},
            {"LogConfig": {"Type": "local", "Config": {"max-size": "1m"}}},
        ),
        ({"log": LogConfig("none")}, {"LogConfig": {"Type": "none", "Config": {}}}),
        (
            {"security": Security(capabilities_added=("NET_ADMIN",), capabilities_dropped=("ALL",))},
            {"CapAdd": ["NET_ADMIN"], "CapDrop": ["ALL"], "SecurityOpt": None, "Privileged": False},
        ),
        (
            {"security": Security(no_new_privileges=True, seccomp="unconfined", unmasked=True, writable_cgroups=True)},
            {
                "SecurityOpt": [
                    "no-new-privileges",
                    "seccomp=unconfined",
                    "systempaths=unconfined",
                    "writable-cgroups=true",
                ],
                "MaskedPaths": None,
                "ReadonlyPaths": None,
            },
        ),
        (
            {"namespaces": Namespaces(pid="host", ipc="container:4fa6", uts="host", cgroup="host")},
            {"PidMode": "host", "IpcMode": "container:4fa6", "UTSMode": "host", "CgroupnsMode": "host"},
        ),
        ({"groups": ("audio", "7"), "oom_score_adj": -5}, {"GroupAdd": ["audio", "7"], "OomScoreAdj": -5}),
        (
            {"devices": (Device("/dev/kvm", "/dev/kvm", "rw"),), "device_rules": ("c 42:* rmw",)},
            {
                "Devices": [{"PathOnHost": "/dev/kvm", "PathInContainer": "/dev/kvm", "CgroupPermissions": "rw"}],
                "DeviceCgroupRules": ["c 42:* rmw"],
            },
        ),
        ({"sysctls": {"net.core.somaxconn": "9"}}, {"Sysctls": {"net.core.somaxconn": "9"}}),
        ({"rlimits": (Rlimit("NOFILE", 10, 20),)}, {"Ulimits": [{"Name": "nofile", "Hard": 20, "Soft": 10}]}),
        (
            {"hosts": ("db:10.0.0.5",), "shm_size": 5, "init": True},
            {"ExtraHosts": ["db:10.0.0.5"], "ShmSize": 5, "Init": True},
        ),
        ({"runtime": "runc", "annotations": {"a": "b"}}, {"Runtime": "runc", "Annotations": {"a": "b"}}),
        ({"auto_remove": True, "read_only": True}, {"AutoRemove": True, "ReadonlyRootfs": True}),
        (
            {"networking": Networking(mode="shop", ports=PORTS, publishes_all=True)},
            {
                "NetworkMode": "shop",
                "PortBindings": {
                    "53/udp": [{"HostIp": "", "HostPort": ""}],
                    "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8000-8010"}, {"HostIp": "", "HostPort": "80"}],
                },
                "PublishAllPorts": True,
            },
        ),
        (
            {"networking": Networking(dns=Dns(servers=("10.0.0.5",), search=("example.org",), options=("ndots:2",)))},
            {"Dns": ["10.0.0.5"], "DnsSearch": ["example.org"], "DnsOptions": ["ndots:2"]},
        ),
    ],
)
def test_what_was_asked_of_the_host(spec: dict[str, Any], fields: dict[str, Any]) -> None:
    found = host_config(**spec)
    assert {name: found[name] for name in fields} == fields


def test_only_a_log_that_others_can_read_has_a_path() -> None:
    assert of(ContainerSpec(image="a", log=LogConfig("json-file")))["LogPath"] == "/s/c/4fa6-json.log"
    assert of(ContainerSpec(image="a", log=LogConfig("none")))["LogPath"] == ""
    assert of(ContainerSpec(image="a"))["LogPath"] == ""


def test_the_config() -> None:
    process = Process(user="7:8", terminal=True, open_stdin=True, working_directory="/srv", environment=("A=b",))
    check = Healthcheck(test=("CMD", "true"), interval=5_000_000_000, retries=2)
    spec = ContainerSpec(
        image="a",
        process=process,
        labels={"team": "shop"},
        exposed_ports=("80/tcp",),
        volumes=("/data",),
        stop_signal="SIGINT",
        domain_name="example.org",
        health=Health(check=check, on_failure="restart"),
    )
    config = of(spec)["Config"]
    assert (config["Hostname"], config["Domainname"], config["User"]) == ("web", "example.org", "7:8")
    assert (config["Tty"], config["OpenStdin"], config["StdinOnce"]) == (True, True, True)
    assert (config["Env"], config["WorkingDir"], config["Labels"]) == (["A=b"], "/srv", {"team": "shop"})
    assert (config["ExposedPorts"], config["Volumes"]) == ({"80/tcp": {}}, {"/data": {}})
    assert (config["StopSignal"], config["StopTimeout"]) == ("SIGINT", None)
    assert [config[f"Attach{stream}"] for stream in ("Stdin", "Stdout", "Stderr")] == [False, False, False]
    assert (config["Cmd"], config["Entrypoint"]) == (None, None)
    assert config["Healthcheck"] == {
        "Test": ["CMD", "true"],
        "Interval": 5_000_000_000,
        "Retries": 2,
        "OnFailure": "restart",
    }


def test_stdin_that_stays_open() -> None:
    process = Process(open_stdin=True, keeps_stdin=True)
    assert of(ContainerSpec(image="a", process=process))["Config"]["StdinOnce"] is False


def test_probes_that_need_no_program() -> None:
    health = Health(http="3000/healthz", tcp="3306")
    assert of(ContainerSpec(image="a", health=health))["Config"]["Healthcheck"] == {
        "HTTP": "3000/healthz",
        "TCP": "3306",
    }


# Networks

RUNNING = State(status="running", pid=17, ports=(PortBinding(80, "tcp", "0.0.0.0", 32768),))
ON_SHOP = Networking(
    mode="shop", attachments=(Attachment(network="shop", ipv4="10.88.0.7"), Attachment(network="bridge"))
)
SHOP = place("shop", ipv4="10.88.0.7", ipv6="fd00:88::2", mac="02:42:0a:58:00:07", aliases=("till",), priority=5)
BRIDGE = place("bridge", ipv4="10.88.0.2", mac="02:42:0a:58:00:02")
NOWHERE = {
    "EndpointID": "",
    "Gateway": "",
    "GlobalIPv6Address": "",
    "GlobalIPv6PrefixLen": 0,
    "IPAddress": "",
    "IPPrefixLen": 0,
    "IPv6Gateway": "",
    "MacAddress": "",
}


def settings(networking: Networking, state: State, *places: Place) -> dict[str, Any]:
    spec = ContainerSpec(image="a", networking=networking, hostname="till-1", exposed_ports=("80/tcp", "443/tcp"))
    found: dict[str, Any] = of(spec, state, replace(AROUND, places=places))["NetworkSettings"]
    return found


def test_where_it_is_reached_while_it_runs() -> None:
    found = settings(ON_SHOP, RUNNING, SHOP, BRIDGE)
    shop = found["Networks"]["shop"]
    assert len(shop.pop("EndpointID")) == 64
    assert shop == {
        "IPAMConfig": {"IPv4Address": "10.88.0.7"},
        "Links": None,
        "Aliases": ["till"],
        "MacAddress": "02:42:0a:58:00:07",
        "DriverOpts": None,
        "GwPriority": 5,
        "NetworkID": NETWORKS["shop"],
        "Gateway": "10.88.0.1",
        "IPAddress": "10.88.0.7",
        "IPPrefixLen": 16,
        "IPv6Gateway": "fd00:88::1",
        "GlobalIPv6Address": "fd00:88::2",
        "GlobalIPv6PrefixLen": 64,
        "DNSNames": ["web", "till", "4fa6", "till-1"],
    }
    bridge = found["Networks"]["bridge"]
    assert (bridge["IPAMConfig"], bridge["Aliases"], bridge["DNSNames"], bridge["IPv6Gateway"]) == (
        None,
        None,
        None,
        "",
    )
    assert {field: found[field] for field in NOWHERE} == {field: bridge[field] for field in NOWHERE}
    assert list(found["Networks"]) == ["bridge", "shop"]
    assert found["Ports"] == {"443/tcp": None, "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}
    assert (found["SandboxKey"], found["SandboxID"]) == ("/s/c/netns", "4fa6")


def test_where_it_was_reached_is_not_told() -> None:
    found = settings(ON_SHOP, State(status="exited"), SHOP, BRIDGE)
    shop = found["Networks"]["shop"]
    assert {field: shop[field] for field in NOWHERE} == {field: found[field] for field in NOWHERE} == NOWHERE
    assert (shop["IPAMConfig"], shop["Aliases"]) == ({"IPv4Address": "10.88.0.7"}, ["till"])
    assert shop["NetworkID"] == NETWORKS["shop"]
    assert (found["Ports"], found["SandboxKey"], found["SandboxID"]) == ({}, "", "")


def test_an_internal_network_has_no_gateway() -> None:
    inner = Place(replace(SHOP.network, is_internal=True), SHOP.endpoint)
    shop = settings(ON_SHOP, RUNNING, inner)["Networks"]["shop"]
    assert (shop["IPAddress"], shop["Gateway"], shop["IPv6Gateway"]) == ("10.88.0.7", "", "")


def test_who_has_no_network_of_its_own() -> None:
    bare = State(status="running", pid=17)
    on_host = settings(Networking(mode="host"), bare, place("host", "host"))
    assert (on_host["SandboxKey"], on_host["Ports"]) == ("/proc/17/ns/net", {})
    assert on_host["Networks"]["host"]["NetworkID"] == NETWORKS["host"]
    assert (on_host["Networks"]["host"]["DNSNames"], on_host["IPAddress"]) == (None, "")
    shared = settings(Networking(mode="container:4fa7"), bare)
    assert (shared["SandboxKey"], shared["Networks"], shared["Ports"]) == ("", {}, {})
