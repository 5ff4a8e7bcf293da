"""`--filter key=value`, as people give it to lists and streams: values of one key are alternatives, keys all count."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from onggi import patterns
from onggi.boolean import parse_bool
from onggi.errors import Invalid

_Thing = TypeVar("_Thing")

Filters: TypeAlias = Mapping[str, Sequence[str]]
"""Key → the values that were given for it."""
Tests: TypeAlias = Mapping[str, Callable[[_Thing, str], bool]]
"""Key → whether a thing matches a value."""

Checks: TypeAlias = Mapping[str, Callable[[str], object]]
"""Key → what raises Invalid for a value that makes no sense."""

NEIGHBOURS: Mapping[str, Callable[[float, float], bool]] = {"before": operator.lt, "since": operator.gt}
"""Filters whose value names another thing of the list: key → how the moments at which the two were made must relate."""


def require_known(filters: Filters, known: Collection[str]) -> None:
    """Raises Invalid for a key that there is not."""
    for key in filters:
        if key not in known:
            raise Invalid(f"invalid filter {key!r}", hint="filters: " + ", ".join(sorted(known)))


def check_values(filters: Filters, checks: Checks) -> None:
    """Whether or not there is a thing to hold them against."""
    for key, check in checks.items():
        for value in filters.get(key, ()):
            check(value)


def check_name(pattern: str) -> None:
    """Raises Invalid for what is no regular expression."""
    check_pattern("name", pattern)


def check_pattern(key: str, pattern: str) -> None:
    """Raises Invalid for what is no regular expression."""
    try:
        patterns.require_valid(pattern)
    except Invalid as error:
        raise Invalid(f"invalid filter '{key}={pattern}': {error.message}") from error


def matches(thing: _Thing, filters: Filters, tests: Tests[_Thing]) -> bool:
    """Whether it meets, for every key that has a test, one of its values; for labels, all of them. A key without
    values asks for nothing."""
    return all(
        (all if key == "label" else any)(tests[key](thing, value) for value in values)
        for key, values in filters.items()
        if key in tests and values
    )


def beside(
    things: Iterable[_Thing], filters: Filters, made: Callable[[_Thing], float], find: Callable[[str], _Thing]
) -> list[_Thing]:
    """Those of the things that were made before, or since, the ones that the filters name."""
    bounds = [(relates, made(find(name))) for key, relates in NEIGHBOURS.items() for name in filters.get(key, ())]
    return [thing for thing in things if all(relates(made(thing), moment) for relates, moment in bounds)]


def truth(filters: Filters, key: str) -> bool | None:
    """What is said of a key that is true or false; None where nothing is. Raises Invalid, also for who says both."""
    values = filters.get(key, ())
    found = {parse_bool(value) for value in values}
    if None in found or len(found) > 1:
        raise Invalid(f"invalid filter '{key}=[{' '.join(values)}]'", hint=f"write {key}=true or {key}=false")
    return found.pop() if found else None
