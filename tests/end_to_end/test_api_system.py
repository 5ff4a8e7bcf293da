"""The engine as a whole over the Engine API: facts, versions, events, logins, disk usage, and what is not there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.api.client import Client, UnixConnection
from tests.api.served import Docker
from tests.api.streams import opened
from tests.registries import real
from tests.waiting import eventually

from onggi.api.versions import NEWEST, text

from .conftest import BUSYBOX, Context, Onggi

FOREVER = ("sleep", "1000.54")
NO_MANAGER = "This node is not a swarm manager."
USERS = {"joe": "secret"}


@contextmanager
def following(api: Client, **query: Any) -> Iterator[HTTPResponse]:
    """The answer to GET /events, whose head has come."""
    connection = UnixConnection(api.path)
    connection.request("GET", f"/events?{urlencode(query)}")
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def happened(api: Client, **query: Any) -> list[dict[str, Any]]:
    """The events that are kept."""
    answer = api.request("GET", "/events", **query)
    assert answer.status == 200, answer
    return [json.loads(line) for line in answer.body.splitlines()]


# Facts


def test_ping(api: Client) -> None:
    for method, body in (("GET", b"OK"), ("HEAD", b"")):
        answer = api.request(method, "/_ping")
        assert (answer.status, answer.body) == (200, body)
        told = {name: answer.headers[name] for name in ("api-version", "builder-version", "ostype", "swarm")}
        assert told == {"api-version": text(NEWEST), "builder-version": "2", "ostype": "linux", "swarm": "inactive"}
        assert answer.headers["cache-control"] == "no-cache, no-store, must-revalidate"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (None, "malformed Content-Type header (): mime: no media type"),
        ("application/x-www-form-urlencoded", "unsupported Content-Type header (application/x-www-form-urlencoded)"),
        ("text/plain", "unsupported Content-Type header (text/plain): must be 'application/json'"),
        ("application/JSON; charset=utf-8", ""),
    ],
)
def test_a_body_is_said_to_be_json(api: Client, said: str | None, message: str) -> None:
    connection = UnixConnection(api.path)
    for path in ("/volumes/create", "/containers/create", "/auth"):
        connection.request("POST", path, b'"no document"', {} if said is None else {"Content-Type": said})
        answer = connection.getresponse()
        assert answer.status == 400, path
        assert (message or "invalid JSON") in answer.read().decode(), path
    connection.close()


def test_version(onggi: Onggi, api: Client, docker: Docker) -> None:
    found = api.get("/version")
    assert (found["ApiVersion"], found["MinAPIVersion"], found["Os"]) == (text(NEWEST), "1.24", "linux")
    assert found["Version"] == onggi("version", "-f", "{{.Server.Version}}")
    engine, python = found["Components"]
    assert (engine["Name"], engine["Details"]["KernelVersion"]) == ("Engine", found["KernelVersion"])
    assert (python["Name"], python["Version"]) == ("Python", found["PythonVersion"])
    assert (
        docker("version", "--format", "{{.Server.Version}} {{.Server.Arch}}") == f"{found['Version']} {found['Arch']}"
    )


def test_info_is_one_document(onggi: Onggi, api: Client, docker: Docker) -> None:
    api.post(f"/containers/{api.create(BUSYBOX, *FOREVER, name='web')}/start")
    api.create(BUSYBOX, "true")
    found = api.get("/info")
    counts = {
        name: found[name] for name in ("Containers", "ContainersRunning", "ContainersPaused", "ContainersStopped")
    }
    assert counts == {"Containers": 2, "ContainersRunning": 1, "ContainersPaused": 0, "ContainersStopped": 1}
    assert (found["Images"], found["DockerRootDir"]) == (1, str(onggi.root))
    told = json.loads(onggi("info", "--format", "json"))
    assert (told["LoggingDriver"], found["LoggingDriver"]) == (
        "local",
        "json-file",
    )  # clients' containers have Docker's
    moving = {"SystemTime", "NFd", "NGoroutines", "LoggingDriver"}
    assert {name: value for name, value in told.items() if name not in moving} == {
        name: value for name, value in found.items() if name not in moving
    }
    shown = docker("info")
    for line in (f" Server Version: {found['ServerVersion']}", " Swarm: inactive", f" ID: {found['ID']}", "  seccomp"):
        assert line in shown.splitlines()
    assert docker("info", "-f", "{{.Driver}} {{.OSType}} {{.NCPU}}") == f"overlay linux {found['NCPU']}"


def test_security_options_had_no_names(api: Client) -> None:
    assert "name=seccomp,profile=builtin" in api.get("/info")["SecurityOptions"]
    assert "seccomp" in api.speaking("1.24").get("/info")["SecurityOptions"]


# Events


def test_events_that_are_kept(api: Client, docker: Docker) -> None:
    since = time.time()
    made = api.post("/networks/create", {"Name": "shop"})["Id"]
    api.post("/volumes/create", {"Name": "data"})
    api.delete("/networks/shop")
    until = time.time()
    found = happened(api, since=f"{since:.9f}", until=f"{until:.9f}", filters={"type": ["network"]})
    assert [(each["Action"], each["Actor"]["ID"], each["scope"]) for each in found] == [
        ("create", made, "local"),
        ("destroy", made, "local"),
    ]
    assert (
        happened(api, since=f"{since:.9f}", until=f"{until:.9f}", filters={"volume": ["dat"]})[0]["Action"] == "create"
    )
    assert happened(api, until="1") == []
    told = docker("events", "--since", str(since), "--until", str(until), "--format", "{{.Type}} {{.Action}}")
    assert told.splitlines() == ["network create", "volume create", "network destroy"]


def test_events_as_they_happen(api: Client) -> None:
    with following(api, filters='{"type": ["volume"]}') as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        for name in ("one", "two"):
            api.post("/volumes/create", {"Name": name})
            event = json.loads(answer.readline())
            assert (event["Action"], event["Actor"]["ID"]) == ("create", name)


def test_an_event_is_written_before_its_request_is_answered(api: Client) -> None:
    """Who stops a container may remove it then: others who hear of its end must have been told before."""
    made = api.create(BUSYBOX, *FOREVER, HostConfig={"NetworkMode": "none"})
    told = len(happened(api, until=f"{time.time():.9f}"))

    def done(method: str, path: str, body: Any = None, **query: Any) -> tuple[Any, list[str]]:
        """What is answered, and what is told by then."""
        nonlocal told
        answer = api.request(method, path, body, **query)
        assert answer.status < 300, answer
        events = happened(api, until=f"{time.time():.9f}")
        new, told = [f"{each['Type']} {each['Action']}" for each in events[told:]], len(events)
        return answer.json() if answer.body else None, [each for each in new if each != "container exec_die"]

    container = f"/containers/{made}"
    assert done("POST", f"{container}/start")[1] == ["container start"]
    execution, events = done("POST", f"{container}/exec", {"Cmd": ["sleep", "1000"]})
    assert events == ["container exec_create: sleep 1000"]
    assert done("POST", f"/exec/{execution['Id']}/start", {"Detach": True})[1] == ["container exec_start: sleep 1000"]
    for word in ("pause", "unpause"):
        assert done("POST", f"{container}/{word}")[1] == [f"container {word}"]
    assert done("POST", f"{container}/kill", signal="USR1")[1] == ["container kill"]
    ended = [f"container {word}" for word in ("kill", "kill", "die", "stop")]
    assert done("POST", f"{container}/stop", t=0)[1] == ended
    assert done("POST", f"{container}/start")[1] == ["container start"]
    assert done("POST", f"{container}/kill")[1] == ["container kill", "container die"]
    assert done("DELETE", container)[1] == ["container destroy"]
    for kind, path in (("volume", "/volumes"), ("network", "/networks")):
        assert done("POST", f"{path}/create", {"Name": "shop"})[1] == [f"{kind} create"]
        assert done("DELETE", f"{path}/shop")[1] == [f"{kind} destroy"]
    assert done("POST", f"/images/{BUSYBOX}/tag", repo="shop", tag="1")[1] == ["image tag"]
    assert done("DELETE", "/images/shop:1")[1] == ["image untag"]


def test_who_waited_for_an_end_finds_it_told(api: Client) -> None:
    for condition, last in (("not-running", "die"), ("next-exit", "die"), ("removed", "destroy")):
        made = api.create(BUSYBOX, "true", HostConfig={"NetworkMode": "none", "AutoRemove": condition == "removed"})
        if condition == "not-running":
            api.post(f"/containers/{made}/start")
        with opened(api.path, "POST", f"/containers/{made}/wait?condition={condition}", upgrade=False) as wait:
            if condition != "not-running":
                api.post(f"/containers/{made}/start")
            assert b'"StatusCode":0' in wait.exactly(24)
        assert happened(api, until=f"{time.time():.9f}", filters={"container": [made]})[-1]["Action"] == last


def test_events_end_when_they_should(api: Client) -> None:
    with following(api, until=f"{time.time() + 0.5:.3f}") as answer:
        assert answer.read() == b""


def readers(onggi: Onggi) -> int:
    """How many read the store's events just now."""
    count = 0
    for path in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it has ended, or is none of ours
            count += os.readlink(path).startswith(f"{onggi.root}/events/")
    return count


