"""`onggi images`, `onggi image ls`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from onggi.amounts import human_size
from onggi.cli import filters, options, units
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.session import Session, pass_session
from onggi.engine import image_filter
from onggi.engine.filters import Filters
from onggi.oci import digest, reference, timestamp

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
@click.option("-a", "--all", is_flag=True, help="Show the images for other platforms, too.")
@click.option("--digests", is_flag=True, help="Show the digests that registries know images by.")
@options.quiet_option
@options.no_trunc_option
@options.filter_option(image_filter.KEYS)
@options.format_option("{{.ID}}")
@pass_session
def command(
    session: Session,
    repository: str,
    all: bool,
    digests: bool,
    quiet: bool,
    no_trunc: bool,
    filter_texts: tuple[str, ...],
    format: str,
) -> None:
    """List images, the newest first. REPOSITORY may hold the wildcards * and ?."""
    chosen = filters.parse(filter_texts, image_filter.KEYS)
    if repository:
        chosen.setdefault("reference", []).append(repository)
    found = [image for image in session.engine.images.list() if all or image.references or image.is_dangling]
    now = time.time()
    rows = [row for image in image_filter.select(found, chosen, now) for row in _rows(image, chosen, now, no_trunc)]
    if quiet:
        rows = list({row["ID"]: row for row in rows}.values())
    elif not digests:
        rows = list({(row["ID"], row["Repository"], row["Tag"]): row for row in rows}.values())
    columns = ("Repository", "Tag", *(("Digest",) if digests else ()), "ID", "CreatedSince", "Size")
    show(Columns(HEADERS, columns), rows, format, quiet=quiet)


def _rows(image: ImageSummary, chosen: Filters, now: float, no_trunc: bool) -> Iterator[Row]:
    patterns = chosen.get("reference", ())
    for name in image_filter.own_names(image) or image.part_of or ("",):
        if not patterns or any(image_filter.is_named(name, pattern) for pattern in patterns):
            for each in _digests(image, name):
                yield {**row(image, name, now, no_trunc), "Digest": each or _NONE}


def _digests(image: ImageSummary, name: str) -> tuple[str, ...]:
    """What the name's repository knows the image by; "" where it has not been there."""
    if name and (digest := reference.parse(name).digest):
        return (digest,)
    repository, _ = split_name(name)
    return tuple(digest for place, digest in image.origins if place == repository) or ("",)


def row(image: ImageSummary, name: str, now: float, no_trunc: bool) -> Row:
    """The fields of one name of an image as Docker writes them, all but its digest."""
    repository, tag = split_name(name)
    created = timestamp.parse(image.created)
    return {
        "ID": image.id if no_trunc else digest.short(image.id),
        "Repository": repository,
        "Tag": tag,
        "CreatedSince": "N/A" if created is None else units.ago(created, now),
        "CreatedAt": "N/A" if created is None else units.go_time(created),
        "Size": human_size(image.size, 3),
        "SharedSize": human_size(image.size - image.unique_size, 3),
        "UniqueSize": human_size(image.unique_size, 3),
        "VirtualSize": human_size(image.size, 3),
        "Containers": str(image.containers),
    }


def split_name(name: str) -> tuple[str, str]:
    """Familiar repository and tag; `<none>` for what a dangling image lacks."""
    if not name:
        return _NONE, _NONE
    parsed = reference.parse(name)
    return parsed.familiar_name(), parsed.tag or _NONE
