"""Each request that a socket which can do less may serve: in which set it is, and what is said of each of its parts.

A request that does not stand here is served on no such socket, and a parameter that does not is refused there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from onggi.api.policy.reach import MADE, new_name, reachable, within, within_new_container
from onggi.api.policy.refused import denied
from onggi.api.policy.rules import Noun
from onggi.api.policy.sight import Sight
from onggi.api.policy.verdict import PLAIN, By, Named, Reach, Verdict, Verdicts, plain
from onggi.api.wire import image
from onggi.engine.filters import Filters


class Names(msgspec.Struct, frozen=True):
    """Of images, as a request says them; "" is none. takes: whoever has one of them may lose it to another image.
    has_all: one without a tag is each of its repository."""

    names: tuple[str, ...]
    takes: bool = False
    has_all: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `sets`: those by which it is allowed; without one it is always served, as it tells nothing of what is
    here. which: chooses one of `sets` by the query. looks: it changes nothing. path, query, body: what is said of their
    parts; a body is what `read` of the route makes of it. hidden: why it is not served where such things are seen by
    their labels only. images: from path and query, the names that images are given, or sent by."""

    sets: tuple[str, ...] = ()
    which: Callable[[Any], str] | None = None
    looks: bool = False
    path: Verdicts = {}
    query: Verdicts = {}
    body: Verdict = By(within)
    hidden: Mapping[Noun, str] = {}
    images: Callable[[Mapping[str, str], Any], Names] | None = None


def _labelled(noun: Noun) -> By:
    """Only such things: their labels are those that they were given. One has to have all labels of a filter, so of
    several alternatives there can only be one."""

    def judge(filters: Filters, sight: Sight) -> Filters:
        labels = sight.labels(noun)
        if len(labels) > 1:
            raise denied("what has one of several labels cannot be listed")
        return {**filters, "label": (*filters.get("label", ()), *labels)} if labels else filters

    return By(judge)


def _own_events(filters: Filters, sight: Sight) -> Filters:
    """Those of containers; which of them are told, a witness says."""
    if not sight.labels("container"):
        return filters
    if not set(filters.get("type", ())) <= {"container"}:
        raise denied("only events of containers are told")
    return {**filters, "type": ("container",)}


def _own_execution(id: str, sight: Sight) -> str:
    sight.require_execution(id)
    return id


def _has_columns(options: str) -> bool:
    """By columns of one's own choice, and titles, lines of ps look as if they were of other processes than they are."""
    return any(not word.removeprefix("-").isalpha() or "o" in word.lower() for word in options.split())


_CONTAINER, _NETWORK, _VOLUME = Named("container"), By(reachable), Named("volume")
_OF_CONTAINER: Verdicts = {"name": _CONTAINER}
_OF_EXECUTION: Verdicts = {"id": By(_own_execution)}
_OF_NETWORK: Verdicts = {"id": _NETWORK}
_OF_VOLUME: Verdicts = {"name": _VOLUME}
_OF_IMAGE: Verdicts = {"name": PLAIN}
_PRUNED = "prune would take containers along that have the label from their images: remove yours by name"
_ALL = "it shows all that there is"


def _container(query: Verdicts | None = None, *, looks: bool = False) -> Row:
    return Row(sets=("containers",), looks=looks, path=_OF_CONTAINER, query=query or {})


def _looks(sets: str, query: Verdicts | None = None, path: Verdicts | None = None) -> Row:
    return Row(sets=(sets,), looks=True, query=query or {}, path=path or {})


_ALWAYS = Row(looks=True)
_ATTACH = plain("detach_keys logs stream stdin stdout stderr")
_SIZE = plain("h w")
_PRUNING = plain("filters stream")

_PATTERN = re.compile(r":[^}]*")
"""What a part of a path looks like."""


def shown(route: str) -> str:
    """As people write it."""
    return _PATTERN.sub("", route)


