"""What versions of the Engine API differ in, in documents of real things; and what the newest ones brought."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from tests.api.client import Client, UnixConnection

from onggi.api import versions
from onggi.api.versions import ANSWERED, NEWEST, OLDEST, Span, Version

from .conftest import BUSYBOX

SECOND = 1_000_000_000
THINGS = {
    "GET /containers/json": "/containers/json",
    "GET /containers/{name}/json": "/containers/web/json",
    "GET /images/json": "/images/json",
    "GET /images/{name:.+}/json": f"/images/{BUSYBOX}/json",
    "GET /networks": "/networks",
    "GET /networks/{id}": "/networks/shop",
    "GET /volumes": "/volumes",
    "GET /volumes/{name}": "/volumes/data",
    "GET /info": "/info",
    "GET /version": "/version",
    "GET /system/df": "/system/df",
}
UNSEEN = {
    ("GET /system/df", "BuildCache.*.Parent"),
    ("GET /system/df", "BuildCache.*.Parents"),
    ("GET /networks", "*.Status"),
}
"""Nothing is built here; and the list that has a status is one of those before there was any."""
EMPTY: tuple[Any, ...] = (None, "", [], {})


def at(document: Any, path: list[str]) -> Iterator[Any]:
    first, *rest = path
    inner = document if first == "*" else [document[first]] if first in document else []
    for each in inner.values() if isinstance(inner, dict) else inner:
        yield from at(each, rest) if rest else [each]


def around(span: Span) -> set[Version]:
    bounds = {each for each in (span.first, span.end, span.filled) if each is not None}
    return {OLDEST, (1, 44), NEWEST, *bounds, *((major, minor - 1) for major, minor in bounds if minor > OLDEST[1])}


@pytest.fixture
def things(api: Client) -> Client:
    api.post("/networks/create", {"Name": "shop", "IPAM": {"Config": [{"Subnet": "10.99.0.0/29"}]}})
    api.post("/volumes/create", {"Name": "data", "DriverOpts": {}})
    body = {
        "Image": BUSYBOX,
        "Cmd": ["sleep", "1000.57"],
        "Healthcheck": {"Test": ["CMD", "true"], "StartPeriod": SECOND, "StartInterval": SECOND},
        "HostConfig": {"NetworkMode": "shop", "Annotations": {"a": "b"}, "Binds": ["data:/data"], "Umask": 0o27},
        "StopTimeout": 0,
    }
    api.post("/containers/create", body, name="web")
    return api


def test_documents_have_what_their_version_has(things: Client) -> None:
    known: dict[tuple[str, Version], Any] = {}
    seen = set()
    for request, address in THINGS.items():
        for path, span in ANSWERED[request].items():
            above = [each for other, each in ANSWERED[request].items() if f"{path}.".startswith(f"{other}.")]
            for version in around(span):
                if version < (1, 25) and request == "GET /system/df":
                    continue
                if (request, version) not in known:
                    known[request, version] = things.speaking(versions.text(version)).get(address, all=1)
                found = list(at(known[request, version], path.split(".")))
                assert not found or all(each.has(version) for each in above), (request, version, path)
                assert not (span.is_filled(version) and any(each in EMPTY for each in found)), (request, version, path)
                if found:
                    seen.add((request, path))
    rows = {(request, path) for request in THINGS for path, span in ANSWERED[request].items() if span.filled is None}
    impossible = {each for each in rows if "Items" in each[1]}  # of sums, which old clients do not get
    assert rows - seen == UNSEEN | impossible


def test_sums_of_disk_usage_and_of_addresses(things: Client) -> None:
    found = things.get("/system/df", verbose=1)
    assert set(found) == {"ImageUsage", "ContainerUsage", "VolumeUsage", "BuildCacheUsage"}
    size = found["ImageUsage"]["Items"][0]["Size"]
    written = found["VolumeUsage"]["Items"][0]["UsageData"]["Size"]
    sums = {name: {key: value for key, value in each.items() if key != "Items"} for name, each in found.items()}
    assert sums == {
        "ImageUsage": {"ActiveCount": 1, "TotalCount": 1, "TotalSize": size, "Reclaimable": 0},
        "ContainerUsage": {"ActiveCount": 0, "TotalCount": 1, "TotalSize": 0, "Reclaimable": 0},
        "VolumeUsage": {"ActiveCount": 1, "TotalCount": 1, "TotalSize": written, "Reclaimable": 0},
        "BuildCacheUsage": {"ActiveCount": 0, "TotalCount": 0, "TotalSize": 0, "Reclaimable": 0},
    }
    assert [each["Names"] for each in found["ContainerUsage"]["Items"]] == [["/web"]]
    assert things.get("/system/df", type="volume").keys() == {"VolumeUsage", "Volumes"}
    status = {"IPAM": {"Subnets": {"10.99.0.0/29": {"IPsInUse": 4, "DynamicIPsAvailable": 4}}}}
    assert things.get("/networks/shop")["Status"] == status  # gone are its ends, the gateway's and the container's


def test_what_a_container_is_asked_to_be(things: Client) -> None:
    things.post("/containers/web/start")
    made = things.post("/containers/web/exec", {"Cmd": ["sh", "-c", "umask > /data/umask"]})
    things.request("POST", f"/exec/{made['Id']}/start", {})
    assert things.get("/containers/web/json")["HostConfig"]["Umask"] == 0o27
    command = ("sh", "-c", "echo $(umask) $(cat /data/umask)")
    other = things.create(BUSYBOX, *command, HostConfig={"Umask": 0, "Binds": ["data:/data"]})
    things.post(f"/containers/{other}/start")
    things.post(f"/containers/{other}/wait")
    assert things.request("GET", f"/containers/{other}/logs", stdout=1).body[8:] == b"0000 0027\n"

    def named(annotation: str) -> list[str]:
        listed = things.get("/containers/json", all=1, filters={"annotation": [annotation]})
        return [name for each in listed for name in each["Names"]]

    assert (named("a"), named("a=b"), named("a=c")) == (["/web"], ["/web"], [])
    body = {"Image": BUSYBOX, "HostConfig": {"PortBindings": {"80/tcp": []}}}
    (warning,) = things.post("/containers/create", body)["Warnings"]
    assert warning.startswith("Following container port(s) have an empty list of port-bindings: 80/tcp.")


def test_prune_tells_as_it_goes(things: Client) -> None:
    def told(kind: str, **filters: list[str]) -> list[dict[str, Any]]:
        answer = things.request("POST", f"/{kind}/prune", stream=1, filters=filters)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/jsonl")
        return [json.loads(line) for line in answer.body.splitlines()]

    (web,) = things.get("/containers/json", all=1)
    gone, last = told("containers")
    assert gone == {"id": web["Id"], "status": "Deleted"}
    assert last["aux"]["ContainersDeleted"] == [web["Id"]]
    assert told("networks") == [{"id": "shop", "status": "Deleted"}, {"aux": {"NetworksDeleted": ["shop"]}}]
    volume, last = told("volumes", all=["1"])
    assert (volume["id"], last["aux"]["VolumesDeleted"]) == ("data", ["data"])
    *images, last = told("images", dangling=["false"])
    assert [each["status"] for each in images] == ["Untagged", "Deleted"]
    assert [each["id"] for each in images] == [
        deleted.get("Untagged", deleted.get("Deleted")) for deleted in last["aux"]["ImagesDeleted"]
    ]
    assert [list(each) for each in told("build")] == [["aux"]]
    old = things.speaking("1.55").request("POST", "/containers/prune", stream=1)
    assert old.headers["content-type"] == "application/json"


def test_events(api: Client) -> None:
    api.create(BUSYBOX, "true", name="told")

    def first(version: str, accepted: str = "", **filters: str) -> tuple[str, bytes]:
        query = urlencode(
            {"since": 0, "until": time.time(), "filters": json.dumps({k: [v] for k, v in filters.items()})}
        )
        connection = UnixConnection(api.path)
        connection.request("GET", f"/v{version}/events?{query}", headers={"Accept": accepted} if accepted else {})
        answer = connection.getresponse()
        found = answer.headers["Content-Type"], answer.read().partition(b"\r\n")[0]
        connection.close()
        return found

    kinds = {
        "*/*": "application/json",
        "application/json-seq;q=0.5, application/x-ndjson": "application/x-ndjson",
        "application/x-ndjson, application/jsonl": "application/jsonl",
        "application/jsonl;q=0, application/json-seq;q=x": "application/json",
        "application/json-seq": "application/json-seq",
    }
    assert {accepted: first("1.56", accepted)[0] for accepted in kinds} == kinds
    assert first("1.56", "application/json-seq")[1].startswith(b"\x1e{")
    api.post("/commit", container="told")
    made = {version: first(version, type="image", event="create")[1:] for version in ("1.45", "1.46")}
    assert [bool(line) for (line,) in made.values()] == [False, True]
    old, new = (json.loads(first(version)[1]) for version in ("1.51", "1.52"))
    of_old = {"status": "create", "id": new["Actor"]["ID"], "from": BUSYBOX}
    assert {name: old[name] for name in old.keys() - new.keys()} == of_old


def test_what_is_refused(things: Client) -> None:
    platform = json.dumps({"os": "linux", "architecture": "amd64"})
    several = f"names={BUSYBOX}&platform={quote(platform)}&platform={quote(platform)}"

    def status(version: str, address: str) -> int:
        connection = UnixConnection(things.path)
        connection.request("GET", f"/v{version}{address}")
        found = connection.getresponse().status
        connection.close()
        return found

    assert [status(version, f"/images/get?{several}") for version in ("1.47", "1.51", "1.52")] == [200, 400, 501]
    assert [status(version, f"/images/{BUSYBOX}/attestations") for version in ("1.54", "1.55")] == [404, 501]
    assert status("1.55", "/images/nosuch/attestations") == 404
    assert [status(version, "/images/json?identity=1") for version in ("1.53", "1.54")] == [200, 400]
    both = f"/images/{BUSYBOX}/json?manifests=1&platform={quote(platform)}"
    assert [status(version, both) for version in ("1.47", "1.48", "1.49")] == [200, 200, 400]