def test_a_client_that_goes_leaves_nobody_waiting(onggi: Onggi, api: Client) -> None:
    api.post("/volumes/create")
    with following(api), following(api):
        eventually(lambda: readers(onggi) == 2)
    eventually(lambda: readers(onggi) == 0)


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"since": "20", "until": "10"}, "`since` time (20) cannot be after `until` time (10)"),
        ({"since": "1785000000", "until": "1784000000.5"}, "`since` time (1785000000) cannot be after"),
        ({"since": "yesterday"}, 'invalid value for "since": failed to parse timestamp: strconv.ParseInt: parsing'),
        ({"filters": {"colour": ["red"]}}, "invalid filter 'colour'"),
    ],
)
def test_events_that_make_no_sense(api: Client, query: dict[str, Any], message: str) -> None:
    answer = api.request("GET", "/events", **query)
    assert answer.status == 400
    assert answer.message.startswith(message)


# Logins


def test_logins_are_the_clients(onggi: Onggi, api: Client, docker: Docker, tmp_path: Path) -> None:
    with real.serve(tmp_path / "registry", users=USERS) as registry:
        said = docker.fails("login", "-u", "joe", "--password-stdin", registry.host, stdin=b"wrong")
        assert f"login attempt to {registry.host} failed with status: 401 Unauthorized" in said
        assert "Login Succeeded" in docker("login", "-u", "joe", "--password-stdin", registry.host, stdin=b"secret")
        docker("tag", BUSYBOX, f"{registry.host}/box:1")
        docker("push", f"{registry.host}/box:1")
        docker("logout", registry.host)
        assert "unauthorized: authentication required" in docker.fails("push", f"{registry.host}/box:1")
        login = {"username": "joe", "password": "secret", "serveraddress": f"http://{registry.host}/v2/"}
        assert api.post("/auth", login) == {"Status": "Login Succeeded", "IdentityToken": ""}
        assert api.post("/auth", {"auth": "am9lOnNlY3JldA==", "serveraddress": registry.host})["IdentityToken"] == ""
        assert api.request("POST", "/auth", {**login, "password": ""}).status == 401
    assert api.request("POST", "/auth", login).status == 503
    assert api.request("POST", "/auth", {"serveraddress": "no registry"}).status == 400