TABLE: Mapping[str, Row] = {
    "GET /_ping": _ALWAYS,
    "HEAD /_ping": _ALWAYS,
    "GET /version": _ALWAYS,
    "GET /openapi.json": _ALWAYS,
    # The engine as a whole
    "GET /info": _looks("system"),
    "GET /system/df": Row(
        sets=("system",),
        looks=True,
        query=plain("type verbose"),
        hidden={"container": _ALL, "network": _ALL, "volume": _ALL},
    ),
    "GET /events": _looks("events", {**plain("since until"), "filters": By(_own_events)}),
    "POST /auth": Row(sets=("pull", "push"), body=PLAIN),
    # Containers
    "GET /containers/json": _looks("containers", plain("all before filters limit since size")),
    "POST /containers/create": Row(
        sets=("containers",),
        query={"name": new_name("container"), "platform": PLAIN},
        body=By(within_new_container),
    ),
    "POST /containers/prune": Row(sets=("containers",), query=_PRUNING, hidden={"container": _PRUNED}),
    "GET /containers/{name}/json": _container(plain("size"), looks=True),
    "GET /containers/{name}/top": _container(
        {"ps_args": Reach("columns of ps of one's own choice (ps_args)", _has_columns)}, looks=True
    ),
    "GET /containers/{name}/changes": _container(looks=True),
    "POST /containers/{name}/rename": _container({"name": new_name("container")}),
    "POST /containers/{name}/update": _container(),
    "DELETE /containers/{name}": _container(plain("force link v")),
    "POST /containers/{name}/start": _container(plain("checkpoint")),
    "POST /containers/{name}/stop": _container(plain("signal t")),
    "POST /containers/{name}/restart": _container(plain("signal t")),
    "POST /containers/{name}/kill": _container(plain("signal")),
    "POST /containers/{name}/pause": _container(),
    "POST /containers/{name}/unpause": _container(),
    "POST /containers/{name}/wait": _container(plain("condition"), looks=True),
    "POST /containers/{name}/attach": _container(_ATTACH),
    "GET /containers/{name}/attach/ws": _container(_ATTACH),
    "POST /containers/{name}/resize": _container(_SIZE),
    "GET /containers/{name}/logs": _container(
        plain("follow stdout stderr since until timestamps tail details"), looks=True
    ),
    "GET /containers/{name}/stats": _container(plain("stream one_shot"), looks=True),
    "HEAD /containers/{name}/archive": _container(plain("path"), looks=True),
    "GET /containers/{name}/archive": _container(plain("path"), looks=True),
    "PUT /containers/{name}/archive": _container(plain("path no_overwrite copies_owners")),
    "GET /containers/{name}/export": _container(looks=True),
    "POST /containers/{name}/exec": _container(),
    "POST /exec/{id}/start": Row(sets=("containers",), path=_OF_EXECUTION),
    "POST /exec/{id}/resize": Row(sets=("containers",), path=_OF_EXECUTION, query=_SIZE),
    "GET /exec/{id}/json": _looks("containers", path=_OF_EXECUTION),
    # Images
    "GET /images/json": _looks("images", plain("all filters filter identity manifests shared_size")),
    "GET /images/get": _looks("images", plain("platform names")),
    "GET /images/{name:.+}/json": _looks("images", plain("platform manifests"), _OF_IMAGE),
    "GET /images/{name:.+}/history": _looks("images", plain("platform"), _OF_IMAGE),
    "GET /images/{name:.+}/get": _looks("images", plain("platform"), _OF_IMAGE),
    "GET /distribution/{name:.+}/json": _looks("images", path=_OF_IMAGE),
    "POST /images/create": Row(
        sets=("pull", "load"),
        which=lambda query: "pull" if query.image else "load",
        query=plain("image source repository tag message changes platform"),
        images=lambda path, query: (
            Names((query.pulled,), has_all=True) if query.image else Names((query.imported,), takes=True)
        ),
    ),
    "POST /images/load": Row(sets=("load",), query=plain("platform")),
    "POST /images/prune": Row(sets=("remove",), query=_PRUNING),
    "DELETE /images/{name:.+}": Row(sets=("remove",), path=_OF_IMAGE, query=plain("force platforms")),
    "POST /images/{name:.+}/tag": Row(
        sets=("tag",),
        path=_OF_IMAGE,
        query=plain("repository tag"),
        images=lambda path, query: Names((query.reference,), takes=True),
    ),
    "POST /images/{name:.+}/push": Row(
        sets=("push",),
        path=_OF_IMAGE,
        query=plain("tag platform"),
        images=lambda path, query: Names((image.named(path["name"], query.tag),), has_all=True),
    ),
    "POST /commit": Row(
        sets=("commit",),
        query={**plain("repository tag comment author pause changes"), "container": _CONTAINER},
        body=PLAIN,
        images=lambda path, query: Names((query.reference,), takes=True),
    ),
    # Builds
    "POST /build": Row(
        sets=("build",),
        query=plain(
            "dockerfile remote tags quiet no_cache pull remove force_remove target platform build_args labels"
            " cache_from network_mode extra_hosts shm_size squash memory memory_swap memory_nodes cpu_shares cpu_set"
            " cpu_period cpu_quota ulimits cgroup_parent security_options isolation version session build_id outputs"
        ),
        images=lambda path, query: Names(query.tags, takes=True),
    ),
    # What is asked for by these connections, calls.py says. They are given to everybody, for clients tell people why a
    # call is refused, and not why a connection is. A client is asked for something by what it builds alone.
    "POST /grpc": _ALWAYS,
    "POST /session": _ALWAYS,
    "POST /build/cancel": Row(sets=("build",), query=plain("id")),
    "POST /build/prune": Row(
        sets=("remove",), query=plain("filters stream keep_storage reserved_space max_used_space min_free_space")
    ),
    # Networks
    "GET /networks": _looks("networks", {"filters": _labelled("network")}),
    "POST /networks/create": Row(sets=("networks",), body=MADE),
    "POST /networks/prune": Row(sets=("networks",), query={**_PRUNING, "filters": _labelled("network")}),
    "GET /networks/{id}": _looks("networks", plain("verbose scope"), {"id": Named("network")}),
    "DELETE /networks/{id}": Row(sets=("networks",), path=_OF_NETWORK),
    "POST /networks/{id}/connect": Row(sets=("networks",), path=_OF_NETWORK),
    "POST /networks/{id}/disconnect": Row(sets=("networks",), path=_OF_NETWORK),
    # Volumes
    "GET /volumes": _looks("volumes", {"filters": _labelled("volume")}),
    "POST /volumes/create": Row(sets=("volumes",), body=MADE),
    "POST /volumes/prune": Row(sets=("volumes",), query={**_PRUNING, "filters": _labelled("volume")}),
    "GET /volumes/{name}": _looks("volumes", path=_OF_VOLUME),
    "DELETE /volumes/{name}": Row(sets=("volumes",), path=_OF_VOLUME, query=plain("force")),
}
"""Method and path, with the names of its parts → what is said of it. What is there only to refuse, as Docker does
outside of a swarm, does not stand here."""
