"""Each request and each part of one stands in the policy's tables; what does not is refused."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.api.policies import ABSENT, BY_NAME, SERVED, Facts, asked, policy, refused

from onggi.api.buildkit.methods import METHODS
from onggi.api.policy.calls import CALLS
from onggi.api.policy.judge import admit
from onggi.api.policy.reach import FIELDS, within
from onggi.api.policy.rules import EVERYTHING, SETS, Policy
from onggi.api.policy.sight import Sight
from onggi.api.policy.table import TABLE
from onggi.api.policy.verdict import PLAIN, Reach, judged
from onggi.api.refusals import Refusal
from onggi.api.wire import container
from onggi.container.network.network import NetworkSpec
from onggi.container.spec import ContainerSpec
from onggi.engine.output import FolderOutput
from onggi.engine.types import BuildRequest, ExecRequest

CONTROL = "/moby.buildkit.v1.Control"
BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge"
ALWAYS = [name for name, row in TABLE.items() if not row.sets]


def test_each_request_has_a_row_and_each_row_a_request() -> None:
    assert set(TABLE) == set(SERVED)


@pytest.mark.parametrize("name", SERVED)
def test_each_part_of_a_request_has_a_verdict(name: str) -> None:
    route, row = BY_NAME[name], TABLE[name]
    assert set(row.path) == set(re.findall(r"{(\w+)", route.path))
    assert set(row.query) == {field.name for field in msgspec.structs.fields(route.query)}


@pytest.mark.parametrize("name", [name for name in SERVED if BY_NAME[name].body or BY_NAME[name].read])
def test_each_body_is_known_whole(name: str) -> None:
    """As it is decoded, or as what is made of it; or it is of nobody's concern."""
    route, row = BY_NAME[name], TABLE[name]
    if row.body is PLAIN:
        assert name in ("POST /commit", "POST /auth")
    elif route.read is None:
        assert route.body in FIELDS


REACHED = (ContainerSpec, ExecRequest, NetworkSpec, BuildRequest, *FIELDS)


def structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """Those that a value of this type can be, or have in it."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union, tuple) or (origin and issubclass(origin, dict)):
        for each in typing.get_args(hint):
            yield from structs(each)


@pytest.mark.parametrize("kind", dict.fromkeys(REACHED), ids=lambda kind: kind.__name__)
def test_each_field_has_a_verdict(kind: type[msgspec.Struct]) -> None:
    """Who adds one says whether it is a way to the host."""
    assert set(FIELDS[kind]) == {field.name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("kind", [ContainerSpec, container.Wanted, ExecRequest], ids=lambda kind: kind.__name__)
def test_what_is_within_a_field_is_looked_at_too(kind: type[msgspec.Struct]) -> None:
    for name, hint in typing.get_type_hints(kind).items():
        for struct in () if isinstance(FIELDS[kind][name], Reach) else structs(hint):
            assert struct in FIELDS, f"{kind.__name__}.{name}"
            assert FIELDS[kind][name] is not PLAIN, f"{kind.__name__}.{name}"


def test_what_no_table_has_is_refused() -> None:
    class New(msgspec.Struct):
        way_out: str = "/"

    sight = Sight(EVERYTHING, Facts())
    with pytest.raises(Refusal, match="does not know"):
        within(New(), sight)
    with pytest.raises(Refusal, match="does not know"):
        judged(New(), {}, sight)
    with pytest.raises(Refusal, match="FolderOutput"):
        within((FolderOutput(folder=typing.cast("Any", "/etc")),), sight)


ROUTE_SETS = {
    "POST /build": {"build"},
    "POST /commit": {"commit"},
    "GET /containers/json": {"containers"},
    "POST /containers/create": {"containers"},
    "DELETE /containers/{name}": {"containers"},
    "POST /containers/{name}/attach": {"containers"},
    "GET /events": {"events"},
    "GET /images/json": {"images"},
    "DELETE /images/{name:.+}": {"remove"},
    "POST /images/load": {"load"},
    "POST /images/{name:.+}/push": {"push"},
    "POST /images/{name:.+}/tag": {"tag"},
    "POST /volumes/create": {"volumes"},
    "GET /networks": {"networks"},
    "GET /info": {"system"},
    "POST /auth": {"pull", "push"},
}


def parts(name: str) -> dict[str, str]:
    return dict.fromkeys(TABLE[name].path if name in TABLE else (), "ours")


@pytest.mark.parametrize("name", ROUTE_SETS)
def test_a_request_is_served_by_its_set_and_no_other(name: str) -> None:
    query: dict[str, Any] = {"container": "ours"} if name == "POST /commit" else {}
    for each in SETS:
        if each in ROUTE_SETS[name]:
            asked(policy(each), name, parts(name), **query)
        else:
            assert refused(policy(each), name, parts(name), **query).status == 403, each


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in ALWAYS])
def test_what_no_set_names_is_served_to_nobody(name: str) -> None:
    refusal = refused(Policy({}), name, parts(name))
    assert refusal.status == 403
    assert "policy" in refusal.message


@pytest.mark.parametrize("name", SERVED)
def test_read_only_changes_nothing(name: str) -> None:
    limited = policy(is_read_only=True)
    looks = name.startswith(("GET ", "HEAD ")) or name.endswith(("/wait", "/grpc", "/session"))
    if looks and not name.endswith("/attach/ws"):
        asked(limited, name, parts(name))
    else:
        assert "read-only" in refused(limited, name, parts(name)).message


def test_each_call_of_buildkit_has_a_row_and_each_row_a_call() -> None:
    assert set(CALLS) == set(METHODS)


CALL_SETS = {
    f"{CONTROL}/Info": set(SETS),
    f"{CONTROL}/Solve": {"build"},
    f"{CONTROL}/Status": {"build", "system"},
    f"{CONTROL}/DiskUsage": {"system"},
    f"{CONTROL}/Prune": {"remove"},
    f"{CONTROL}/ListenBuildHistory": {"system"},
    f"{CONTROL}/UpdateBuildHistory": {"remove"},
    f"{BRIDGE}/Solve": {"build"},
    f"{BRIDGE}/Return": {"build"},
}


def may_call(limited: Policy, call: str) -> bool:
    try:
        admit(limited, Sight(limited.rules, Facts()), call)
    except Refusal as refusal:
        assert refusal.status == 403
        return False
    return True


@pytest.mark.parametrize("call", CALL_SETS)
def test_a_call_is_served_by_its_sets_and_no_other(call: str) -> None:
    assert {each for each in SETS if may_call(policy(each), call)} == CALL_SETS[call]


@pytest.mark.parametrize("call", CALLS)
def test_calls_on_a_read_only_socket_change_nothing(call: str) -> None:
    looks = call.rpartition("/")[2] in ("Info", "ListWorkers", "DiskUsage", "ListenBuildHistory", "Session", "Status")
    assert may_call(policy(is_read_only=True), call) == looks


def test_a_call_that_shows_all_is_not_served_where_labels_hide_some() -> None:
    assert not may_call(policy("system", "containers:label=ci"), f"{CONTROL}/DiskUsage")
    assert not may_call(policy(*SETS), "/grpc.reflection.v1.ServerReflection/Info")


def test_what_is_there_only_to_refuse_is_in_no_set() -> None:
    assert not ABSENT & set(TABLE)


def test_a_refusal_says_what_was_asked_and_what_it_needs() -> None:
    said = refused(policy("build"), "GET /images/{name:.+}/json", {"name": "x"}).message
    assert said.endswith(": looking at images, and saving them, is not allowed (it would need --allow images)")
    said = refused(policy("build", is_read_only=True), "POST /images/{name:.+}/tag", {"name": "x"}).message
    assert said.endswith(": POST /images/{name}/tag changes something, and this socket is read-only")
