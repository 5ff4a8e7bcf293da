"""What a socket that can do less refuses: requests by their sets, things by their labels, and ways to the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from onggi.api import body as bodies
from onggi.api.application import ROUTES
from onggi.api.policy import ALWAYS, MARK, SETS, Asked, Policy, Thing, decide, parse, show
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.wire.container import Create
from onggi.errors import Invalid

BY_NAME = {f"{route.method} {route.path}": route for route in ROUTES}
CREATE = "POST /containers/create"
OURS, THEIRS = "a" * 64, "b" * 64


class Facts:
    """Two of each: ours, with the label ci, and theirs, whose label does not count or is another."""

    things: Mapping[str, Thing] = {
        "ours": Thing(OURS, {"ci": "1"}),
        OURS: Thing(OURS, {"ci": "1"}),
        "theirs": Thing(THEIRS, {"production": ""}),
        THEIRS: Thing(THEIRS, {"production": ""}),
        "host": Thing("c" * 64, {}, is_host=True),
        "c" * 64: Thing("c" * 64, {}, is_host=True),
    }

    def container(self, name: str) -> Thing | None:
        return self.things.get(name)

    network = volume = container

    def container_of(self, execution: str) -> str | None:
        return {"e1": OURS, "e2": THEIRS}.get(execution)

    def has_image(self, name: str) -> bool:
        return name == "docker.io/library/debian:12"


def asked(policy: Policy, name: str, path: Mapping[str, str] = {}, body: Any = None, **query: Any) -> Asked:
    route: Route = BY_NAME[name]
    document = None if route.body is None else bodies.read(msgspec.json.encode(body or {}), route.body)
    return decide(policy, name, path, route.query(**query), document, Facts())


def refused(policy: Policy, name: str, *rest: Any, **query: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        asked(policy, name, *rest, **query)
    return found.value


def policy(*allowed: str, is_read_only: bool = False) -> Policy:
    found = parse(allowed, is_read_only=is_read_only)
    assert found is not None
    return found


CI = policy("containers:label=ci,volumes:label=ci,networks:label=ci,commit,events")


def test_without_limits_there_is_no_policy() -> None:
    assert parse((), is_read_only=False) is None
    assert "root on this host" in show(None)


@pytest.mark.parametrize(
    "text", ["everything", "build:label=x", "volumes:name=x", "containers:label=", "build:name", "pull:tag=x", ""]
)
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse([text], is_read_only=False)


ROUTE_SETS = {
    "POST /build": {"build"},
    "POST /commit": {"commit"},
    "GET /containers/json": {"containers"},
    "POST /containers/create": {"containers"},
    "DELETE /containers/{name}": {"containers"},
    "POST /containers/{name}/attach": {"containers"},
    "GET /images/json": {"images"},
    "DELETE /images/{name:.+}": {"remove"},
    "POST /images/load": {"load"},
    "POST /images/{name:.+}/push": {"push"},
    "POST /images/{name:.+}/tag": {"tag"},
    "POST /volumes/create": {"volumes"},
    "GET /networks": {"networks"},
    "GET /info": {"system"},
}


@pytest.mark.parametrize("name", ROUTE_SETS)
def test_a_request_is_served_by_its_set_and_no_other(name: str) -> None:
    path = {"name": "ours", "id": "ours"}
    query = {"container": "ours"} if name == "POST /commit" else {}
    for each in SETS:
        if each in ROUTE_SETS[name]:
            asked(policy(each), name, path, **query)
        else:
            assert refused(policy(each), name, path, **query).status == 403, each


@pytest.mark.parametrize("name", BY_NAME)
def test_what_no_set_names_is_served_to_nobody(name: str) -> None:
    if name in ALWAYS:
        return
    refusal = refused(Policy({}), name, {"name": "x", "id": "x"})
    assert refusal.status == 403
    assert "policy" in refusal.message


@pytest.mark.parametrize("name", BY_NAME)
def test_read_only_changes_nothing(name: str) -> None:
    looks = name in ALWAYS or name.endswith("/wait") or name.startswith(("GET ", "HEAD "))
    if name in ALWAYS:
        return
    if looks and not name.endswith("/attach/ws"):
        try:
            asked(policy(is_read_only=True), name, {"name": "x", "id": "x"})
        except Refusal as refusal:
            assert "read-only" not in refusal.message  # no set has it
    else:
        assert "read-only" in refused(policy(is_read_only=True), name, {"name": "x", "id": "x"}).message


def test_pull_is_no_import() -> None:
    asked(policy("pull"), "POST /images/create", image="busybox")
    assert refused(policy("pull"), "POST /images/create", source="-").status == 403
    assert refused(policy("load"), "POST /images/create", image="busybox").status == 403


REACHES_HOST: dict[str, dict[str, Any]] = {
    "a bind": {"Binds": ["/:/host"]},
    "a bind, read-only": {"Binds": ["/etc:/host:ro"]},
    "a bind of the socket": {"Binds": ["/run/onggi.sock:/run/onggi.sock"]},
    "a bind with dots": {"Binds": ["/var/../etc:/host"]},
    "a bind mount": {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/host"}]},
    "a mount of no type": {"Mounts": [{"Source": "/", "Target": "/host"}]},
    "a volume that is a bind": {
        "Mounts": [
            {
                "Type": "volume",
                "Target": "/host",
                "VolumeOptions": {"DriverConfig": {"Options": {"type": "none", "o": "bind", "device": "/"}}},
            }
        ]
    },
    "a volume of NFS": {
        "Mounts": [{"Type": "volume", "Target": "/x", "VolumeOptions": {"DriverConfig": {"Options": {"type": "nfs"}}}}]
    },
    "privileges": {"Privileged": True},
    "a capability": {"CapAdd": ["SYS_ADMIN"]},
    "a capability in small letters": {"CapAdd": ["cap_sys_ptrace"]},
    "all capabilities": {"CapAdd": ["ALL"]},
    "the host's network": {"NetworkMode": "host"},
    "the host's processes": {"PidMode": "host"},
    "the host's IPC": {"IpcMode": "host"},
    "the host's name": {"UTSMode": "host"},
    "the host's control groups": {"CgroupnsMode": "host"},
    "the host's users": {"UsernsMode": "host"},
    "no seccomp": {"SecurityOpt": ["seccomp=unconfined"]},
    "a seccomp profile": {"SecurityOpt": ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']},
    "no AppArmor": {"SecurityOpt": ["apparmor=unconfined"]},
    "system paths": {"SecurityOpt": ["systempaths=unconfined"]},
    "no masks": {"MaskedPaths": []},
    "writable system paths": {"ReadonlyPaths": []},
    "a runtime": {"Runtime": "runc"},
    "a device": {"Devices": [{"PathOnHost": "/dev/sda"}]},
    "a rule for devices": {"DeviceCgroupRules": ["a *:* rwm"]},
    "a request for devices": {"DeviceRequests": [{"Count": -1}]},
    "no end by the OOM killer": {"OomKillDisable": True},
    "an OOM score": {"OomScoreAdj": -1000},
    "a low port": {"PortBindings": {"80/tcp": [{"HostPort": "80"}]}},
    "a range of low ports": {"PortBindings": {"80/tcp": [{"HostPort": "1000-2000"}]}},
    "a signed low port": {"PortBindings": {"80/tcp": [{"HostPort": "+80"}]}},
}


@pytest.mark.parametrize("what", REACHES_HOST)
@pytest.mark.parametrize("allowed", [CI, policy("containers,volumes,networks")], ids=["labelled", "all"])
def test_no_container_reaches_the_host(what: str, allowed: Policy) -> None:
    refusal = refused(allowed, CREATE, {}, {"Image": "busybox", "HostConfig": REACHES_HOST[what]})
    assert refusal.status == 403
    assert "policy" in refusal.message


HARMLESS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a volume without a name": {"Binds": ["/data"]},
    "a tmpfs": {"Mounts": [{"Type": "tmpfs", "Target": "/t"}], "Tmpfs": {"/u": ""}},
    "our volume": {"Binds": ["ours:/data"]},
    "our volume as a mount": {"Mounts": [{"Type": "volume", "Source": "ours", "Target": "/data"}]},
    "our container's volumes": {"VolumesFrom": ["ours:ro"]},
    "our container's network": {"NetworkMode": "container:ours"},
    "our network": {"NetworkMode": "ours"},
    "usual capabilities": {"CapAdd": ["CHOWN", "cap_net_raw"], "CapDrop": ["ALL"]},
    "no new privileges": {"SecurityOpt": ["no-new-privileges"]},
    "a port": {"PortBindings": {"80/tcp": [{"HostPort": "8080"}, {"HostPort": ""}, {"HostPort": "0"}]}},
    "limits": {"Memory": 1 << 30, "NanoCpus": 10**9, "PidsLimit": 100},
}


@pytest.mark.parametrize("what", HARMLESS)
def test_a_container_that_stays_in_is_made(what: str) -> None:
    asked(CI, CREATE, {}, {"Image": "busybox", "HostConfig": HARMLESS[what]})


OTHERS: dict[str, dict[str, Any]] = {
    "volumes": {"VolumesFrom": ["theirs"]},
    "network": {"NetworkMode": "container:theirs"},
    "processes": {"PidMode": "container:theirs"},
    "IPC": {"IpcMode": f"container:{THEIRS}"},
    "named volume": {"Binds": ["theirs:/data"]},
    "mounted volume": {"Mounts": [{"Type": "volume", "Source": "theirs", "Target": "/data"}]},
    "a volume that is not there": {"Binds": ["nothing:/data"]},
    "a network": {"NetworkMode": "theirs"},
}


@pytest.mark.parametrize("what", OTHERS)
def test_others_things_are_not_there(what: str) -> None:
    assert refused(CI, CREATE, {}, {"Image": "busybox", "HostConfig": OTHERS[what]}).status == 404


def test_the_host_network_has_several_names() -> None:
    for endpoint in ("host", "c" * 64):
        body = {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {endpoint: {}}}}
        assert refused(policy("containers,networks"), CREATE, {}, body).status == 403
    body = {"Image": "x", "HostConfig": {"NetworkMode": "c" * 64}}
    assert refused(policy("containers,networks"), CREATE, {}, body).status == 403


def test_volumes_from_all_containers_would_be_binds() -> None:
    body = {"Image": "busybox", "HostConfig": {"VolumesFrom": ["ours"]}}
    assert "VolumesFrom" in refused(policy("containers"), CREATE, {}, body).message


def test_named_volumes_and_networks_need_their_sets() -> None:
    for host in ({"Binds": ["ours:/data"]}, {"NetworkMode": "ours"}):
        assert refused(policy("containers"), CREATE, {}, {"Image": "x", "HostConfig": host}).status == 403


def test_a_container_gets_the_label_and_a_mark_that_only_we_give() -> None:
    made: Create = asked(CI, CREATE, {}, {"Image": "x", "Labels": {"own": "1"}}).body
    assert made.labels == {"own": "1", "ci": ""}
    assert made.host_config.annotations[MARK] == "ci"
    given: Create = asked(CI, CREATE, {}, {"Image": "x", "Labels": {"ci": "7"}}).body
    assert given.labels == {"ci": "7"}
    forged = {"Image": "x", "HostConfig": {"Annotations": {MARK: "production"}}}
    assert MARK not in asked(policy("containers"), CREATE, {}, forged).body.host_config.annotations
    assert asked(CI, CREATE, {}, forged).body.host_config.annotations[MARK] == "ci"


def test_a_label_with_a_value_is_given_whatever_was_asked_for() -> None:
    limited = policy("containers:label=ci=yes")
    made: Create = asked(limited, CREATE, {}, {"Image": "x", "Labels": {"ci": "no"}}).body
    assert made.labels == {"ci": "yes"}


ABOUT_ONE = [name for name, route in BY_NAME.items() if name.partition(" /")[2].startswith("containers/{")]


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_nothing_is_done_to_others_containers(name: str) -> None:
    assert refused(CI, name, {"name": "theirs"}).status == 404
    assert refused(CI, name, {"name": THEIRS}).status == 404
    assert refused(CI, name, {"name": "nobody"}).status == 404


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_what_was_looked_at_is_what_is_handled(name: str) -> None:
    assert asked(CI, name, {"name": "ours"}, {"Cmd": ["true"]}).path["name"] == OURS


@pytest.mark.parametrize("name", [name for name in BY_NAME if "/exec/{" in name])
def test_processes_of_others_are_not_there(name: str) -> None:
    asked(CI, name, {"id": "e1"})
    for execution in ("e2", "e3"):
        assert refused(CI, name, {"id": execution}).status == 404


def test_exec_is_not_privileged() -> None:
    name = "POST /containers/{name}/exec"
    assert refused(CI, name, {"name": "ours"}, {"Cmd": ["sh"], "Privileged": True}).status == 403


def test_update_gives_no_devices() -> None:
    name = "POST /containers/{name}/update"
    body = {"Devices": [{"PathOnHost": "/dev/sda"}]}
    assert refused(CI, name, {"name": "ours"}, body).status == 403


def test_commit_is_of_ours() -> None:
    assert asked(CI, "POST /commit", container="ours").query.container == OURS
    assert refused(CI, "POST /commit", container="theirs").status == 404


@pytest.mark.parametrize(
    "name",
    ["GET /containers/json", "POST /volumes/prune", "GET /volumes", "GET /networks", "POST /networks/prune"],
)
def test_lists_show_ours_and_prune_takes_ours(name: str) -> None:
    found = asked(CI, name, filters={"label": ("a=b",), "status": ("exited",)})
    assert found.query.filters["label"] == ("a=b", "ci")
    assert found.query.filters["status"] == ("exited",)


def test_containers_are_not_pruned_by_a_label_that_images_may_bring() -> None:
    assert refused(CI, "POST /containers/prune").status == 403
    asked(policy("containers"), "POST /containers/prune")


def test_networks_and_volumes_get_the_label() -> None:
    assert asked(CI, "POST /volumes/create", {}, {"Name": "new"}).body.labels == {"ci": ""}
    assert asked(CI, "POST /networks/create", {}, {"Name": "new"}).body.labels == {"ci": ""}
    assert refused(CI, "POST /volumes/create", {}, {"Name": "theirs"}).status == 403


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("POST /volumes/create", {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": "/"}}),
        ("POST /volumes/create", {"Name": "v", "DriverOpts": {"type": "nfs", "device": ":/"}}),
        ("POST /networks/create", {"Name": "n", "Driver": "macvlan"}),
        ("POST /networks/create", {"Name": "n", "IPAM": {"Config": [{"Subnet": "8.8.8.0/24"}]}}),
        ("POST /networks/create", {"Name": "n", "Options": {"com.docker.network.bridge.name": "eth0"}}),
    ],
)
def test_volumes_and_networks_stay_off_the_host(name: str, body: dict[str, Any]) -> None:
    assert refused(policy("volumes,networks"), name, {}, body).status == 403


def test_others_are_not_connected() -> None:
    name = "POST /networks/{id}/connect"
    assert asked(CI, name, {"id": "ours"}, {"Container": "ours"}).body.container == OURS
    assert refused(CI, name, {"id": "ours"}, {"Container": "theirs"}).status == 404
    assert refused(CI, name, {"id": "theirs"}, {"Container": "ours"}).status == 404


def test_builds_reach_neither_the_host_nor_its_keys() -> None:
    assert refused(policy("build"), "POST /build", network_mode="host").status == 403
    for remote in ("git@example.com:private.git", "ssh://git@example.com/private", "file:///etc", "/etc"):
        assert refused(policy("build"), "POST /build", remote=remote).status == 403
    asked(policy("build"), "POST /build", remote="https://example.com/context.tar")


def test_names_are_not_taken_from_others() -> None:
    assert refused(policy("build"), "POST /build", tags=("debian:12",)).status == 403
    asked(policy("build"), "POST /build", tags=("debian:13", "ci/app"))
    tag = "POST /images/{name:.+}/tag"
    assert refused(policy("tag"), tag, {"name": "x"}, repository="debian", tag="12").status == 403
    assert refused(policy("load"), "POST /images/create", source="-", repository="debian", tag="12").status == 403
    assert refused(CI, "POST /commit", container="ours", repository="docker.io/library/debian", tag="12").status == 403


def test_names_of_a_pattern_may_be_given_anew_and_no_others() -> None:
    limited = policy("build:name=debian:*,push:name=registry.example/ci/*,pull:name=busybox")
    asked(limited, "POST /build", tags=("debian:12",))
    assert refused(limited, "POST /build", tags=("debian:12", "alpine")).status == 403
    push = "POST /images/{name:.+}/push"
    asked(limited, push, {"name": "registry.example/ci/app"}, tag="1")
    assert refused(limited, push, {"name": "registry.example/other"}).status == 403
    asked(limited, "POST /images/create", image="docker.io/library/busybox", tag="1.36")
    assert refused(limited, "POST /images/create", image="evil.example/busybox").status == 403


def test_events_are_of_our_containers() -> None:
    if "GET /events" not in BY_NAME:
        return
    filters = asked(CI, "GET /events", filters={}).query.filters
    assert filters["type"] == ("container",)
    assert filters["label"] == ("ci",)
    assert refused(CI, "GET /events", filters={"type": ("image",)}).status == 403


def test_a_policy_is_shown() -> None:
    text = show(policy("build:name=ci/*,containers:label=ci"))
    assert "build: only name ci/*\n  POST /build\n  POST /build/cancel\n" in text
    looking = show(parse(["build", "containers"], is_read_only=True))
    assert "containers\n  GET /containers/*\n  GET /exec/*\n  POST /containers/*/wait\n" in looking
    assert "build" not in looking
    assert "bind mounts" in text
