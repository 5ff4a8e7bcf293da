"""What a socket serves that can do less: which requests, which containers, and nothing by which the host could be
reached.

    policy = parse(["build:name=ci/*", "pull", "containers:label=ci"], is_read_only=False)
    asked = decide(policy, "POST /containers/create", {}, query, body, facts)

Whoever has such a socket is taken for somebody who wants more than it gives. So a request that no set names is refused;
what it names is replaced by IDs before it is handled, so that it stays what was looked at; and a container's label
counts only if whoever made the container gave it, for images, which anybody may have built, have labels too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from onggi.api import host_reach
from onggi.api.refusals import Refusal
from onggi.api.wire.container import Create
from onggi.api.wire.execution import Create as CreateExec
from onggi.api.wire.resources import Update
from onggi.container.spec import Volume
from onggi.container.volume_text import parse_volume
from onggi.engine.filters import Filters
from onggi.errors import Invalid
from onggi.oci import reference

SETS: Mapping[str, tuple[str, ...]] = {
    "build": ("POST /build", "POST /build/cancel"),
    "commit": ("POST /commit",),
    "containers": ("* /containers/*", "* /exec/*"),
    "events": ("GET /events",),
    "images": ("GET /images/*", "GET /distribution/*"),
    "load": ("POST /images/load", "POST /images/create"),
    "networks": ("* /networks", "* /networks/*"),
    "pull": ("POST /images/create", "POST /auth"),
    "push": ("POST /images/*/push", "POST /auth"),
    "remove": ("DELETE /images/*", "POST /images/prune", "POST /build/prune"),
    "system": ("GET /info", "GET /system/df"),
    "tag": ("POST /images/*/tag",),
    "volumes": ("* /volumes", "* /volumes/*"),
}
"""What may be allowed by name → requests, by method and path."""
ALWAYS = ("GET /_ping", "HEAD /_ping", "GET /version", "GET /openapi.json")
"""What clients need to see whom they talk to; it tells nothing of what is here."""
READING = ("GET *", "HEAD *", "POST /containers/*/wait")
WRITING = ("GET /containers/*/attach/ws",)
"""Requests that only look, and one that looks as if it did."""
MARK = "io.onggi.policy"
"""The annotation of containers that were made by such a socket: it has given them their label itself."""

_LABELLED = {"containers": "container", "networks": "network", "volumes": "volume"}
"""Sets that `label=` makes smaller → what it is that has labels."""
_NAMED = ("build", "commit", "pull", "push", "tag")
"""Sets that `name=` makes smaller: to images of these names."""


class Rule(msgspec.Struct, frozen=True):
    """What is allowed of one set: of its images those whose names match one of `names`, of its containers (networks,
    volumes) those with one of `labels`, each `key` or `key=value`; all of them where there are none."""

    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


_ALL: Mapping[str, Rule] = dict.fromkeys(SETS, Rule())


class Policy(msgspec.Struct, frozen=True):
    """`rules` by the names of their sets; None: all that there are."""

    rules: Mapping[str, Rule] | None = None
    is_read_only: bool = False


class Thing(msgspec.Struct, frozen=True):
    """A container, network or volume. `labels`: those that whoever made it gave it. is_host: it is the network that
    stands for the host's own."""

    id: str
    labels: Mapping[str, str]
    is_host: bool = False


class Facts(Protocol):
    """What has to be looked up. Each is None for what is not there."""

    def container(self, name: str) -> Thing | None: ...

    def network(self, name: str) -> Thing | None: ...

    def volume(self, name: str) -> Thing | None: ...

    def container_of(self, execution: str) -> str | None:
        """In which container a further process is."""

    def has_image(self, name: str) -> bool: ...


class Asked(msgspec.Struct, frozen=True):
    """A request, as it may be handled."""

    path: Mapping[str, str]
    query: Any
    body: Any


