"""Parameters of a request → the struct of its route, as Docker's server reads them (moby, daemon/server/httputils)."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import msgspec
from multidict import MultiMapping

from onggi.api.refusals import Refusal
from onggi.engine.filters import Filters

_NUMBER = re.compile(r"[+-]?[0-9]{1,4000}")
_MOMENT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
_FILTERS = msgspec.json.Decoder(dict[str, list[str] | dict[str, bool] | None] | None)
_FALSE = ("", "0", "no", "false", "none")

Reader: TypeAlias = Callable[[str, Sequence[str]], Any]
"""The name and what is said of it, in its order → the value."""


def read(query: MultiMapping[str], into: type[msgspec.Struct], unknown: Collection[str] = ()) -> msgspec.Struct:
    """Raises Refusal for a value that is none. What `into` does not name is passed over, as Docker does, and so is what
    is `unknown` to the client's version."""
    readers = _readers(into)
    found = {name: readers[name](name, query.getall(name)) for name in readers if name in query and name not in unknown}
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(into)}
    return into(**{fields[name]: value for name, value in found.items()})


@cache
def _readers(into: type[msgspec.Struct]) -> Mapping[str, Reader]:
    hints = typing.get_type_hints(into)
    return {field.encode_name: _READERS[hints[field.name]] for field in msgspec.structs.fields(into)}


def is_true(text: str) -> bool:
    return text.strip().lower() not in _FALSE


def _moment(name: str, values: Sequence[str]) -> float | None:
    """Seconds since the epoch, with up to nine digits behind the point. A float knows microseconds: of the one that is
    meant it is the middle, from where no rounding leads into another."""
    text = values[0]
    if not text:
        return None
    if not _MOMENT.fullmatch(text):
        reason = f'strconv.ParseInt: parsing "{text}": invalid syntax'
        raise Refusal(400, f'invalid value for "{name}": failed to parse timestamp: {reason}')
    seconds, _, fraction = text.partition(".")
    return float(f"{seconds}.{fraction[:6]:0<6}5" if fraction.strip("0") else seconds)


def _number(name: str, values: Sequence[str]) -> int:
    """One of 64 bits, as Go has it."""
    text = values[0] or "0"
    if not _NUMBER.fullmatch(text):
        raise Refusal(400, f'strconv.ParseInt: parsing "{text}": invalid syntax ({name})')
    if not -(2**63) <= int(text) < 2**63:
        raise Refusal(400, f'strconv.ParseInt: parsing "{text}": value out of range ({name})')
    return int(text)


def _filters(name: str, values: Sequence[str]) -> Filters:
    """`{"label": ["a=b"]}`, or of old clients `{"label": {"a=b": true}}`."""
    if not values[0]:
        return {}
    try:
        found = _FILTERS.decode(values[0])
    except msgspec.DecodeError as error:
        raise Refusal(400, f"invalid filter: {error}") from error
    return {key: tuple(several or ()) for key, several in (found or {}).items()}


_READERS: Mapping[Any, Reader] = {
    bool: lambda name, values: is_true(values[0]),
    bool | None: lambda name, values: is_true(values[0]),
    int: _number,
    int | None: lambda name, values: _number(name, values) if values[0] else None,
    float | None: _moment,
    str: lambda name, values: values[0],
    tuple[str, ...]: lambda name, values: tuple(values),
    Filters: _filters,
}
"""The type of a field → how it is read."""