# Disk usage


def test_disk_usage(onggi: Onggi, api: Client, docker: Docker, context: Context) -> None:
    onggi.build(context(f"FROM {BUSYBOX}\nRUN echo text > /file"), "-t", "made")
    onggi("rmi", "made")
    api.post("/volumes/create", {"Name": "data"})
    host = {"Binds": ["data:/data"]}
    web = api.create(
        BUSYBOX, "sh", "-c", "head -c 40000 /dev/zero | tee /data/file > /own", name="web", HostConfig=host
    )
    api.post(f"/containers/{web}/start")
    api.post(f"/containers/{web}/wait")
    found = api.get("/system/df")
    (image,) = found["Images"]
    assert (image["RepoTags"], image["Containers"], image["SharedSize"]) == ([BUSYBOX], 1, 0)
    assert found["LayersSize"] == image["Size"]
    (container,) = found["Containers"]
    assert (container["Names"], container["SizeRw"]) == (["/web"], 40000)
    assert container["SizeRootFs"] == container["SizeRw"] + image["Size"]
    (volume,) = found["Volumes"]
    assert (volume["Name"], volume["UsageData"]["RefCount"]) == ("data", 1)
    assert volume["UsageData"]["Size"] >= 40000
    (record,) = found["BuildCache"]
    assert (record["Type"], record["Shared"], record["InUse"]) == ("regular", False, False)
    assert record["Size"] > 0
    rows = [line.split()[:4] for line in docker("system", "df", "--format", "{{.Type}} {{.TotalCount}}").splitlines()]
    assert rows == [["Images", "1"], ["Containers", "1"], ["Local", "Volumes", "1"], ["Build", "Cache", "1"]]
    assert "data" in docker("system", "df", "-v")