def parse(allowed: Sequence[str], *, is_read_only: bool) -> Policy | None:
    """From `--allow build,pull --allow containers:label=ci`; None where nothing is made smaller. Raises Invalid."""
    if not allowed:
        return Policy(None, is_read_only) if is_read_only else None
    rules: dict[str, Rule] = {}
    for text in (part.strip() for each in allowed for part in each.split(",")):
        name, _, limit = text.partition(":")
        if name not in SETS:
            raise Invalid(f"--allow {text}: there is no set {name!r}", hint=f"sets: {', '.join(SETS)}")
        rules[name] = _with(rules.get(name, Rule()), name, limit) if limit else rules.get(name, Rule())
    return Policy(rules, is_read_only)


def _with(rule: Rule, name: str, limit: str) -> Rule:
    key, _, value = limit.partition("=")
    if key == "label" and name in _LABELLED and value:
        return replace(rule, labels=(*rule.labels, value))
    if key == "name" and name in _NAMED and value:
        return replace(rule, names=(*rule.names, value))
    raise Invalid(
        f"--allow {name}:{limit} makes no sense",
        hint=f"{', '.join(_LABELLED)} take label=KEY or label=KEY=VALUE, {', '.join(_NAMED)} take name=PATTERN",
    )


def show(policy: Policy | None) -> str:
    """As text, for who wants to see what a socket will do."""
    if policy is None:
        return "All requests are served: whoever may connect is root on this host.\n"
    lines = ["Only what looks and changes nothing is served."] if policy.is_read_only else []
    lines += ["These requests are served, and no others:", *(f"  {each}" for each in ALWAYS)]
    for name, rule in (policy.rules if policy.rules is not None else _ALL).items():
        requests = _reading(SETS[name]) if policy.is_read_only else SETS[name]
        if not requests:
            continue
        limits = [f"name {each}" for each in rule.names] + [f"label {each}" for each in rule.labels]
        lines.append(f"{name}{': only ' + ' or '.join(limits) if limits else ''}")
        lines += [f"  {each}" for each in requests]
    lines += ["Refused in any case:", *(f"  {each}" for each in host_reach.NAMES)]
    return "\n".join(lines) + "\n"


def _reading(patterns: Sequence[str]) -> list[str]:
    """What of a set is left where nothing may be changed."""
    paths = [path for method, _, path in (each.partition(" ") for each in patterns) if method in ("GET", "*")]
    others = [each for each in READING if not each.endswith(" *") and _matches(each, patterns)]
    return [*(f"GET {path}" for path in paths), *others]


def decide(policy: Policy, route: str, path: Mapping[str, str], query: Any, body: Any, facts: Facts) -> Asked:
    """`route` is method and path, with the names of its parts. What may be done, which may be less than was asked for.
    Raises Refusal: 403 with the reason, 404 for what this socket does not see."""
    if _matches(route, ALWAYS):
        return Asked(path, query, body)
    if policy.is_read_only and (_matches(route, WRITING) or not _matches(route, READING)):
        raise denied(f"{route} changes something, and this socket is read-only")
    rules = policy.rules if policy.rules is not None else _ALL
    sets = _require_set(rules, route, query)
    return _Judge(rules, sets, route, facts).judge(Asked(path, query, body))


def denied(reason: str) -> Refusal:
    """In the shape in which Docker tells what an authorization plugin says (moby, pkg/authorization)."""
    return Refusal(403, f"authorization denied by the policy of this socket: {reason}")


def _require_set(rules: Mapping[str, Rule], route: str, query: Any) -> tuple[str, ...]:
    """The allowed ones of those that the request is in."""
    wanted: Sequence[str] = [name for name, patterns in SETS.items() if _matches(route, patterns)]
    if route == "POST /images/create":
        wanted = ["pull"] if query.image else ["load"]
    found = tuple(name for name in wanted if name in rules)
    if not found:
        way = f"it would need --allow {' or '.join(wanted)}" if wanted else "no set has it"
        raise denied(f"{route} is not allowed ({way})")
    return found


def _matches(route: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(route, pattern) for pattern in patterns)


