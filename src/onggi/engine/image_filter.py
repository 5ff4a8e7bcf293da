"""Filters of lists of images, and `images NAME`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.engine import filters
from onggi.errors import NotFound
from onggi.moments import parse_moment
from onggi.oci import reference, timestamp
from onggi.store.prune_filter import has_label

if TYPE_CHECKING:
    from onggi.engine.types import ImageSummary


def select(images: Sequence[ImageSummary], chosen: filters.Filters, now: float) -> list[ImageSummary]:
    """Those that match; their order stays. Raises Invalid for a value, NotFound for an image that is not there."""
    dangling = filters.truth(chosen, "dangling")
    selected = [
        image for image in images if dangling in (None, image.is_dangling) and filters.matches(image, chosen, _TESTS)
    ]
    selected = filters.beside(selected, chosen, _created, lambda name: _find(images, name))
    moments = [parse_moment(text, now) for text in chosen.get("until", ())]
    return [image for image in selected if all(_created(image) < moment for moment in moments)]


def own_names(image: ImageSummary) -> tuple[str, ...]:
    """Its names; of an image that nothing leads to what registries know it by."""
    if image.is_dangling:
        return tuple(f"{repository}@{digest}" for repository, digest in image.origins)
    return image.references


def narrowed(image: ImageSummary, patterns: Sequence[str]) -> ImageSummary:
    """With those of its names that one of the patterns meets, as Docker lists it."""

    def is_meant(name: str) -> bool:
        return any(is_named(name, pattern) for pattern in patterns)

    return replace(
        image,
        references=tuple(filter(is_meant, image.references)),
        part_of=tuple(filter(is_meant, image.part_of)),
        origins=tuple(each for each in image.origins if is_meant("@".join(each))),
    )


def is_named(name: str, pattern: str) -> bool:
    """Docker's `reference` filter: whether the pattern, in which `*` is no `/`, meets a familiar name, with or without
    its tag. Raises Invalid for one that is malformed."""
    from onggi.dockerfile.glob import compile_part  # late: a list without a pattern needs none of it

    meets = compile_part(pattern).fullmatch
    return bool(meets(name) or meets(reference.parse(name).familiar_name()))


def _created(image: ImageSummary) -> float:
    return timestamp.parse(image.created) or 0.0


def _find(images: Sequence[ImageSummary], name: str) -> ImageSummary:
    for image in images:
        if name in image.references or f"{name}:latest" in image.references:
            return image
    digits = name.removeprefix("sha256:")
    for image in images:
        if digits and image.id.removeprefix("sha256:").startswith(digits):
            return image
    raise NotFound(f"No such image: {name}")


_TESTS: Mapping[str, Callable[[ImageSummary, str], bool]] = {
    "label": lambda image, value: has_label(image.labels, value),
    "reference": lambda image, value: any(is_named(name, value) for name in own_names(image)),
}
KEYS = (*_TESTS, "dangling", *filters.NEIGHBOURS, "until")
