"""`--filter key=value`, as `ps`, `images` and `prune` read it: values of one key are alternatives, keys all count."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from onggi.cli.boolean import parse_bool
from onggi.errors import Invalid

_Thing = TypeVar("_Thing")

Filters = Mapping[str, Sequence[str]]
"""Key → the values that were given for it."""


def parse(texts: Sequence[str], known: Collection[str]) -> dict[str, list[str]]:
    """Raises Invalid for a filter without `=`, and for a key that is not `known`."""
    filters: dict[str, list[str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise Invalid(f"invalid filter {text!r}", hint="write --filter key=value")
        if key.strip() not in known:
            raise Invalid(f"invalid filter {key!r}", hint="filters: " + ", ".join(sorted(known)))
        filters.setdefault(key.strip(), []).append(value.strip())
    return filters


def select(
    things: Sequence[_Thing], filters: Filters, tests: Mapping[str, Callable[[_Thing, str], bool]]
) -> list[_Thing]:
    """The things that match, for every key, one of its values; for labels, all of them."""
    return [thing for thing in things if all(_matches(thing, key, values, tests) for key, values in filters.items())]


def _matches(
    thing: _Thing, key: str, values: Sequence[str], tests: Mapping[str, Callable[[_Thing, str], bool]]
) -> bool:
    join = all if key == "label" else any
    return join(tests[key](thing, value) for value in values)


def truth(key: str, value: str) -> bool:
    """`true` or `false`; raises Invalid."""
    found = parse_bool(value)
    if found is None:
        raise Invalid(f"invalid filter '{key}={value}'", hint=f"write {key}=true or {key}=false")
    return found
