"""Whom an event is about, in Docker's words (moby, daemon/events.go); event_stream.py tells which one wants to see."""

from __future__ import annotations

from onggi.linux.events import Events
from onggi.store.containers import ContainerRow
from onggi.store.images import StoredImage
from onggi.store.store import Store


def of_container(store: Store, row: ContainerRow) -> Events:
    return Events(store.events_folder, "container", row.id, container_attributes(row))


def container_attributes(row: ContainerRow) -> dict[str, str]:
    return {**row.spec.labels, "image": row.spec.image, "name": row.name}


def of_image(store: Store, image: StoredImage, name: str = "") -> Events:
    """`name`: the one that it is about, "" where it is about the image."""
    return Events(store.events_folder, "image", image.id, {**image.config().config.labels, "name": name or image.id})


def pruned(store: Store, kind: str, reclaimed: int) -> None:
    """Tell that all that nothing used was removed."""
    Events(store.events_folder, kind, "", {}).emit("prune", reclaimed=str(reclaimed))
