"""A socket that can do less, and what there is for it to ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest

from onggi.api import body as bodies
from onggi.api.application import ROUTES
from onggi.api.policy.judge import Asked, decide
from onggi.api.policy.rules import Policy, parse
from onggi.api.policy.sight import Sight, Thing
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.routes import absent
from onggi.api.versions import NEWEST, Version

ABSENT = {f"{route.method} {route.path}" for route in absent.ROUTES}
BY_NAME = {f"{route.method} {route.path}": route for route in ROUTES}
SERVED = [name for name in BY_NAME if name not in ABSENT]
CREATE = "POST /containers/create"
OURS, THEIRS, HOST = "a" * 64, "b" * 64, "c" * 64


class Facts:
    """Two of each: ours, with the label ci, and theirs, whose label does not count or is another."""

    things: Mapping[str, Thing] = {
        "ours": Thing(OURS, {"ci": "1"}),
        OURS: Thing(OURS, {"ci": "1"}),
        "theirs": Thing(THEIRS, {"production": ""}),
        THEIRS: Thing(THEIRS, {"production": ""}),
        "host": Thing(HOST, {}, is_host=True),
        HOST: Thing(HOST, {}, is_host=True),
        "b" * 12: Thing(THEIRS, {"production": ""}),  # as people write it
        "d" * 64: Thing(OURS, {"ci": "1"}),  # one of ours is called as somebody else's was that is gone
    }

    def container(self, name: str) -> Thing | None:
        return self.things.get(name)

    network = volume = container

    def containers(self) -> Iterable[Thing]:
        return [self.things[OURS], self.things[THEIRS]]

    def container_of(self, execution: str) -> str | None:
        return {"e1": OURS, "e2": THEIRS}.get(execution)

    def has_image(self, name: str) -> bool:
        return name in ("docker.io/library/debian:12", "e" * 12)


def policy(*allowed: str, is_read_only: bool = False) -> Policy:
    found = parse(allowed, is_read_only=is_read_only)
    assert found is not None
    return found


CI = policy("containers:label=ci,volumes:label=ci,networks:label=ci,commit,events")
ALL = policy("containers,volumes,networks")


def asked(
    policy: Policy,
    name: str,
    path: Mapping[str, str] = {},
    body: Any = None,
    /,
    *,
    version: Version = NEWEST,
    **query: Any,
) -> Asked:
    """What becomes of a request on its way to its handler."""
    route: Route = BY_NAME[name]
    document: Any = None
    if route.body is not None:
        document = bodies.read(msgspec.json.encode(body or _LEAST.get(name, {})), route.body)
    if route.read is not None:
        document = route.read(document, route.query(**query), version)
    return decide(policy, Sight(policy.rules, Facts()), name, Asked(path, route.query(**query), document))


_LEAST: Mapping[str, dict[str, Any]] = {
    CREATE: {"Image": "x"},
    "POST /containers/{name}/exec": {"Cmd": ["true"]},
}
"""What a body has at least."""


def refused(policy: Policy, name: str, /, *rest: Any, **query: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        asked(policy, name, *rest, **query)
    return found.value


def made(policy: Policy, host: Mapping[str, Any] = {}, **rest: Any) -> Any:
    """The container that it shall be, of such a HostConfig."""
    return asked(policy, CREATE, {}, {"Image": "busybox", "HostConfig": host, **rest}).body.spec


def not_made(policy: Policy, host: Mapping[str, Any] = {}, **rest: Any) -> Refusal:
    return refused(policy, CREATE, {}, {"Image": "busybox", "HostConfig": host, **rest})
