"""Containers, networks and volumes by their labels: others' are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from tests.api.policies import (
    BY_NAME,
    CI,
    CREATE,
    HOST,
    OURS,
    THEIRS,
    Facts,
    asked,
    made,
    not_made,
    policy,
    refused,
)

from onggi.api.policy.rules import EVERYTHING
from onggi.api.policy.sight import MARK, Sight, Thing
from onggi.api.refusals import Refusal
from onggi.engine.filters import Filters, matches
from onggi.engine.pruning import prune_filter
from onggi.linux.event_log import Actor, Event
from onggi.store.prune_filter import has_label

OTHERS: dict[str, dict[str, Any]] = {
    "volumes": {"VolumesFrom": ["theirs"]},
    "volumes, read-only": {"VolumesFrom": ["theirs:ro"]},
    "network": {"NetworkMode": "container:theirs"},
    "processes": {"PidMode": "container:theirs"},
    "IPC": {"IpcMode": f"container:{THEIRS}"},
    "named volume": {"Binds": ["theirs:/data"]},
    "mounted volume": {"Mounts": [{"Type": "volume", "Source": "theirs", "Target": "/data"}]},
    "a volume that is not there": {"Binds": ["nothing:/data"]},
    "a network": {"NetworkMode": "theirs"},
    "an address, by a link": {"NetworkMode": "ours", "Links": ["theirs:db"]},
}


@pytest.mark.parametrize("what", OTHERS)
def test_others_things_are_not_there(what: str) -> None:
    """By 400, for of a 404 clients say that the image is missing."""
    refused = not_made(CI, OTHERS[what])
    assert (refused.status, refused.message[:7]) == (400, "No such")


def test_what_was_looked_at_is_what_is_made() -> None:
    """Names may be another's by then."""
    spec = made(
        CI,
        {
            "NetworkMode": "container:ours",
            "PidMode": "container:ours",
            "IpcMode": "container:ours",
            "VolumesFrom": ["ours:ro"],
        },
    )
    assert spec.networking.mode == spec.namespaces.pid == spec.namespaces.ipc == f"container:{OURS}"
    assert spec.volumes_from == (f"{OURS}:ro",)
    connected = made(CI, {"NetworkMode": "ours"}, NetworkingConfig={"EndpointsConfig": {"ours": {"Aliases": ["db"]}}})
    assert connected.networking.mode == OURS
    assert [each.network for each in connected.networking.attachments] == [OURS]


def test_named_volumes_and_networks_need_their_sets() -> None:
    for host in ({"Binds": ["ours:/data"]}, {"NetworkMode": "ours"}):
        assert not_made(policy("containers"), host).status == 403


def test_a_container_gets_the_label_and_a_mark_that_only_we_give() -> None:
    spec = made(CI, Labels={"own": "1"})
    assert spec.labels == {"own": "1", "ci": ""}
    assert spec.annotations[MARK] == "ci"
    assert made(CI, Labels={"ci": "7"}).labels == {"ci": "7"}
    forged = {"Annotations": {MARK: "production"}}
    assert MARK not in made(policy("containers"), forged).annotations
    assert made(CI, forged).annotations[MARK] == "ci"


def test_a_label_with_a_value_is_given_whatever_was_asked_for() -> None:
    spec = made(policy("containers:label=ci=yes"), Labels={"ci": "no"})
    assert spec.labels == {"ci": "yes"}
    assert spec.annotations[MARK] == "ci=yes"


def test_of_several_labels_that_which_was_asked_for_is_ours() -> None:
    """The image may have it as well, and then only the mark tells."""
    assert made(policy("containers:label=a,containers:label=b"), Labels={"b": "1"}).annotations[MARK] == "b"


ABOUT_ONE = [name for name in BY_NAME if name.partition(" /")[2].startswith("containers/{")]


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_nothing_is_done_to_others_containers(name: str) -> None:
    for other in ("theirs", THEIRS, "nobody"):
        assert refused(CI, name, {"name": other}).status == 404


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_what_was_looked_at_is_what_is_handled(name: str) -> None:
    assert asked(CI, name, {"name": "ours"}).path["name"] == OURS


@pytest.mark.parametrize("name", [name for name in BY_NAME if "/exec/{" in name])
def test_processes_of_others_are_not_there(name: str) -> None:
    asked(CI, name, {"id": "e1"})
    for execution in ("e2", "e3"):
        assert refused(CI, name, {"id": execution}).status == 404


def test_commit_is_of_ours() -> None:
    assert asked(CI, "POST /commit", container="ours").query.container == OURS
    assert refused(CI, "POST /commit", container="theirs").status == 404


class NothingOfOurs(Facts):
    def containers(self) -> Iterable[Thing]:
        return [self.things[THEIRS]]


def test_a_list_has_our_containers_and_no_others() -> None:
    """By their IDs: images may have brought the label to others."""
    assert [each for each in (OURS, THEIRS, HOST) if Sight(CI.rules, Facts()).listed()(each)] == [OURS]
    assert not Sight(CI.rules, NothingOfOurs()).listed()(THEIRS)
    assert Sight(EVERYTHING, Facts()).listed()(THEIRS)


