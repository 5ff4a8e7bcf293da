"""Networks over the Engine API: raw requests, and Docker's own command line."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.served import Docker

from .conftest import BUSYBOX

pytestmark = pytest.mark.one_server

FOREVER = ("sleep", "1000.55")
SHOP = {"Name": "shop", "IPAM": {"Config": [{"Subnet": "10.212.0.0/16", "Gateway": "10.212.0.9"}]}}


def running(api: Client, name: str, network: str = "none") -> str:
    """The ID of a container that runs."""
    made = api.create(BUSYBOX, *FOREVER, name=name, HostConfig={"NetworkMode": network})
    api.post(f"/containers/{made}/start")
    return made


def names(api: Client, **filters: list[str]) -> list[str]:
    return [network["Name"] for network in api.get("/networks", filters=filters)]


def test_a_network_is_made_as_asked(api: Client) -> None:
    asked = {
        **SHOP,
        "CheckDuplicate": True,
        "Driver": "bridge",
        "Internal": True,
        "Attachable": True,
        "Labels": {"stage": "dev"},
        "Options": {"com.docker.network.driver.mtu": "1400"},
        "IPAM": {
            "Driver": "default",
            "Config": [
                {
                    "Subnet": "10.212.0.0/16",
                    "IPRange": "10.212.4.0/24",
                    "Gateway": "10.212.0.9",
                    "AuxiliaryAddresses": {"printer": "10.212.0.7"},
                }
            ],
        },
    }
    made = api.post("/networks/create", asked)
    assert made["Warning"] == ""
    found = api.get(f"/networks/{made['Id'][:12]}", verbose="true", scope="local")
    assert (found["Id"], found["Name"], found["Scope"], found["Driver"]) == (made["Id"], "shop", "local", "bridge")
    assert (found["Internal"], found["Attachable"], found["EnableIPv4"], found["EnableIPv6"]) == (
        True,
        True,
        True,
        False,
    )
    assert (found["Labels"], found["Options"]) == (asked["Labels"], asked["Options"])
    assert found["IPAM"] == {**asked["IPAM"], "Options": {}}  # type: ignore[dict-item]
    assert found["Containers"] == {}
    assert (found["Ingress"], found["ConfigOnly"], found["ConfigFrom"]) == (False, False, {"Network": ""})


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ({"Name": "shop"}, 409, "network with name shop already exists"),
        ({"Name": "bridge"}, 403, "operation is not permitted on predefined bridge network"),
        ({"Name": "db", "Driver": "host"}, 403, 'only one instance of "host" network is allowed'),
        ({"Name": "db", "Driver": "foo"}, 404, 'plugin "foo" not found'),
        ({"Name": "db", "Driver": "overlay"}, 503, "This node is not a swarm manager."),
        ({"Name": "db", "Scope": "swarm"}, 503, "This node is not a swarm manager."),
        ({"Name": "db", "ConfigOnly": True}, 501, "ConfigOnly of a network is not supported"),
        ({"Name": "db", "ConfigFrom": {"Network": "x"}}, 501, "ConfigFrom of a network is not supported"),
        ({"Name": "db", "IPAM": {"Driver": "dhcp"}}, 501, "IPAM.Driver of a network is not supported"),
        ({"Name": "db", "IPAM": {"Config": [{"Subnet": "10.212.0.0"}]}}, 400, "invalid subnet"),
        ({"Name": "db", "IPAM": {"Config": [{"Gateway": "10.1.0.1"}]}}, 400, "every ip-range or gateway must have"),
        ({"Name": ""}, 400, "invalid network name"),
        ({"Name": "db", "Options": {"com.docker.network.foo": "1"}}, 501, "the option com.docker.network.foo"),
    ],
)
def test_what_cannot_be_made(api: Client, asked: dict[str, Any], status: int, message: str) -> None:
    api.post("/networks/create", SHOP)
    answer = api.request("POST", "/networks/create", asked)
    assert answer.status == status
    assert answer.message.startswith(message)
    assert names(api, type=["custom"]) == ["shop"]


def test_lists(api: Client) -> None:
    api.post("/networks/create", {**SHOP, "Labels": {"stage": "dev"}})
    used = api.post("/networks/create", {"Name": "used"})["Id"]
    web = running(api, "web", "used")
    assert names(api) == ["bridge", "host", "none", "shop", "used"]
    for filters, found in (
        ({"type": ["builtin"]}, ["bridge", "host", "none"]),
        ({"driver": ["null", "host"]}, ["host", "none"]),
        ({"label": ["stage=dev"]}, ["shop"]),
        ({"name": ["us"]}, ["used"]),
        ({"id": [used[:10]]}, ["used"]),
        ({"dangling": ["true"]}, ["shop"]),
        ({"dangling": ["false"], "type": ["custom"]}, ["used"]),
        ({"scope": ["swarm"]}, []),
    ):
        assert names(api, **filters) == found, filters
    assert api.request("GET", "/networks", filters={"colour": ["red"]}).status == 400
    assert api.request("GET", "/networks", filters={"type": ["red"]}).status == 400
    listed = {each["Name"]: each for each in api.get("/networks")}
    assert "Containers" not in listed["used"]
    old = {each["Name"]: each for each in api.speaking("1.27").get("/networks")}
    assert list(old["used"]["Containers"]) == [web]


def test_inspection_of_what_is_not_there(api: Client) -> None:
    assert api.request("GET", "/networks/gone").message.startswith("network gone not found")
    answer = api.request("GET", "/networks/bridge", scope="swarm")
    assert (answer.status, answer.message) == (404, "network bridge not found")


def test_containers_come_and_go(api: Client) -> None:
    api.post("/networks/create", SHOP)
    web = running(api, "web", "bridge")
    wanted = {"IPAMConfig": {"IPv4Address": "10.212.0.50"}, "Aliases": ["till"], "MacAddress": "02:42:0a:00:00:05"}
    answer = api.request("POST", "/networks/shop/connect", {"Container": "web", "EndpointConfig": wanted})
    assert (answer.status, answer.body) == (200, b"")
    found = api.get("/networks/shop")["Containers"][web]
    assert (found["Name"], found["IPv4Address"], found["MacAddress"]) == (
        "web",
        "10.212.0.50/16",
        "02:42:0a:00:00:05",
    )
    endpoint = api.get("/containers/web/json")["NetworkSettings"]["Networks"]["shop"]
    assert (endpoint["IPAddress"], endpoint["Aliases"], endpoint["Gateway"]) == ("10.212.0.50", ["till"], "10.212.0.9")
    for method, path, body, status, message in (
        ("POST", "shop/connect", {"Container": "web"}, 403, "endpoint with name web already exists in network shop"),
        ("POST", "gone/connect", {"Container": "web"}, 404, "network gone not found"),
        ("POST", "shop/connect", {"Container": "gone"}, 404, "No such container: gone"),
        ("DELETE", "shop", None, 403, "error while removing network: network shop has active endpoints"),
        ("DELETE", "bridge", None, 403, "bridge is a pre-defined network and cannot be removed"),
        ("DELETE", "gone", None, 404, "network gone not found"),
    ):
        refused = api.request(method, f"/networks/{path}", body)
        assert (refused.status, refused.message[: len(message)]) == (status, message)
    refusals: list[tuple[dict[str, Any], int]] = [({"Links": ["nobody:b"]}, 404), ({"DriverOpts": {"a": "b"}}, 501)]
    for settings, status in refusals:
        joining: dict[str, Any] = {"Container": "web", "EndpointConfig": settings}
        assert api.request("POST", "/networks/shop/connect", joining).status == status
    assert api.request("POST", "/networks/shop/disconnect", {"Container": "web"}).status == 200
    assert api.get("/networks/shop")["Containers"] == {}
    assert api.request("POST", "/networks/shop/disconnect", {"Container": "web"}).status == 409
    assert api.request("DELETE", "/networks/shop").status == 204


def test_prune(api: Client) -> None:
    for name, labels in (("kept", {"keep": ""}), ("used", {}), ("idle", {})):
        api.post("/networks/create", {"Name": name, "Labels": labels})
    running(api, "web", "used")
    assert api.post("/networks/prune", filters={"until": ["1h"]}) == {"NetworksDeleted": None}
    assert api.post("/networks/prune", filters={"label!": ["keep"]}) == {"NetworksDeleted": ["idle"]}
    assert names(api, type=["custom"]) == ["kept", "used"]
    assert api.request("POST", "/networks/prune", filters={"colour": ["red"]}).status == 400


def test_dockers_command_line(api: Client, docker: Docker) -> None:
    since = str(time.time())
    made = docker("network", "create", "--subnet", "10.213.0.0/24", "--label", "a=b", "shop")
    web = docker("run", "-d", "--name", "web", "--network", "shop", BUSYBOX, *FOREVER)
    assert docker("network", "ls", "-q", "--no-trunc", "-f", "label=a") == made
    assert docker("network", "inspect", "-f", "{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}", "shop") == (
        "web 10.213.0.2/24"
    )
    docker("network", "create", "other")
    docker("network", "connect", "--alias", "till", "other", "web")
    assert docker("run", "--rm", "--network", "other", BUSYBOX, "ping", "-c1", "-W5", "till")
    assert "has active endpoints" in docker.fails("network", "rm", "shop")
    docker("network", "disconnect", "other", "web")
    assert docker("network", "prune", "-f").splitlines() == ["Deleted Networks:", "other"]
    docker("rm", "-f", web)
    assert docker("network", "rm", "shop") == "shop"
    told = docker(
        "events", "--since", since, "--until", str(time.time()), "-f", "network=shop", "--format", "{{.Action}}"
    )
    assert told.splitlines() == ["create", "connect", "disconnect", "destroy"]
