"""Volumes over the Engine API: raw requests, and Docker's own command line."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.client import Client
from tests.api.served import Docker

from .conftest import BUSYBOX, Onggi

pytestmark = pytest.mark.one_server


def names(api: Client, **filters: list[str]) -> list[str]:
    return [volume["Name"] for volume in api.get("/volumes", filters=filters)["Volumes"]]


def use(api: Client, volume: str, name: str) -> str:
    """The ID of a container that has the volume, and does not run."""
    return api.create(BUSYBOX, "true", name=name, HostConfig={"Binds": [f"{volume}:/data"]})


def test_a_volume_is_made_once(onggi: Onggi, api: Client) -> None:
    answer = api.request("POST", "/volumes/create", {"Name": "data", "Labels": {"stage": "dev"}})
    assert answer.status == 201
    made = answer.json()
    assert (made["Name"], made["Driver"], made["Scope"], made["Options"]) == ("data", "local", "local", None)
    assert (made["Labels"], made["Mountpoint"]) == ({"stage": "dev"}, f"{onggi.root}/volumes/data/_data")
    again = api.request("POST", "/volumes/create", {"Name": "data", "Labels": {"stage": "prod"}})
    assert (again.status, again.json()) == (201, made)
    assert api.get("/volumes/data") == made
    assert api.get("/volumes") == {"Volumes": [made], "Warnings": None}


def test_one_without_a_name_has_a_label(api: Client) -> None:
    made = api.post("/volumes/create", {})
    assert len(made["Name"]) == 64
    assert made["Labels"] == {"com.docker.volume.anonymous": ""}


def test_options(api: Client) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    assert api.post("/volumes/create", {"Name": "scratch", "DriverOpts": options})["Options"] == options


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ({"Name": "a/b"}, 400, "create a/b: "),
        ({"Name": "data", "Driver": "foo"}, 404, 'error looking up volume plugin foo: plugin "foo" not found'),
        ({"Name": "data", "DriverOpts": {"colour": "red"}}, 400, 'invalid option: "colour"'),
        ({"Name": "data", "ClusterVolumeSpec": {}}, 503, "This node is not a swarm manager."),
        ({"Name": "used", "DriverOpts": {"type": "tmpfs", "device": "tmpfs"}}, 409, "a volume named used exists"),
    ],
)
def test_what_cannot_be_made(api: Client, asked: dict[str, Any], status: int, message: str) -> None:
    api.post("/volumes/create", {"Name": "used"})
    answer = api.request("POST", "/volumes/create", asked)
    assert answer.status == status
    assert answer.message.startswith(message)
    assert names(api) == ["used"]


def test_lists(api: Client) -> None:
    for name, labels in (("cache", {"stage": "dev"}), ("data", {"stage": "prod"}), ("spare", {})):
        api.post("/volumes/create", {"Name": name, "Labels": labels})
    use(api, "data", "web")
    for filters, found in (
        ({}, ["cache", "data", "spare"]),
        ({"dangling": ["true"]}, ["cache", "spare"]),
        ({"dangling": ["0"]}, ["data"]),
        ({"label": ["stage"]}, ["cache", "data"]),
        ({"label": ["stage=dev"]}, ["cache"]),
        ({"name": ["a.a"]}, ["data"]),
        ({"driver": ["local"], "name": ["sp"]}, ["spare"]),
        ({"driver": ["other"]}, []),
    ):
        assert names(api, **filters) == found, filters
    assert api.request("GET", "/volumes", filters={"colour": ["red"]}).status == 400


def test_removal(api: Client) -> None:
    api.post("/volumes/create", {"Name": "data"})
    web = use(api, "data", "web")
    for force in ("0", "1"):
        answer = api.request("DELETE", "/volumes/data", force=force)
        assert answer.status == 409
        assert answer.message.startswith(f"remove data: volume is in use - [{web}]")
    api.delete(f"/containers/{web}")
    assert api.request("DELETE", "/volumes/data").status == 204
    assert api.request("DELETE", "/volumes/data").status == 404
    assert api.request("GET", "/volumes/data").message == "get data: no such volume"
    assert api.request("DELETE", "/volumes/data", force="1").status == 204


def test_prune(api: Client) -> None:
    for name in ("kept", "named"):
        api.post("/volumes/create", {"Name": name, "Labels": {"keep": name}})
    unnamed = api.post("/volumes/create")["Name"]
    found = api.post("/volumes/prune")
    assert found["VolumesDeleted"] == [unnamed]
    assert found["SpaceReclaimed"] > 0
    all_but = {"all": ["true"], "label!": ["keep=kept"]}
    assert api.post("/volumes/prune", filters=all_but)["VolumesDeleted"] == ["named"]
    assert api.post("/volumes/prune") == {"VolumesDeleted": [], "SpaceReclaimed": 0}
    assert api.speaking("1.41").post("/volumes/prune")["VolumesDeleted"] == ["kept"]


def test_clusters_have_volumes_that_change(api: Client) -> None:
    api.post("/volumes/create", {"Name": "data"})
    answer = api.request("PUT", "/volumes/data", {}, version="1")
    assert answer.status == 503
    assert answer.message == "volume update only valid for cluster volumes, but swarm is unavailable"
    assert api.speaking("1.41").request("PUT", "/volumes/data", {}).status == 404


def test_dockers_command_line(docker: Docker) -> None:
    assert docker("volume", "create", "--label", "a=b", "data") == "data"
    docker("run", "--rm", "-v", "data:/data", BUSYBOX, "sh", "-c", "echo kept > /data/file")
    assert docker("run", "--rm", "-v", "data:/data:ro", BUSYBOX, "cat", "/data/file") == "kept"
    assert docker("volume", "ls", "-q", "-f", "label=a=b") == "data"
    assert docker("volume", "inspect", "-f", "{{.Labels.a}} {{.Scope}}", "data") == "b local"
    docker("create", "--name", "web", "-v", "data:/data", BUSYBOX)
    assert "remove data: volume is in use" in docker.fails("volume", "rm", "data")
    docker("rm", "web")
    assert "Total reclaimed space: 0B" in docker("volume", "prune", "-f")
    assert docker("volume", "prune", "-f", "-a").splitlines()[:2] == ["Deleted Volumes:", "data"]
    assert "no such volume" in docker.fails("volume", "inspect", "data")
    assert docker("volume", "rm", "-f", "data") == "data"
