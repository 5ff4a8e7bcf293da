"""Whom an event is about, in Docker's words (moby, daemon/events.go); event_stream.py tells which one wants to see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from onggi.errors import NotFound
from onggi.linux.events import Events
from onggi.oci import reference
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference

if TYPE_CHECKING:
    from onggi.container.network.network import Network
    from onggi.store.containers import ContainerRow
    from onggi.store.gc import Removed
    from onggi.store.store import Store


def of_container(store: Store, row: ContainerRow) -> Events:
    return Events(store.events_folder, "container", row.id, container_attributes(row))


def of_volume(store: Store, name: str) -> Events:
    return Events(store.events_folder, "volume", name, {"driver": "local"})


def of_network(store: Store, network: Network) -> Events:
    return Events(store.events_folder, "network", network.id, {"name": network.name, "type": network.driver})


def container_attributes(row: ContainerRow) -> dict[str, str]:
    return {**row.spec.labels, "image": row.spec.image, "name": row.name}


def tell_image(store: Store, action: str, image: Digest, names: Iterable[Reference] = ()) -> None:
    """Once for each of the names; once by the ID if there is none. What it is labelled with is said as long as it is
    there."""
    try:
        labels = store.images.get(image).config().config.labels
    except NotFound:
        labels = {}
    for name in [name.familiar() for name in names] or [image]:
        Events(store.events_folder, "image", image, {**labels, "name": name}).emit(action)


def tell_removed(store: Store, removed: Iterable[Removed], image: Digest = "") -> None:
    """What `image rm` and `image prune` did. Names come before the ID of their image; those at the end, which are
    followed by none, are of `image`, which stays."""
    names: list[Reference] = []
    for each in removed:
        if each.what == "untagged":
            names.append(reference.parse(each.name))
            continue
        if names:
            tell_image(store, "untag", each.name, names)
        tell_image(store, "delete", each.name)
        names = []
    if names:
        tell_image(store, "untag", image, names)


def tell_pruned(store: Store, kind: str, reclaimed: int) -> None:
    """That what nothing used was removed."""
    Events(store.events_folder, kind, "", {}).emit("prune", reclaimed=str(reclaimed))
