"""Which events a person wants to see: Docker's filters (moby, daemon/events/filter.go)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onggi.engine.filters import Filters, Tests, matches, require_known
from onggi.errors import Invalid
from onggi.linux.event_log import Event, read_events
from onggi.oci import reference
from onggi.store.prune_filter import has_label

if TYPE_CHECKING:
    from onggi.linux.bell import Bell, Listener
    from onggi.solve.ports import Cancel

_NAMED = ("config", "container", "daemon", "network", "node", "plugin", "secret", "service", "volume")
"""The kinds that are filtered by name or ID; not all of them are there in onggi."""


def stream(
    bell: Bell, since: float | None, until: float | None, filters: Filters, follow: bool, cancel: Cancel | None
) -> Iterator[Event]:
    """See Engine.events. `bell`: of the folder with the store's events."""
    require_known(filters, FILTERS)
    # A float knows microseconds: from the beginning of one to the end of one.
    first = None if since is None else math.floor(since * 1_000_000) * 1000
    last = None if until is None else math.floor(until * 1_000_000) * 1000 + 999
    events = read_events(bell.folder, first, last, _waiting(bell, cancel) if follow else None)
    return filter(lambda event: is_wanted(event, filters), events)


@contextmanager
def _waiting(bell: Bell, cancel: Cancel | None) -> Iterator[Callable[[float], None]]:
    with bell.listener() as listener:
        if cancel is None:
            yield listener.wait
            return
        forget = cancel.add(listener.wake)
        try:
            yield lambda seconds: _wait(listener, seconds, cancel)
        finally:
            forget()


def _wait(listener: Listener, seconds: float, cancel: Cancel) -> None:
    listener.wait(seconds)
    if cancel.is_set:
        from onggi.solve.ports import Abandoned  # late: `onggi events` does without

        raise Abandoned


def is_wanted(event: Event, filters: Filters) -> bool:
    """Whether it matches for every key one of its values, and all of its labels."""
    return matches(event, filters, _TESTS)


def _is_action(event: Event, action: str) -> bool:
    """`exec_start` is also `exec_start: ls -l`."""
    return action in (event.action, event.action.partition(":")[0])


def _is_about(kind: str) -> Callable[[Event, str], bool]:
    """By the beginning of an ID or a name, as in Docker."""

    def test(event: Event, value: str) -> bool:
        actor = event.actor
        return event.type == kind and (actor.id.startswith(value) or actor.attributes.get("name", "").startswith(value))

    return test


def _is_of_image(event: Event, value: str) -> bool:
    """The image, or a container that was made from it; by ID, or by name with or without its tag."""
    name = event.actor.attributes.get("name" if event.type == "image" else "image", "")
    return value in (event.actor.id, name, _repository(name))


def _repository(name: str) -> str:
    try:
        return reference.parse(name).familiar_name()
    except Invalid:
        return name


_TESTS: Tests[Event] = {
    **{kind: _is_about(kind) for kind in _NAMED},
    "event": _is_action,
    "image": _is_of_image,
    "label": lambda event, value: has_label(event.actor.attributes, value),
    "scope": lambda event, value: event.scope == value,
    "type": lambda event, value: event.type == value,
}
FILTERS = tuple(_TESTS)
