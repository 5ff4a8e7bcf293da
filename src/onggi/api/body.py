"""The body of a request → the struct of its route, as Go's decoder reads it for Docker: a null is a field that was not
said, and the names of fields are in any case."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from onggi.api.fields import drop
from onggi.api.refusals import Refusal
from onggi.decoders import convert


def read(data: bytes, into: type[msgspec.Struct], unknown: Iterable[str] = ()) -> msgspec.Struct:
    """`unknown` are the fields, `HostConfig.Mounts.*.ReadOnly`, that the client's version does not have yet: they are
    passed over. Raises Refusal for what does not fit."""
    try:
        said = msgspec.json.decode(data or b"null")  # with `docker commit`, Docker 20 sends a null
        document = _tidy({} if said is None else said, into)
        for path in unknown:
            drop(document, path)
        return convert(document, into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, f"invalid JSON: {error}") from error


def _tidy(value: Any, hint: Any) -> Any:
    """Without what is null or unknown, and with the names of fields as the struct has them."""
    match value:
        case dict():
            fields = _fields(_struct(hint))
            if fields is None:
                (inner,) = _arguments(hint, dict)[1:] or (Any,)
                return {key: _tidy(item, inner) for key, item in value.items()}
            known = ((fields[key.lower()], item) for key, item in value.items() if key.lower() in fields)
            return {name: _tidy(item, inner) for (name, inner), item in known if item is not None}
        case list():
            inner = next(iter(_arguments(hint, tuple)), Any)
            return [_tidy(item, inner) for item in value]
        case str() if "\0" in value:
            raise Refusal(400, "invalid JSON: a string has a NUL in it, which nothing here can have")
        case _:
            return value


@cache
def _fields(struct: type[msgspec.Struct] | None) -> Mapping[str, tuple[str, Any]] | None:
    """A field's name in small letters → as it is written, and its type."""
    if struct is None:
        return None
    hints = typing.get_type_hints(struct, include_extras=False)
    return {
        field.encode_name.lower(): (field.encode_name, hints[field.name]) for field in msgspec.structs.fields(struct)
    }


def _struct(hint: Any) -> type[msgspec.Struct] | None:
    return next((each for each in _choices(hint) if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)


def _arguments(hint: Any, of: type) -> tuple[Any, ...]:
    """What is in the dict or tuple that a value can be."""
    return next((typing.get_args(each) for each in _choices(hint) if typing.get_origin(each) is of), ())


def _choices(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
