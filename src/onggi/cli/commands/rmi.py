"""`onggi rmi`, `onggi image rm`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session

_WORDS = {"untagged": "Untagged", "deleted": "Deleted"}


@define("rmi")
@options.images_argument
@click.option(
    "-f", "--force", is_flag=True, help="Also images that stopped containers use, or that have several names."
)
@pass_session
def command(session: Session, images: tuple[str, ...], force: bool) -> int:
    """Remove names of images; an image goes with its last name."""

    def remove(name: str) -> Iterator[str]:
        removed = session.engine.images.remove(name, force=force)
        return (f"{_WORDS[each.what]}: {each.name}" for each in removed)

    return each(images, remove, debug=session.debug, may_be_missing=force)
