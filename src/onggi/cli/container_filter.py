"""`ps --filter`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from onggi.cli import filters
from onggi.errors import Invalid, NotFound
from onggi.oci import digest
from onggi.store.prune_filter import has_label

if TYPE_CHECKING:
    from onggi.engine.types import ContainerSummary

_STATES = ("created", "dead", "exited", "paused", "removing", "restarting", "running")
_LEAST_ID = 4
"""Digits of an image's ID that are taken for one."""


def select(containers: Sequence[ContainerSummary], chosen: filters.Filters) -> list[ContainerSummary]:
    """Those that match; their order stays. Raises Invalid for a value, whether or not there is a container to hold it
    against, and NotFound for a container that is not there."""
    for key, check in _CHECKS.items():
        for value in chosen.get(key, ()):
            check(value)
    selected = filters.select(containers, chosen, _TESTS)
    return filters.beside(selected, chosen, lambda each: each.created, lambda name: _find(containers, name))


def _find(containers: Sequence[ContainerSummary], name: str) -> ContainerSummary:
    for container in containers:
        if container.name == name:
            return container
    for container in containers:
        if name and container.id.startswith(name):
            return container
    raise NotFound(f"No such container: {name}")


def _check_code(code: str) -> None:
    if not (code.isascii() and code.isdigit()):
        raise Invalid(f"invalid filter 'exited={code}'", hint="write exited=0, the exit code")


def _check_state(state: str) -> None:
    if state not in _STATES:
        raise Invalid(f"invalid filter 'status={state}'", hint="states: " + ", ".join(_STATES))


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise Invalid(f"invalid filter 'name={pattern}': {error}") from error


_CHECKS: Mapping[str, Callable[[str], None]] = {"exited": _check_code, "status": _check_state, "name": _check_pattern}


def _exited_with(container: ContainerSummary, code: str) -> bool:
    return container.state == "exited" and container.exit_code == int(code)


def _has_ancestor(container: ContainerSummary, image: str) -> bool:
    """By the reference as it was written, with or without its tag, or by ID."""
    name = container.image.rpartition(":")[0] or container.image
    digits = image.removeprefix("sha256:")
    by_id = len(digits) >= _LEAST_ID and digest.hex_of(container.image_id).startswith(digits)
    return image in (container.image, name) or container.image == f"{image}:latest" or by_id


def _is_named(container: ContainerSummary, pattern: str) -> bool:
    return any(re.search(pattern, name) for name in (container.name, f"/{container.name}"))


_TESTS: Mapping[str, Callable[[ContainerSummary, str], bool]] = {
    "id": lambda container, value: container.id.startswith(value),
    "name": _is_named,
    "label": lambda container, value: has_label(container.labels, value),
    "status": lambda container, value: container.state == value,
    "exited": _exited_with,
    "ancestor": _has_ancestor,
    "network": lambda container, value: container.network == value,
}
KEYS = (*_TESTS, *filters.NEIGHBOURS)