def test_disk_usage_by_kind_and_version(api: Client) -> None:
    assert api.request("GET", "/system/df", type="foo").message == "unknown object type: foo"
    assert api.speaking("1.51").get("/system/df", type="volume") == {"Volumes": []}
    old = api.speaking("1.41").get("/system/df", type="volume")
    assert (len(old["Images"]), old["Containers"], old["BuilderSize"]) == (1, [], 0)
    assert old["Images"][0]["VirtualSize"] == old["Images"][0]["Size"]
    assert old["Images"][0]["Containers"] == 0


def test_the_build_cache_is_pruned_to_a_size(onggi: Onggi, api: Client, context: Context) -> None:
    steps = "".join(f"RUN head -c {size}00000 /dev/urandom > /file{size}\n" for size in (1, 2, 3))
    onggi.build(context(f"FROM {BUSYBOX}\n{steps}"), "-t", "made")
    onggi("rmi", "made")
    sizes = [record["Size"] for record in api.get("/system/df", type="build-cache")["BuildCache"]]
    assert len(sizes) == 3
    assert api.post("/build/prune", **{"max-used-space": 10**9})["CachesDeleted"] is None
    assert api.post("/build/prune", **{"min-free-space": 1})["CachesDeleted"] is None
    harmless: tuple[dict[str, list[str]], ...] = (
        {"label": ["a=b"]},
        {"shared": ["1"]},
        {"private": ["0"]},
        {"inuse": []},
        {"id": ["^x"]},
        {"parent": ["x"]},
    )
    for filters in harmless:
        assert api.post("/build/prune", filters=filters)["CachesDeleted"] is None
    one = api.get("/system/df", type="build-cache")["BuildCache"][0]
    assert one["ID"] in api.post("/build/prune", filters={"id": [one["ID"][:12]], "private": []})["CachesDeleted"]
    assert len(api.get("/system/df", type="build-cache")["BuildCache"]) == 2
    sizes.remove(one["Size"])
    api.post("/build/prune", **{"max-used-space": sum(sizes) - 1, "reserved-space": 1})
    assert len(api.get("/system/df", type="build-cache")["BuildCache"]) < 2
    api.post("/build/prune", all=1)
    assert api.get("/system/df", type="build-cache")["BuildCache"] == []


def test_a_system_prune(api: Client, docker: Docker) -> None:
    made = api.create(BUSYBOX, "true", name="web")
    api.post("/networks/create", {"Name": "shop"})
    api.post("/volumes/create")
    said = docker("system", "prune", "-f", "--volumes").splitlines()
    assert made in said
    assert "shop" in said
    assert "Deleted Volumes:" in said
    assert said[-1].startswith("Total reclaimed space: ")
    assert (api.get("/containers/json", all=1), api.get("/volumes")["Volumes"]) == ([], [])
    assert docker("context", "ls", "--format", "{{.Name}}") == "default"


# What is not there


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("node", "ls"), NO_MANAGER),
        (("service", "ls"), NO_MANAGER),
        (("secret", "ls"), NO_MANAGER),
        (("config", "ls"), NO_MANAGER),
        (("stack", "ls"), NO_MANAGER),
        (("swarm", "ca"), NO_MANAGER),
        (("swarm", "leave"), "This node is not part of a swarm"),
        (("swarm", "init"), "swarm mode is not supported"),
        (("plugin", "inspect", "foo"), 'plugin "foo" not found'),
        (("plugin", "rm", "foo/bar:1"), 'plugin "foo/bar:1" not found'),
    ],
)
def test_what_docker_says_outside_a_swarm(docker: Docker, words: tuple[str, ...], message: str) -> None:
    assert f"Error response from daemon: {message}" in docker.fails(*words)


def test_there_are_no_plugins(api: Client) -> None:
    assert api.get("/plugins") == []
    assert api.request("POST", "/plugins/pull", remote="foo").status == 501
    assert api.speaking("1.24").request("GET", "/plugins").status == 404


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/swarm", 503, NO_MANAGER),
        ("POST", "/swarm/unlock", 503, NO_MANAGER),
        ("GET", "/tasks/abc", 503, NO_MANAGER),
        ("POST", "/services/create", 503, NO_MANAGER),
        ("GET", "/services/abc/logs", 503, NO_MANAGER),
        ("GET", "/nowhere", 404, "page not found"),
        ("DELETE", "/info", 404, "page not found"),
        ("GET", "/v1.51", 404, "page not found"),
    ],
)
def test_other_paths(api: Client, method: str, path: str, status: int, message: str) -> None:
    answer = api.request(method, path)
    assert answer.status == status
    assert answer.message.startswith(message)
