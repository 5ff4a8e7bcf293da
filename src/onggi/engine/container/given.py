"""What whoever made a container gave it, told apart from what it has from its image."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from onggi.engine.container.household import Household
from onggi.engine.types import Given
from onggi.errors import NotFound
from onggi.store.containers import ContainerRow


def given(house: Household, name: str) -> Given:
    row = house.store.containers.get(name)
    return _of(row, _labels(house, row.spec.image_id))


def all_given(house: Household) -> list[Given]:
    labels = cache(lambda image: _labels(house, image))
    return [_of(row, labels(row.spec.image_id)) for row in house.store.containers.list()]


def _of(row: ContainerRow, inherited: Mapping[str, str] | None) -> Given:
    """What is said twice, by its image too, is its image's. Of a container whose image was removed by force nobody
    knows any more who said what: then it has none."""
    labels = {} if inherited is None else dict(row.spec.labels.items() - inherited.items())
    return Given(row.id, labels, row.spec.annotations)


def _labels(house: Household, image: str) -> Mapping[str, str] | None:
    try:
        return house.store.images.get(image).config().config.labels
    except NotFound:
        return None
