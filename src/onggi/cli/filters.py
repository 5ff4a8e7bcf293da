"""`--filter key=value`, as `ps`, `images` and `prune` read it: values of one key are alternatives, keys all count."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from onggi.boolean import parse_bool
from onggi.errors import Invalid

_Thing = TypeVar("_Thing")

Filters = Mapping[str, Sequence[str]]
"""Key → the values that were given for it."""

NEIGHBOURS: Mapping[str, Callable[[float, float], bool]] = {"before": operator.lt, "since": operator.gt}
"""Filters whose value names another thing of the list: key → how the moments at which the two were made must relate."""


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
    """The things that match, for every key that has a test, one of its values; for labels, all of them."""
    tested = [(key, values) for key, values in filters.items() if key in tests]
    return [thing for thing in things if all(_matches(thing, values, key, tests[key]) for key, values in tested)]


def _matches(thing: _Thing, values: Sequence[str], key: str, test: Callable[[_Thing, str], bool]) -> bool:
    join = all if key == "label" else any
    return join(test(thing, value) for value in values)


def beside(
    things: Iterable[_Thing], filters: Filters, made: Callable[[_Thing], float], find: Callable[[str], _Thing]
) -> list[_Thing]:
    """Those of the things that were made before, or since, the ones that the filters name."""
    bounds = [(relates, made(find(name))) for key, relates in NEIGHBOURS.items() for name in filters.get(key, ())]
    return [thing for thing in things if all(relates(made(thing), moment) for relates, moment in bounds)]


def truth(key: str, value: str) -> bool:
    """`true` or `false`; raises Invalid."""
    found = parse_bool(value)
    if found is None:
        raise Invalid(f"invalid filter '{key}={value}'", hint=f"write {key}=true or {key}=false")
    return found