FILTERS: tuple[Mapping[str, tuple[str, ...]], ...] = ({}, {"label": ()}, {"label": ("ci",)}, {"label": ("production",)})
NETWORKS, VOLUMES = ("GET /networks", "POST /networks/prune"), ("GET /volumes", "POST /volumes/prune")


@pytest.mark.parametrize("name", (*NETWORKS, *VOLUMES))
@pytest.mark.parametrize("said", FILTERS, ids=str)
def test_lists_show_ours_and_prune_takes_ours(name: str, said: Filters) -> None:
    """As the engine reads what the policy has made of the filters."""
    found: Filters = asked(CI, name, filters=said).query.filters

    def takes(labels: Mapping[str, str]) -> bool:
        if name.startswith("POST"):
            return prune_filter(found, 0.0).takes(0.0, labels)
        return matches(labels, found, {"label": has_label})

    assert not takes({"production": ""})
    assert not takes({})
    assert takes({"ci": "1", "production": ""})


def test_containers_are_not_pruned_by_a_label_that_images_may_bring() -> None:
    assert refused(CI, "POST /containers/prune").status == 403
    asked(policy("containers"), "POST /containers/prune")


def test_disk_usage_is_of_all() -> None:
    asked(policy("system"), "GET /system/df")
    assert refused(policy("system,volumes:label=ci"), "GET /system/df").status == 403


def test_networks_and_volumes_get_the_label() -> None:
    assert asked(CI, "POST /volumes/create", {}, {"Name": "new"}).body.labels == {"ci": ""}
    assert asked(CI, "POST /networks/create", {}, {"Name": "new"}).body.labels == {"ci": ""}
    assert refused(CI, "POST /volumes/create", {}, {"Name": "theirs"}).status == 403
    assert asked(policy("volumes"), "POST /volumes/create", {}, {"Name": "theirs"}).body.labels == {}


NAMING: dict[str, Callable[[str], Refusal]] = {
    "a new container": lambda name: refused(CI, CREATE, {}, {"Image": "x"}, name=name),
    "ours": lambda name: refused(CI, "POST /containers/{name}/rename", {"name": "ours"}, name=name),
    "a network": lambda name: refused(CI, "POST /networks/create", {}, {"Name": name}),
    "a volume": lambda name: refused(CI, "POST /volumes/create", {}, {"Name": name}),
}


@pytest.mark.parametrize("what", NAMING)
def test_nothing_of_ours_is_called_as_others_things(what: str) -> None:
    """Nor as their IDs begin: who writes those would get ours. And their IDs are not told."""
    for name in ("theirs", THEIRS, THEIRS[:12]):
        refusal = NAMING[what](name)
        assert "is taken" in refusal.message
        assert refusal.message.count(THEIRS) == name.count(THEIRS)


def test_others_are_not_connected() -> None:
    name = "POST /networks/{id}/connect"
    assert asked(CI, name, {"id": "ours"}, {"Container": "ours"}).body.container == OURS
    assert refused(CI, name, {"id": "ours"}, {"Container": "theirs"}).status == 404
    assert refused(CI, name, {"id": "theirs"}, {"Container": "ours"}).status == 404


@pytest.mark.parametrize("what", ["connect", "disconnect"])
def test_who_may_do_nothing_with_containers_lets_none_in_or_out(what: str) -> None:
    name, networks = f"POST /networks/{{id}}/{what}", policy("networks:label=ci")
    for container in ("theirs", "ours", "nobody"):
        assert refused(networks, name, {"id": "ours"}, {"Container": container}).status == 403
    asked(policy("networks", "containers"), name, {"id": "theirs"}, {"Container": "theirs"})


def event(container: str, kind: str = "container", action: str = "start", **attributes: str) -> Event:
    return Event(type=kind, action=action, actor=Actor(container, attributes), time=1, time_nano=1)


def test_events_are_of_our_containers() -> None:
    assert asked(CI, "GET /events").query.filters == {"type": ("container",)}
    assert asked(CI, "GET /events", filters={"type": ()}).query.filters == {"type": ("container",)}
    assert refused(CI, "GET /events", filters={"type": ("image",)}).status == 403
    assert asked(policy("events"), "GET /events").query.filters == {}


def test_a_label_in_an_event_says_nothing() -> None:
    may_tell = Sight(CI.rules, Facts()).witness()
    assert may_tell(event(OURS))
    assert not may_tell(event(THEIRS, ci="1"))
    assert not may_tell(event(OURS, kind="image", ci="1"))
    assert not may_tell(event("", ci="1"))


def test_one_that_is_gone_is_not_taken_for_one_that_bears_its_id_as_a_name() -> None:
    may_tell = Sight(CI.rules, Facts()).witness()
    assert not may_tell(event("d" * 64, ci="1"))


def test_who_is_gone_is_forgotten() -> None:
    """A stream may go on for months."""
    facts = Facts()
    may_tell = Sight(CI.rules, facts).witness()
    facts.things = {}
    assert may_tell(event(OURS, action="die"))
    assert may_tell(event(OURS, action="destroy"))
    assert not may_tell(event(OURS))


def test_without_labels_all_events_are_told() -> None:
    assert Sight(EVERYTHING, Facts()).witness()(event(THEIRS))
