"""Which containers a person wants to see: the filters of `ps` (moby, daemon/list.go)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias, get_args

import msgspec

from onggi import patterns
from onggi.container.spec import Bind, ImageMount, Mount, Volume
from onggi.container.state import Status
from onggi.engine.filters import (
    NEIGHBOURS,
    Checks,
    Filters,
    Tests,
    beside,
    check_name,
    check_values,
    matches,
    require_known,
    truth,
)
from onggi.engine.types import ContainerSummary
from onggi.errors import Invalid, NotFound
from onggi.oci.config import History
from onggi.oci.digest import Digest
from onggi.store.prune_filter import has_label

_STATES = get_args(Status)
_HEALTH = ("none", "starting", "healthy", "unhealthy")
_TASK = "is-task"
_CODE = re.compile(r"[+-]?[0-9]{1,9}")


class Origin(msgspec.Struct, frozen=True):
    """What makes an image the ancestor of another: its layers, lowest first, and its history."""

    id: Digest
    layers: tuple[Digest, ...]
    history: tuple[History, ...]


FindOrigin: TypeAlias = Callable[[str], Origin | None]
"""The image that a name or ID means, if there is one."""


def check(filters: Filters) -> None:
    """Raises Invalid for a filter that there is not, and for a value that makes no sense, whether or not there is a
    container to hold it against."""
    require_known(filters, KEYS)
    check_values(filters, _CHECKS)
    truth(filters, _TASK)


def select(containers: Sequence[ContainerSummary], filters: Filters, find_origin: FindOrigin) -> list[ContainerSummary]:
    """Those that match; their order stays. Raises NotFound for a container that `before` or `since` names in vain."""
    if truth(filters, _TASK):
        return []  # tasks are Swarm's
    tests: Tests[ContainerSummary] = {
        **_TESTS,
        "ancestor": lambda container, image: _comes_of(container, image, find_origin),
    }
    selected = [container for container in containers if matches(container, filters, tests)]
    return beside(selected, filters, lambda each: each.created, lambda name: _find(containers, name))


def _find(containers: Iterable[ContainerSummary], name: str) -> ContainerSummary:
    for container in containers:
        if container.name == name.removeprefix("/"):
            return container
    for container in containers:
        if name and container.id.startswith(name):
            return container
    raise NotFound(f"No such container: {name}")


def _comes_of(container: ContainerSummary, image: str, find_origin: FindOrigin) -> bool:
    """Whether it was made from the image, or from one that was made from the image: one that begins with the layers and
    the history of the image."""
    origin = find_origin(image)
    if origin is None:
        return False
    if origin.id == container.image_id:
        return True
    if not origin.layers or container.layers[: len(origin.layers)] != origin.layers:
        return False
    own = find_origin(container.image_id)
    if own is None:  # it is gone, and its history with it
        return len(container.layers) > len(origin.layers)
    return own.history[: len(origin.history)] == origin.history


def _has_mount(container: ContainerSummary, place: str) -> bool:
    """By the volume's name, by what is bound, or by where it is seen."""
    return any(place in (mount.target, mount_name(mount)) for mount in container.mounts)


def mount_name(mount: Mount) -> str:
    """As `ps` names it: a volume by its name, an image by its own, a bind by its source; a tmpfs has none."""
    if isinstance(mount, Volume):
        return mount.name
    if isinstance(mount, ImageMount):
        return mount.image
    return mount.source if isinstance(mount, Bind) else ""


def _is_named(container: ContainerSummary, pattern: str) -> bool:
    return any(patterns.found(pattern, name) for name in (container.name, f"/{container.name}"))


def _is_in(container: ContainerSummary, network: str) -> bool:
    """By the network's name, or by the beginning of its ID."""
    return network in container.networks or any(own.startswith(network) for own in container.networks.values())


def _listened(container: ContainerSummary) -> set[str]:
    """Its own ports, published or not."""
    return {*container.exposed_ports, *(binding.private for binding in container.ports)}


def _published(container: ContainerSummary) -> set[str]:
    """The host's."""
    return {f"{binding.host_port}/{binding.protocol}" for binding in container.ports}


def _ports(text: str) -> list[str]:
    from onggi.oci.port import parse

    return parse(text)


def _check_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        raise Invalid(f"invalid filter 'exited={code}'", hint="write exited=0, the exit code")


def _one_of(key: str, what: str, words: Sequence[str]) -> Callable[[str], None]:
    def check_word(word: str) -> None:
        if word not in words:
            known = ", ".join(words)
            raise Invalid(f"invalid filter '{key}={word}': invalid value for {what} ({word}): must be one of {known}")

    return check_word


_CHECKS: Checks = {
    "exited": _check_code,
    "expose": _ports,
    "health": _one_of("health", "health", _HEALTH),
    "name": check_name,
    "publish": _ports,
    "status": _one_of("status", "state", _STATES),
}
_TESTS: Tests[ContainerSummary] = {
    "annotation": lambda container, annotation: has_label(container.annotations, annotation),
    "exited": lambda container, code: container.state == "exited" and container.exit_code == int(code),
    "expose": lambda container, ports: not _listened(container).isdisjoint(_ports(ports)),
    "health": lambda container, health: (container.health or "none") == health,
    "id": lambda container, digits: bool(digits) and container.id.startswith(digits),
    "label": lambda container, label: has_label(container.labels, label),
    "name": _is_named,
    "network": _is_in,
    "publish": lambda container, ports: not _published(container).isdisjoint(_ports(ports)),
    "status": lambda container, state: container.state == state,
    "volume": _has_mount,
}
KEYS = (*_TESTS, "ancestor", _TASK, *NEIGHBOURS)
