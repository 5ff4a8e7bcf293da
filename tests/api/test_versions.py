"""Versions: how one is asked for, and that what is said of what they have is about requests and answers that there are,
and is heeded."""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from multidict import MultiDict

import onggi.api
from onggi.api import answers, body, query, versions
from onggi.api.application import ROUTES
from onggi.api.refusals import Refusal
from onggi.api.versions import ANSWERED, ASKED, NEWEST, OLDEST, Span, Version
from onggi.api.wire.volume import Listing, Volume

REQUESTS = {f"{route.method} {route.path}": route for route in ROUTES}
ASKED_ROWS = [(request, path) for request, fields in ASKED.items() for path in fields]
ANSWERED_ROWS = [(request, path) for request, fields in ANSWERED.items() for path in fields]
VALUES: dict[str, Any] = {"string": "1", "integer": 1, "boolean": True}
"""What a field of that kind of JSON may be."""


def test_the_version_is_taken_off_the_path() -> None:
    assert versions.split("/v1.41/containers/json") == ((1, 41), "/containers/json")
    assert versions.split("/containers/json") == (NEWEST, "/containers/json")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1.99/info", "client version 1.99 is too new. Maximum supported API version is "),
        ("/v1.12/info", "client version 1.12 is too old. Minimum supported API version is 1.24, please upgrade"),
    ],
)
def test_a_version_that_is_not_spoken(path: str, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        versions.split(path)
    assert caught.value.status == 400
    assert caught.value.message.startswith(words)


def test_a_span() -> None:
    span = Span((1, 40), (1, 52), (1, 44))
    assert [span.has((1, minor)) for minor in (39, 40, 51, 52)] == [False, True, True, False]
    assert [span.is_filled((1, minor)) for minor in (43, 44)] == [False, True]
    assert Span().has(OLDEST) and Span().has(NEWEST) and not Span().is_filled(NEWEST)


@pytest.mark.parametrize(("request_name", "path"), ASKED_ROWS)
def test_what_is_asked_counts_where_a_version_has_it(request_name: str, path: str) -> None:
    route, span = REQUESTS[request_name], ASKED[request_name][path]
    heard = {version: _heard(route, path, versions.unknown(version, request_name)) for version in _around(span)}
    assert heard == {version: span.has(version) for version in heard}
    assert set(heard.values()) == {True, False}


@pytest.mark.parametrize(("request_name", "path"), ANSWERED_ROWS)
def test_a_field_is_answered_where_a_version_has_it(request_name: str, path: str) -> None:
    fields = ANSWERED[request_name]
    above = [span for other, span in fields.items() if f"{path}.".startswith(f"{other}.")]
    for version in _around(fields[path]):
        full, empty = _document(path, "x"), _document(path, "")
        is_there = all(span.has(version) for span in above)
        assert (answers.fit(full, version, request_name) == full) == is_there
        stays = is_there and not fields[path].is_filled(version)
        assert (answers.fit(empty, version, request_name) == empty) == stays


@pytest.mark.parametrize(("request_name", "path"), ANSWERED_ROWS)
def test_what_is_said_of_answers_is_of_fields_that_there_are(request_name: str, path: str) -> None:
    """Of those that are structs; tests of a server look into the others."""
    assert _is_field(REQUESTS[request_name].answer, path.split("."))


def test_what_no_version_is_without_stays_as_it_is() -> None:
    table = {"Titles": ()}
    assert answers.fit(table, OLDEST, "GET /containers/{name}/top") is table
    document = {"Config": {"Cmd": None}, "VirtualSize": 3}
    assert answers.fit(document, NEWEST, "GET /images/{name:.+}/json") == {"Config": {}}
    assert document == {"Config": {"Cmd": None}, "VirtualSize": 3}


def test_structs_are_fitted_too() -> None:
    made = Volume(name="a", driver="local", mountpoint="/a", created_at="now", labels=None, options={"k": "v"})
    assert answers.fit(Listing((made,)), OLDEST, "GET /volumes") == {
        "Volumes": ({"Name": "a", "Driver": "local", "Mountpoint": "/a", "Labels": None, "Scope": "local"},),
        "Warnings": None,
    }


def test_each_change_is_asked_for() -> None:
    asked = set()
    for path in Path(onggi.api.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("has", "versions.has"):
                asked |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    assert asked == set(versions.CHANGED) == set(typing.get_args(versions.Change))


def _around(span: Span) -> Iterator[Version]:
    """The versions at its bounds, and those before them."""
    for bound in {span.first, span.end, span.filled} - {None}:
        assert bound is not None
        yield from (each for each in (bound, (bound[0], bound[1] - 1)) if OLDEST <= each <= NEWEST)


def _heard(route: Any, path: str, unknown: Sequence[str]) -> bool:
    """Whether the request is another one with it than without."""
    if any(field.encode_name == path for field in msgspec.structs.fields(route.query)):
        return bool(query.read(MultiDict({path: "1"}), route.query, unknown) != route.query())
    data = msgspec.json.encode(_asked(route.body, path.split(".")))
    without = body.read(data, route.body, [path])
    return body.read(data, route.body, unknown) != without


def _asked(hint: Any, path: Sequence[str]) -> Any:
    """A document that says something at `path`."""
    if not path:
        return _value(hint)
    first, *rest = path
    if first != "*":
        _, inner = (body._fields(body._struct(hint)) or {})[first.lower()]
        return {first: _asked(inner, rest)}
    if items := body._arguments(hint, tuple):
        return [_asked(items[0], rest)]
    return {"a": _asked(body._arguments(hint, dict)[1], rest)}


def _value(hint: Any) -> Any:
    """Something other than nothing that a field of that type may be."""
    (schema,), parts = msgspec.json.schema_components([hint])
    return _of_schema(schema, parts)


def _of_schema(schema: Any, parts: Any) -> Any:
    if "$ref" in schema:
        return {}
    if "anyOf" in schema:
        return next(found for each in schema["anyOf"] if (found := _of_schema(each, parts)) is not None)
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return [_of_schema(each, parts) for each in schema["prefixItems"]]
        case "array":
            return [_of_schema(schema["items"], parts)]
        case "object":
            return {"a": _of_schema(schema["additionalProperties"], parts)}
        case kind:
            return VALUES.get(kind)


def _document(path: str, value: Any) -> Any:
    """One that has nothing but `value` at `path`."""
    first, _, rest = path.partition(".")
    inner = _document(rest, value) if rest else value
    return [inner] if first == "*" else {first: inner}


def _is_field(hint: Any, path: Sequence[str]) -> bool:
    """Whether a document of that type may have it; of one that is not said, anything."""
    if not path or hint is None or hint is Any:
        return True
    first, *rest = path
    if typing.get_origin(hint) is list:
        return first == "*" and _is_field(typing.get_args(hint)[0], rest)
    inner = body._arguments(hint, tuple) if first == "*" else ()
    if inner:
        return _is_field(inner[0], rest)
    if not (struct := body._struct(typing.get_origin(hint) or hint)):
        return True
    known = body._fields(struct) or {}
    return first.lower() in known and _is_field(known[first.lower()][1], rest)