class _Judge:
    """Of one request. `rules`: of all sets that are allowed; `sets`: those of them that the request is in."""

    def __init__(self, rules: Mapping[str, Rule], sets: Sequence[str], route: str, facts: Facts) -> None:
        self._rules = rules
        self._sets = sets
        self._route = route
        self._noun = route.partition(" /")[2].partition("/")[0]
        self._facts = facts

    def judge(self, asked: Asked) -> Asked:
        asked = replace(asked, path=self._own_path(asked.path), query=self._own_query(asked.query))
        for reason in host_reach.reasons(asked.query, asked.body, sees_all=not self._labels("containers")):
            raise denied(reason)
        self._require_names(asked)
        match asked.body:
            case Create():
                return replace(asked, body=self._own_container(asked.body))
            case CreateExec() | Update() | None:
                return asked
            case _:
                return replace(asked, body=self._own_body(asked.body))

    # What is named is looked up, and has to be seen by this socket.

    def _own_path(self, path: Mapping[str, str]) -> Mapping[str, str]:
        found = dict(path)
        for part in ("name", "id"):
            if part in path and self._noun in _LABELLED:
                found[part] = self._own(self._noun, path[part])
        if self._noun == "exec" and self._labels("containers"):
            container = self._facts.container_of(path["id"])
            if container is None or not self._sees("containers", self._facts.container(container)):
                raise Refusal(404, f"No such exec instance: {path['id']}")
        return found

    def _own(self, noun: str, name: str) -> str:
        """Its ID. Raises Refusal as for one that is not there."""
        if not self._labels(noun):
            return name
        look: Callable[[str], Thing | None] = getattr(self._facts, _LABELLED[noun])
        found = look(name)
        if found is None or not self._sees(noun, found):
            raise Refusal(404, f"No such {_LABELLED[noun]}: {name}")
        return found.id

    def _sees(self, noun: str, thing: Thing | None) -> bool:
        return thing is not None and _has(thing.labels, self._labels(noun))

    def _labels(self, noun: str) -> tuple[str, ...]:
        rule = self._rules.get(noun)
        return rule.labels if rule is not None else ()

    # Lists, and what takes away all that it finds.

    def _own_query(self, query: Any) -> Any:
        noun = "containers" if self._route == "GET /events" else self._noun
        container = getattr(query, "container", "")
        if container:
            query = replace(query, container=self._own("containers", container))
        labels = self._labels(noun)
        if self._route == "GET /system/df" and any(map(self._labels, _LABELLED)):
            raise denied("GET /system/df shows all that there is")
        if not labels or not hasattr(query, "filters"):
            return query
        if self._route == "POST /containers/prune":
            raise denied(
                "prune would take containers along that have the label from their images: remove yours by name"
            )
        filters = dict(query.filters)
        if self._route == "GET /events":
            filters = {**filters, "type": self._own_kinds(filters)}
        if self._route.startswith("GET /containers/"):
            for key in ("before", "since"):
                if getattr(query, key, ""):
                    query = replace(query, **{key: self._own(noun, getattr(query, key))})
        return replace(query, filters={**filters, "label": self._own_labels(filters, labels)})

    def _own_labels(self, filters: Filters, labels: Sequence[str]) -> tuple[str, ...]:
        """Things have to have all labels of a filter, so of several alternatives it can only be one."""
        if len(labels) > 1:
            raise denied("what has one of several labels cannot be listed")
        return (*filters.get("label", ()), *labels)

    def _own_kinds(self, filters: Filters) -> tuple[str, ...]:
        if set(filters.get("type", ("container",))) != {"container"}:
            raise denied("only events of containers are told")
        return ("container",)

    # What is made.

    def _own_container(self, asked: Create) -> Create:
        """With the label, and with IDs for what it names."""
        labels = self._labels("containers")
        host = asked.host_config
        annotations = {key: value for key, value in host.annotations.items() if key != MARK}
        given = dict(asked.labels)
        if labels and not _has(given, labels):
            key, _, value = labels[0].partition("=")
            given[key] = value
        if labels:
            annotations[MARK] = labels[0]
        for name in _volumes(asked):
            self._require_volume(name)
        return replace(
            asked,
            labels=given,
            host_config=replace(
                host,
                annotations=annotations,
                network_mode=self._own_mode(host.network_mode),
                pid_mode=self._own_mode(host.pid_mode, is_network=False),
                ipc_mode=self._own_mode(host.ipc_mode, is_network=False),
                volumes_from=tuple(map(self._own_source, host.volumes_from)),
            ),
            networking_config=replace(
                asked.networking_config,
                endpoints_config={
                    self._own_mode(name): settings
                    for name, settings in asked.networking_config.endpoints_config.items()
                },
            ),
        )

    def _own_mode(self, mode: str, *, is_network: bool = True) -> str:
        kind, separator, name = mode.partition(":")
        if kind == "container" and separator:
            return f"container:{self._own('containers', name)}"
        if not is_network or mode in ("", "default", "bridge", "none"):
            return mode
        if "networks" not in self._rules:
            raise denied(f"the network {mode} is not for containers of this socket (it would need --allow networks)")
        found = self._facts.network(mode)
        if found is not None and found.is_host:
            raise denied("the host's network (HostConfig.NetworkMode)")
        return self._own("networks", mode)

    def _own_source(self, text: str) -> str:
        name, separator, mode = text.partition(":")
        return f"{self._own('containers', name)}{separator}{mode}"

    def _require_volume(self, name: str) -> None:
        if "volumes" not in self._rules:
            raise denied(f"the volume {name} has a name (it would need --allow volumes); volumes without one are")
        if self._labels("volumes"):
            self._own("volumes", name)

    def _own_body(self, body: Any) -> Any:
        """Of what makes a network or a volume, and of what connects a container to a network."""
        if hasattr(body, "container"):
            return replace(body, container=self._own("containers", body.container))
        labels = self._labels(self._noun)
        if not labels or not hasattr(body, "labels"):
            return body
        if self._noun == "volumes" and body.name:
            there = self._facts.volume(body.name)
            if there is not None and not self._sees(self._noun, there):
                raise denied(f"the volume name {body.name} is taken")
        given = dict(body.labels or {})
        if not _has(given, labels):
            key, _, value = labels[0].partition("=")
            given[key] = value
        return replace(body, labels=given)

    # Names of images.

    def _require_names(self, asked: Asked) -> None:
        found = _NAMES.get(self._route)
        if found is None:
            return
        names, takes_over = found(asked.path, asked.query)
        wanted = tuple(pattern for name in self._sets for pattern in self._rules[name].names)
        for name in filter(None, names):
            parsed = reference.parse(name)
            if wanted and not any(
                fnmatchcase(text, pattern)
                for pattern in wanted
                for text in (parsed.familiar(), parsed.familiar_name(), str(parsed))
            ):
                raise denied(f"the image name {parsed.familiar()} matches none of {', '.join(wanted)}")
            if takes_over and not wanted and self._facts.has_image(str(parsed)):
                raise denied(
                    f"the image name {parsed.familiar()} is taken, and would be another image's"
                    " (names that may be given anew need --allow SET:name=PATTERN)"
                )


