"""Ways to the host, all of which are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.api.policies import ALL, CI, HOST, Facts, asked, made, not_made, policy, refused

from onggi.api.policy.reach import within
from onggi.api.policy.rules import EVERYTHING, Policy
from onggi.api.policy.sight import Sight
from onggi.api.refusals import Refusal
from onggi.container.spec import Resources
from onggi.engine.output import CacheTarget, FolderCache, FolderOutput, InlineCache, RegistryCache
from onggi.engine.types import BuildRequest
from onggi.errors import OnggiError


def of_volume(**options: str) -> dict[str, Any]:
    driver = {"DriverConfig": {"Options": options}}
    return {"Mounts": [{"Type": "volume", "Target": "/host", "VolumeOptions": driver}]}


REACHES_HOST: dict[str, dict[str, Any]] = {
    "a bind": {"Binds": ["/:/host"]},
    "a bind, read-only": {"Binds": ["/etc:/host:ro"]},
    "a bind of the socket": {"Binds": ["/run/onggi.sock:/run/onggi.sock"]},
    "a bind with dots": {"Binds": ["/var/../etc:/host"]},
    "a bind by small letters": {"binds": ["/:/host"]},
    "a bind mount": {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/host"}]},
    "a volume that is a bind": of_volume(type="none", o="bind", device="/"),
    "a volume of NFS": of_volume(type="nfs"),
    "privileges": {"Privileged": True},
    "a capability": {"CapAdd": ["SYS_ADMIN"]},
    "a capability in small letters": {"CapAdd": ["cap_sys_ptrace"]},
    "all capabilities": {"CapAdd": ["ALL"]},
    "the host's network": {"NetworkMode": "host"},
    "the host's network by its ID": {"NetworkMode": HOST},
    "the host's processes": {"PidMode": "host"},
    "the host's IPC": {"IpcMode": "host"},
    "the host's name": {"UTSMode": "host"},
    "the host's control groups": {"CgroupnsMode": "host"},
    "a control group of the host's": {"CgroupParent": "/system.slice"},
    "control groups to write to": {"SecurityOpt": ["writable-cgroups=true"]},
    "no seccomp": {"SecurityOpt": ["seccomp=unconfined"]},
    "a seccomp profile": {"SecurityOpt": ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']},
    "system paths": {"SecurityOpt": ["systempaths=unconfined"]},
    "no masks": {"MaskedPaths": [], "ReadonlyPaths": []},
    "a runtime": {"Runtime": "runc"},
    "a device": {"Devices": [{"PathOnHost": "/dev/sda"}]},
    "a rule for devices": {"DeviceCgroupRules": ["a *:* rwm"]},
    "whether a device is there": {"BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 1}]},
    "no end by the OOM killer": {"OomKillDisable": True},
    "an OOM score": {"OomScoreAdj": -1000},
    "a low port": {"PortBindings": {"80/tcp": [{"HostPort": "80"}]}},
    "a range of low ports": {"PortBindings": {"80/tcp": [{"HostPort": "1000-2000"}]}},
    "a range of ports from none": {"PortBindings": {"80/tcp": [{"HostPort": "0-80"}]}},
    "several ports from none": {"PortBindings": {"80-82/tcp": [{"HostPort": "0-2"}]}},
    "a low port among others": {"PortBindings": {"80/tcp": [{"HostPort": "8080"}, {"HostPort": "80"}]}},
}


@pytest.mark.parametrize("what", REACHES_HOST)
@pytest.mark.parametrize("allowed", [CI, ALL], ids=["labelled", "all"])
def test_no_container_reaches_the_host(what: str, allowed: Policy) -> None:
    refusal = not_made(allowed, REACHES_HOST[what])
    assert refusal.status == 403
    assert "policy" in refusal.message


MEANINGLESS: dict[str, dict[str, Any]] = {
    "a mount of no type": {"Mounts": [{"Source": "/", "Target": "/host"}]},
    "one list of masks": {"MaskedPaths": []},
    "a request for devices": {"DeviceRequests": [{"Count": -1}]},
    "a signed port": {"PortBindings": {"80/tcp": [{"HostPort": "+80"}]}},
    "a host port in the key": {"PortBindings": {"80:80/tcp": None}},
    "an AppArmor profile": {"SecurityOpt": ["apparmor=mine"]},
    "users of another": {"UsernsMode": "private"},
    "a namespace of a path": {"PidMode": "ns:/proc/1/ns/pid"},
}


@pytest.mark.parametrize("what", MEANINGLESS)
def test_what_nobody_is_given_needs_no_policy(what: str) -> None:
    with pytest.raises(OnggiError):
        made(ALL, MEANINGLESS[what])


HARMLESS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a volume without a name": {"Binds": ["/data"]},
    "a tmpfs": {"Mounts": [{"Type": "tmpfs", "Target": "/t"}], "Tmpfs": {"/u": ""}},
    "our volume": {"Binds": ["ours:/data"]},
    "our volume as a mount": {"Mounts": [{"Type": "volume", "Source": "ours", "Target": "/data"}]},
    "our container's volumes": {"VolumesFrom": ["ours:ro"]},
    "our container's network": {"NetworkMode": "container:ours"},
    "our network": {"NetworkMode": "ours"},
    "the default network": {"NetworkMode": "default"},
    "no network": {"NetworkMode": "none"},
    "usual capabilities": {"CapAdd": ["CHOWN", "cap_net_raw"], "CapDrop": ["ALL"]},
    "no new privileges": {"SecurityOpt": ["no-new-privileges"]},
    "what is off anyway": {"SecurityOpt": ["apparmor=unconfined", "label=disable"], "UsernsMode": "host"},
    "the usual profile": {"SecurityOpt": ["seccomp=builtin"]},
    "the usual runtime": {"Runtime": "onggi"},
    "a port": {"PortBindings": {"80/tcp": [{"HostPort": "8080"}, {"HostPort": ""}, {"HostPort": "0"}]}},
    "limits": {"Memory": 1 << 30, "NanoCpus": 10**9, "PidsLimit": 100, "OomScoreAdj": 100},
}


@pytest.mark.parametrize("what", HARMLESS)
def test_a_container_that_stays_in_is_made(what: str) -> None:
    made(CI, HARMLESS[what])


def test_what_older_clients_say_is_read_as_it_is_handled() -> None:
    body = {"Image": "x", "HostConfig": {"Binds": ["/etc:/host:ro"]}}
    assert refused(ALL, "POST /containers/create", {}, body, version=(1, 24)).status == 403


def test_the_host_network_has_several_names() -> None:
    for endpoint in ("host", HOST):
        endpoints: dict[str, Any] = {"EndpointsConfig": {endpoint: {}}}
        assert not_made(policy("containers,networks"), NetworkingConfig=endpoints).status == 403
        connect = refused(policy("networks"), "POST /networks/{id}/connect", {"id": endpoint}, {"Container": "ours"})
        assert connect.status == 403


def test_volumes_from_all_containers_would_be_binds() -> None:
    assert "VolumesFrom" in not_made(policy("containers"), {"VolumesFrom": ["ours"]}).message


def test_exec_is_not_privileged() -> None:
    name = "POST /containers/{name}/exec"
    assert refused(CI, name, {"name": "ours"}, {"Cmd": ["sh"], "Privileged": True}).status == 403
    assert refused(CI, name, {"name": "ours"}, {"cmd": ["sh"], "privileged": True}).status == 403


@pytest.mark.parametrize(
    "body",
    [{"BlkioDeviceWriteBps": [{"Path": "/dev/sda", "Rate": 1}]}, {"OomKillDisable": True}],
    ids=lambda body: next(iter(body)),
)
def test_update_reaches_no_further_than_create(body: dict[str, Any]) -> None:
    name = "POST /containers/{name}/update"
    assert refused(CI, name, {"name": "ours"}, body).status == 403
    asked(CI, name, {"name": "ours"}, {"Memory": 1 << 30, "RestartPolicy": {"Name": "always"}})


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("POST /volumes/create", {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": "/"}}),
        ("POST /volumes/create", {"Name": "v", "DriverOpts": {"type": "nfs", "device": ":/"}}),
        ("POST /networks/create", {"Name": "n", "Driver": "macvlan"}),
        ("POST /networks/create", {"Name": "n", "Driver": "host"}),
        ("POST /networks/create", {"Name": "n", "IPAM": {"Config": [{"Subnet": "8.8.8.0/24"}]}}),
        ("POST /networks/create", {"Name": "n", "Options": {"com.docker.network.bridge.name": "eth0"}}),
    ],
)
def test_volumes_and_networks_stay_off_the_host(name: str, body: dict[str, Any]) -> None:
    assert refused(policy("volumes,networks"), name, {}, body).status == 403


def test_builds_reach_neither_the_host_nor_its_keys() -> None:
    assert refused(policy("build"), "POST /build", network_mode="host").status == 403
    for remote in ("git@example.com:private.git", "ssh://git@example.com/private", "file:///etc", "/etc", "HTTP://x"):
        assert refused(policy("build"), "POST /build", remote=remote).status == 403
    asked(policy("build"), "POST /build", remote="https://example.com/context.tar")
    asked(policy("build"), "POST /build", cache_from="[]", build_args="null")


def test_no_build_brings_results_that_others_would_get() -> None:
    """What a cache says that a step has made is kept for all builds of the store."""
    assert refused(policy("build"), "POST /build", cache_from='["evil.example/cache"]').status == 403


BUILDS = {
    "a folder": BuildRequest(context=Path("/etc")),
    "a further folder": BuildRequest(context="", contexts={"etc": "/etc"}),
    "a cache in a folder": BuildRequest(context="", cache_from=(FolderCache(folder=Path("/etc")),)),
    "a cache at a registry": BuildRequest(context="", cache_from=(RegistryCache(reference="evil.example/cache"),)),
    "a cache to be written": BuildRequest(context="", cache_to=(CacheTarget(place=InlineCache()),)),
    "an agent": BuildRequest(context="", ssh=("default",)),
    "an entitlement": BuildRequest(context="", allow=("security.insecure",)),
    "files": BuildRequest(context="", outputs=(FolderOutput(folder=Path("/etc")),)),
    "a limit of a device": BuildRequest(context="", resources=Resources(device_read_bps=(("/dev/sda", 1),))),
}


@pytest.mark.parametrize("what", BUILDS)
def test_no_build_is_given_more_than_a_client_sends(what: str) -> None:
    """Whatever parameter would ask for it."""
    with pytest.raises(Refusal):
        within(BUILDS[what], Sight(EVERYTHING, Facts()))


@pytest.mark.parametrize("options", ["-eo args,pid", "-eo ni=PID,args", "-O args", "--format pid", "-o", "o pid,args"])
def test_ps_shows_lines_of_no_other_processes(options: str) -> None:
    """A column that is called or taken for PID could have the numbers of a container's processes in it by chance."""
    name = "GET /containers/{name}/top"
    assert refused(CI, name, {"name": "ours"}, ps_args=options).status == 403


@pytest.mark.parametrize("options", ["", "-ef", "aux", "-e -f"])
def test_ps_takes_usual_options(options: str) -> None:
    asked(CI, "GET /containers/{name}/top", {"name": "ours"}, ps_args=options)
