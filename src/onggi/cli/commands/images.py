"""`onggi images`, `onggi image ls`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from onggi.amounts import human_size
from onggi.cli import filters, options, units
from onggi.cli.command import define
from onggi.cli.listing import Listing, Row, show
from onggi.cli.session import Session, pass_session
from onggi.oci import timestamp
from onggi.store.prune_filter import has_label

if TYPE_CHECKING:
    from onggi.engine.types import ImageSummary

HEADERS = {
    "ID": "IMAGE ID",
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "Digest": "DIGEST",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "Size": "SIZE",
    "SharedSize": "SHARED SIZE",
    "UniqueSize": "UNIQUE SIZE",
    "VirtualSize": "SIZE",
    "Containers": "CONTAINERS",
}
_NONE = "<none>"


@define("images")
@click.argument("repository", required=False, default="", metavar="[REPOSITORY[:TAG]]")
@click.option("-a", "--all", "everything", is_flag=True, help="Also images that only other images need.")
@click.option("--digests", is_flag=True, help="Show the digests of manifests.")
@options.quiet_option
@options.no_trunc_option
@options.filter_option
@options.format_option
@pass_session
def command(
    session: Session,
    repository: str,
    everything: bool,
    digests: bool,
    quiet: bool,
    no_trunc: bool,
    filter_texts: tuple[str, ...],
    format: str,
) -> None:
    """List images, the newest first. REPOSITORY may hold the wildcards * and ?."""
    chosen = filters.parse(filter_texts, (*_TESTS, *_NEIGHBOURS, "until"))
    if repository:
        chosen.setdefault("reference", []).append(repository)
    found = session.engine.images.list(all=everything)
    now = time.time()
    rows = [row for image in select(found, chosen, now) for row in _rows(image, chosen, now, no_trunc)]
    if quiet:
        rows = list({row["ID"]: row for row in rows}.values())
    columns = ("Repository", "Tag", *(("Digest",) if digests else ()), "ID", "CreatedSince", "Size")
    show(Listing(HEADERS, columns), rows, format, quiet=quiet)


def _rows(image: ImageSummary, chosen: filters.Filters, now: float, no_trunc: bool) -> Iterator[Row]:
    patterns = chosen.get("reference", ())
    for reference in image.references or ("",):
        if not patterns or any(_matches_reference(reference, pattern) for pattern in patterns):
            yield row(image, reference, now, no_trunc)


def row(image: ImageSummary, reference: str, now: float, no_trunc: bool) -> Row:
    """The fields of one name of an image as Docker writes them."""
    repository, tag = split_name(reference)
    created = timestamp.parse(image.created)
    return {
        "ID": image.id if no_trunc else short_id(image.id),
        "Repository": repository,
        "Tag": tag,
        "Digest": image.digest or _NONE,
        "CreatedSince": "N/A" if created is None else units.ago(created, now),
        "CreatedAt": "N/A" if created is None else units.go_time(created),
        "Size": human_size(image.size, 3),
        "SharedSize": human_size(image.size - image.unique_size, 3),
        "UniqueSize": human_size(image.unique_size, 3),
        "VirtualSize": human_size(image.size, 3),
        "Containers": str(image.containers),
    }


def short_id(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def split_name(reference: str) -> tuple[str, str]:
    """Familiar repository and tag; `<none>` for what a dangling image lacks."""
    if not reference:
        return _NONE, _NONE
    from onggi.oci.reference import parse

    parsed = parse(reference)
    return parsed.familiar_name(), parsed.tag or _NONE


# Filters


def select(images: list[ImageSummary], chosen: filters.Filters, now: float) -> list[ImageSummary]:
    """Those that match; the order, newest first, stays."""
    own = {key: values for key, values in chosen.items() if key in _TESTS}
    selected = filters.select(images, own, _TESTS)
    for text in chosen.get("until", ()):
        moment = units.parse_moment(text, now)
        selected = [image for image in selected if _created(image) < moment]
    for key, is_before in _NEIGHBOURS.items():
        for name in chosen.get(key, ()):
            moment = _created(_find(images, name))
            selected = [
                each for each in selected if (_created(each) < moment if is_before else _created(each) > moment)
            ]
    return selected


_NEIGHBOURS = {"before": True, "since": False}


def _created(image: ImageSummary) -> float:
    return timestamp.parse(image.created) or 0.0


def _find(images: list[ImageSummary], name: str) -> ImageSummary:
    from onggi.errors import NotFound

    for image in images:
        is_named = any(name in (reference, ":".join(split_name(reference))) for reference in image.references)
        if is_named or f"{name}:latest" in image.references or short_id(image.id) == short_id(name):
            return image
    raise NotFound(f"No such image: {name}")


def _matches_reference(reference: str, pattern: str) -> bool:
    """Docker's `reference` filter: the pattern meets the familiar name, with or without its tag."""
    from fnmatch import fnmatchcase

    repository, tag = split_name(reference)
    return fnmatchcase(f"{repository}:{tag}", pattern) or fnmatchcase(repository, pattern)


_TESTS = {
    "dangling": lambda image, value: image.is_dangling == filters.truth("dangling", value),
    "label": lambda image, value: has_label(image.labels, value),
    "reference": lambda image, value: any(_matches_reference(name, value) for name in image.references),
}