def _has(labels: Mapping[str, str], wanted: Sequence[str]) -> bool:
    """One of them, each `key` or `key=value`."""
    return any(
        labels.get(key) == value if separator else key in labels
        for key, separator, value in (text.partition("=") for text in wanted)
    )


def _volumes(asked: Create) -> Iterator[str]:
    """Names; of the host's paths `host_reach` knows."""
    for text in asked.host_config.binds:
        mount = parse_volume(text, "/")
        if isinstance(mount, Volume) and mount.name:
            yield mount.name
    for each in asked.host_config.mounts:
        if each.type == "volume" and each.source:
            yield each.source


def _joined(repository: str, tag: str) -> str:
    return f"{repository}{'@' if ':' in tag else ':'}{tag}" if tag and repository else repository


_NAMES: Mapping[str, Callable[[Mapping[str, str], Any], tuple[Sequence[str], bool]]] = {
    "POST /build": lambda path, query: (query.tags, True),
    "POST /commit": lambda path, query: ((_joined(query.repository, query.tag),), True),
    "POST /images/create": lambda path, query: (
        ((_joined(query.image, query.tag),), False) if query.image else ((_joined(query.repository, query.tag),), True)
    ),
    "POST /images/{name:.+}/push": lambda path, query: ((_joined(path["name"], query.tag),), False),
    "POST /images/{name:.+}/tag": lambda path, query: ((_joined(query.repository, query.tag),), True),
}
"""A request → the names that it gives to images or sends images by, and whether it can take them away from others."""
