"""The OpenAPI 3.1 document of the API, from what the routes say of themselves.

What is told of a request's parameters is what `query` reads: any text is a truth, filters are a document in a text.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from onggi.api import versions
from onggi.api.refusals import ErrorResponse
from onggi.api.route import Route
from onggi.api.versions import Version
from onggi.engine.filters import Filters

Schema = dict[str, Any]

_MANY = ("items", "additionalProperties")
"""Under which the schema is of each that there is."""
_PART = re.compile(r"\{(\w+)(?::[^{}]+)?\}")
_PLACE = "#/components/schemas/{name}"
_PARAMETERS: Mapping[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number", "description": "Seconds since the epoch."},
    str: {"type": "string"},
    tuple[str, ...]: {"type": "array", "items": {"type": "string"}},
    Filters: {"type": "string", "description": 'JSON, for example {"label": ["a=b"]}'},
}


@cache
def document(routes: tuple[Route, ...], version: Version) -> bytes:
    """As that version has them."""
    served = [route for route in routes if route.since <= version]
    schemas, components = _schemas(served)
    paths: dict[str, dict[str, Schema]] = {}
    for route in served:
        name = f"{route.method} {route.path}"
        answer = schemas.get(str(route.answer), {})
        for field in versions.absent(version, name):
            answer = _without(answer, field.split("."), components)
        operation = _operation(route, {**schemas, str(route.answer): answer}, versions.unknown(version, name))
        paths.setdefault(_PART.sub(r"{\1}", route.path), {})[route.method.lower()] = operation
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "The Docker Engine API, as onggi serves it", "version": versions.text(version)},
            "servers": [{"url": f"/v{versions.text(version)}"}],
            "paths": paths,
            "components": {"schemas": components},
        }
    )


def _schemas(routes: Iterable[Route]) -> tuple[Mapping[Any, Schema], Mapping[str, Schema]]:
    """Of each type that a route names, and what they refer to."""
    types = list(
        {str(each): each for route in routes for each in (route.body, route.answer) if each is not None}.values()
    )
    found, components = msgspec.json.schema_components([*types, ErrorResponse], ref_template=_PLACE)
    return dict(zip(map(str, [*types, ErrorResponse]), found, strict=True)), components


def _without(schema: Schema, path: Sequence[str], components: Mapping[str, Schema]) -> Schema:
    """The same, but for the field at `path`. What it refers to on the way is written out."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return {**schema, "anyOf": [_without(each, path, components) for each in schema["anyOf"]]}
    first, *rest = path
    if first == "*":
        inner = {key: _without(schema[key], rest, components) for key in _MANY if isinstance(schema.get(key), dict)}
        return {**schema, **inner}
    fields = schema.get("properties", {})
    if first not in fields:
        return schema
    if rest:
        return {**schema, "properties": {**fields, first: _without(fields[first], rest, components)}}
    required = [name for name in schema.get("required", ()) if name != first]
    return {**schema, "properties": {name: fields[name] for name in fields if name != first}, "required": required}


def _operation(route: Route, schemas: Mapping[str, Schema], unknown: Iterable[str]) -> Schema:
    operation: Schema = {
        "summary": (inspect.getdoc(route.handler) or route.path).partition("\n\n")[0].replace("\n", " "),
        "parameters": [*map(_part, _PART.findall(route.path)), *_parameters(route.query, unknown)],
        "responses": {**_answer(route, schemas), "default": _told("Docker's document of what went wrong.", schemas)},
    }
    if route.body is not None:
        operation["requestBody"] = {"content": _json(schemas[str(route.body)])}
    return operation


def _part(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _parameters(query: type[msgspec.Struct], unknown: Iterable[str]) -> list[Schema]:
    hints = typing.get_type_hints(query)
    return [
        {"name": field.encode_name, "in": "query", "schema": _parameter(hints[field.name])}
        for field in msgspec.structs.fields(query)
        if field.encode_name not in unknown
    ]


def _parameter(hint: Any) -> Schema:
    return _PARAMETERS[hint] if hint in _PARAMETERS else _PARAMETERS[typing.get_args(hint)[0]]


def _answer(route: Route, schemas: Mapping[str, Schema]) -> Schema:
    """A handler that answers in another way than with a document says itself with which status."""
    if route.answer is not None:
        return {str(route.status): {"description": "What was asked for.", "content": _json(schemas[str(route.answer)])}}
    return {"2XX" if route.status == 200 else str(route.status): {"description": "It is done."}}


def _told(description: str, schemas: Mapping[str, Schema]) -> Schema:
    return {"description": description, "content": _json(schemas[str(ErrorResponse)])}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
