"""Requests that cannot be done, when `scene` stands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .scene import BUSYBOX


class Request(NamedTuple):
    """A `body` is sent as JSON, bytes as they are. A path that begins with a version keeps it.

    `words` and `status`: why Docker's are others than ours. `older`: why the status of engines before 28 is; what these
    say is not compared.
    """

    method: str
    path: str
    body: Any = None
    query: Mapping[str, Any] = {}
    words: str = ""
    status: str = ""
    older: str = ""

    def __str__(self) -> str:
        """Its name in tests."""
        said = [f"{name}={json.dumps(value)}" for name, value in self.query.items()]
        body = self.body.decode() if isinstance(self.body, bytes) else json.dumps(self.body)
        return " ".join([self.method, self.path, *said, *([body] if self.body is not None else [])])

    def but(self, *, words: str = "", status: str = "", older: str = "") -> Request:
        return self._replace(words=words, status=status, older=older)

    @property
    def names_its_version(self) -> bool:
        return self.path.startswith("/v1.")


def comparable(words: str) -> str:
    """Docker names a container by its ID where ours says what it was asked for by."""
    return re.sub(r"(?i)container (running|created)\b", "container <id>", words).casefold().strip()


def _get(path: str, /, **query: Any) -> Request:
    return Request("GET", path, query=query)


def _post(path: str, body: Any = None, /, **query: Any) -> Request:
    return Request("POST", path, body, query)


def _put(path: str, body: Any = None, /, **query: Any) -> Request:
    return Request("PUT", path, body, query)


def _delete(path: str, /, **query: Any) -> Request:
    return Request("DELETE", path, query=query)


def _create(**config: Any) -> Request:
    """A container with something in its configuration that cannot be."""
    return Request("POST", "/containers/create", {"Image": BUSYBOX, **config})


def _create_on_host(**config: Any) -> Request:
    """The same, in its HostConfig."""
    return _create(HostConfig=config)


_JSON = "a client's mistake: 400, in the words of another reader"
_NUMBER = "a client's mistake: 400, and which parameter it is in"
_WRONG = "a client's mistake: 400"
_STATE = "a state that does not fit is a conflict"
_EARLY = "it is said when the container is made, not when it starts"
_LATE = "these say it when the container starts"
_WAYS = "ours says what would do"
_IMAGE = "onggi looks for the image first"

_LIFE = (
    _get("/containers/nosuch/json"),
    _post("/containers/running/start"),
    _post("/containers/nosuch/start"),
    _post("/containers/created/stop"),
    _post("/containers/nosuch/stop"),
    _post("/containers/running/stop", t="x").but(status=_NUMBER),
    _post("/containers/nosuch/restart"),
    _post("/containers/created/kill"),
    _post("/containers/nosuch/kill"),
    _post("/containers/running/kill", signal="FOO").but(words="ours says which there are"),
    _post("/containers/created/pause"),
    _post("/containers/running/unpause").but(status=_STATE),
    _delete("/containers/running").but(words="ours says it shorter"),
    _delete("/containers/nosuch"),
    _delete("/containers/created", link=1).but(status="onggi's links are no names that can be removed"),
    _post("/containers/running/rename", name="created").but(words="ours says it shorter"),
    _post("/containers/running/rename", name=""),
    _post("/containers/running/rename", name="a/b").but(words="ours says it shorter"),
    _post("/containers/running/rename", name="running"),
    _post("/containers/running/update", {"Memory": 100}),
    _post("/containers/created/update", {"RestartPolicy": {"Name": "foo"}}).but(words=_WAYS),
    _post("/containers/created/wait", condition="foo").but(older="these wait as if nothing was said"),
    _post("/containers/nosuch/wait"),
    _get("/containers/created/top"),
    _get("/containers/nosuch/changes"),
    _get("/containers/nosuch/stats", stream=0),
    _get("/containers/nosuch/export"),
)

_CREATE = (
    _post("/containers/create", {}).but(words=_IMAGE),
    _post("/containers/create", {"Image": ""}).but(words=_IMAGE),
    _post("/containers/create", {"Image": "nosuch"}),
    _post("/containers/create", b"{bad").but(words=_JSON, older=_JSON),
    _post("/containers/create", b"[]").but(words=_JSON, older=_JSON),
    _post("/containers/create", b"null").but(words=_IMAGE),
    _post("/containers/create", {"Image": BUSYBOX}, name="running").but(words="ours says it shorter"),
    _post("/containers/create", {"Image": BUSYBOX}, name="!"),
    _post("/containers/create", {"Image": BUSYBOX}, platform="a/b/c/d").but(words=_WAYS),
    _create(Cmd=5).but(words=_JSON, older=_JSON),
    _create(Env=["=x"]),
    _create(WorkingDir="relative").but(words=_WAYS),
    _create(Hostname="a b").but(status=_EARLY),
    _create(StopTimeout="x").but(words=_JSON, older=_JSON),
    _create(Healthcheck={"Test": ["CMD", "x"], "Interval": 1}),
    _create(Healthcheck={"Test": ["FOO"]}).but(status=_EARLY),
    _create_on_host(Memory=100),
    _create_on_host(Memory=64 << 20, MemorySwap=32 << 20),
    _create_on_host(NanoCpus=10**15),
    _create_on_host(NanoCpus=10**9, CpuQuota=1000),
    _create_on_host(CpusetCpus="99"),
    _create_on_host(CpuPeriod=1),
    _create_on_host(ShmSize=-1),
    _create_on_host(OomScoreAdj=5000),
    _create_on_host(Binds=["a:b:c:d"]).but(status=_WRONG),
    _create_on_host(Binds=["/nosuch:relative"]).but(status=_WRONG),
    _create_on_host(Binds=["/tmp:/x:foo"]).but(status=_WRONG),
    _create_on_host(Mounts=[{"Type": "foo", "Target": "/m"}]),
    _create_on_host(Mounts=[{"Type": "volume"}]),
    _create_on_host(Tmpfs={"relative": ""}).but(words=_WAYS),
    _create_on_host(PortBindings={"99999/tcp": [{}]}).but(words=_WAYS),
    _create_on_host(PortBindings={"80/foo": [{"HostPort": "1"}]}).but(status=_EARLY),
    _create_on_host(PortBindings={"80/tcp": [{"HostPort": "x"}]}).but(words=_WAYS),
    _create_on_host(RestartPolicy={"Name": "foo"}).but(words=_WAYS),
    _create_on_host(RestartPolicy={"Name": "always"}, AutoRemove=True).but(words="ours are the command line's"),
    _create_on_host(RestartPolicy={"Name": "always", "MaximumRetryCount": 2}),
    _create_on_host(RestartPolicy={"Name": "on-failure", "MaximumRetryCount": -1}),
    _create_on_host(NetworkMode="container:nosuch").but(status=_EARLY),
    _create_on_host(IpcMode="foo").but(older=_LATE),
    _create_on_host(PidMode="foo").but(older=_LATE),
    _create_on_host(UTSMode="foo").but(older=_LATE),
    _create_on_host(UsernsMode="foo").but(status=_EARLY),
    _create_on_host(CgroupnsMode="foo").but(words="ours are the same for all namespaces"),
    _create_on_host(CapAdd=["FOO"]).but(words="ours names it as it was written"),
    _create_on_host(LogConfig={"Type": "foo"}).but(words=_WAYS),
    _create_on_host(LogConfig={"Type": "json-file", "Config": {"foo": "1"}}),
    _create_on_host(ExtraHosts=["foo"]).but(words=_WAYS),
    _create_on_host(Dns=["foo"]).but(status=_EARLY),
    _create_on_host(Links=["nosuch:a"]).but(words="ours says it shorter"),
    _create_on_host(VolumesFrom=["nosuch"]),
)

_PROCESSES = (
    _post("/containers/running/exec", {}),
    _post("/containers/running/exec", {"Cmd": []}),
    _post("/containers/created/exec", {"Cmd": ["x"]}),
    _post("/containers/nosuch/exec", {"Cmd": ["x"]}),
    _post("/exec/nosuch/start", {}),
    _get("/exec/nosuch/json"),
    _post("/exec/nosuch/resize", h=1, w=1),
    _post("/containers/running/resize", h="x", w=1).but(words=_NUMBER),
    _post("/containers/created/resize", h=1, w=1),
    _post("/containers/nosuch/resize", h=1, w=1),
    _post("/containers/nosuch/attach"),
    _get("/containers/nosuch/logs", stdout=1),
    _get("/containers/running/logs"),
    _get("/containers/nosuch/archive", path="/"),
    _get("/containers/running/archive", path="/nosuch"),
    _get("/containers/running/archive").but(words="Docker's lack a blank"),
    _put("/containers/running/archive", b"", path="/nosuch"),
    _put("/containers/running/archive", b"", path="/bin/sh").but(words="ours names it", older=_WRONG),
)

_FILTERS = (
    _get("/containers/json", limit="x").but(status=_NUMBER),
    _get("/containers/json", filters="foo").but(older=_JSON),
    _get("/containers/json", filters={"foo": ["a"]}),
    _get("/containers/json", filters={"status": ["foo"]}),
    _get("/containers/json", filters={"exited": ["x"]}).but(words=_WAYS, older=_WRONG),
    _get("/containers/json", filters={"health": ["foo"]}),
    _post("/containers/prune", filters={"foo": ["a"]}),
    _get("/images/json", filters={"foo": ["a"]}),
    _get("/networks", filters={"foo": ["a"]}),
    _get("/volumes", filters={"foo": ["a"]}),
    _post("/volumes/prune", filters={"foo": ["a"]}),
    _get("/events", filters="foo", until=1).but(older=_JSON),
    _get("/events", since="foo").but(status=_NUMBER),
)

_IMAGES = (
    _get("/images/nosuch/json"),
    _get("/images/nosuch/history"),
    _get("/images/nosuch/get"),
    _delete("/images/nosuch"),
    _delete(f"/images/{BUSYBOX}"),
    _post(f"/images/{BUSYBOX}/tag", repo="UPPER").but(words=_WAYS, older=_WRONG),
    _post("/images/nosuch/tag", repo="a"),
    _post("/images/create").but(status=_WRONG),
    _post("/images/nosuch/push").but(older="these insist on somebody's credentials"),
    _post("/commit", container="nosuch"),
    _post("/build", b"x").but(status="what is no archive is a Dockerfile for onggi"),
    _post("/build", b"", t="UPPER").but(status=_WRONG),
    _get("/distribution/UPPER/json").but(words=_WAYS),
)

_NETWORKS_AND_VOLUMES = (
    _post("/networks/create", {}).but(words=_WAYS, older=_WRONG),
    _post("/networks/create", {"Name": "net", "CheckDuplicate": True}),
    _post("/networks/create", {"Name": "bridge", "CheckDuplicate": True}),
    _post("/networks/create", {"Name": "new", "Driver": "foo"}),
    _post("/networks/create", {"Name": "new", "IPAM": {"Config": [{"Subnet": "foo"}]}}).but(
        words="Docker gathers what is wrong", older=_WRONG
    ),
    _post(
        "/networks/create", {"Name": "new", "IPAM": {"Config": [{"Subnet": "10.1.0.0/16", "Gateway": "11.0.0.1"}]}}
    ).but(words="Docker gathers what is wrong", older=_WRONG),
    _get("/networks/nosuch"),
    _delete("/networks/nosuch"),
    _delete("/networks/bridge"),
    _delete("/networks/net"),
    _post("/networks/net/connect", {"Container": "nosuch"}),
    _post("/networks/nosuch/connect", {"Container": "running"}),
    _post("/networks/bridge/connect", {"Container": "running"}),
    _post("/networks/host/connect", {"Container": "running"}),
    _post("/networks/net/disconnect", {"Container": "running"}).but(status=_STATE),
    _get("/volumes/nosuch"),
    _delete("/volumes/nosuch"),
    _delete("/volumes/kept"),
    _post("/volumes/create", {"Name": "!"}),
    _post("/volumes/create", {"Name": "new", "Driver": "foo"}).but(words="ours says it shorter"),
    _post("/volumes/create", {"Name": "new", "DriverOpts": {"foo": "bar"}}).but(words="ours says it shorter"),
)

_ELSEWHERE = (
    _get("/nosuch"),
    _put("/containers/json"),
    _post("/info"),
    _get("/v1.99/info").but(words="of the newest version"),
    _get("/v1.10/info"),
    _get("/v1.x/info"),
    _post("/auth", b"{bad").but(status=_JSON),
    _get("/swarm"),
    _post("/swarm/init", {}).but(status="onggi is the engine of one host"),
    _get("/services"),
    _get("/nodes"),
    _get("/secrets"),
    _get("/configs"),
    _get("/tasks"),
    _get("/plugins/x/json"),
)

REQUESTS = (*_LIFE, *_CREATE, *_PROCESSES, *_FILTERS, *_IMAGES, *_NETWORKS_AND_VOLUMES, *_ELSEWHERE)
