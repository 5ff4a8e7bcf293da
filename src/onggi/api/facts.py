"""What a policy has to know of what is here, from the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from onggi.api.policy.sight import MARK, Thing
from onggi.engine.engine import Engine
from onggi.engine.types import Given
from onggi.errors import Invalid, NotFound

_Found = TypeVar("_Found")


class EngineFacts:
    """See `sight.Facts`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def container(self, name: str) -> Thing | None:
        found = _look(self._engine.containers.given, name)
        return None if found is None else _container(found)

    def containers(self) -> Iterable[Thing]:
        return map(_container, self._engine.containers.all_given())

    def network(self, name: str) -> Thing | None:
        found = _look(self._engine.networks.rows.get, name)
        return None if found is None else Thing(found.id, found.labels, found.driver == "host")

    def volume(self, name: str) -> Thing | None:
        found = _look(self._engine.volumes.inspect, name)
        return None if found is None else Thing(found["Name"], found["Labels"] or {})

    def container_of(self, execution: str) -> str | None:
        found = _look(self._engine.containers.inspect_exec, execution)
        return None if found is None else found.container

    def has_image(self, name: str) -> bool:
        return self._engine.images.has(name)


def _container(found: Given) -> Thing:
    """The label that such a socket has given it is its own, also where its image has the same."""
    key, _, text = found.annotations.get(MARK, "").partition("=")
    return Thing(found.id, {key: text, **found.labels} if key else found.labels)


def _look(find: Callable[[str], _Found], name: str) -> _Found | None:
    """None also for the beginning of several IDs: some of them may be of others."""
    try:
        return find(name)
    except (NotFound, Invalid):
        return None
