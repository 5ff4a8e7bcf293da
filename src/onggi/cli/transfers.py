"""What `pull` and `push` have in common: which tags are meant, and what shows how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TextIO

import click

from onggi.errors import Invalid
from onggi.oci import reference as references

if TYPE_CHECKING:
    from onggi.cli.progress import Style
    from onggi.cli.progress.transfer import Renderer
    from onggi.cli.session import Session

all_tags_option = click.option("-a", "--all-tags", is_flag=True, help="All tags of the repository.")
progress_option = click.option(
    "--progress",
    type=click.Choice(["auto", "tty", "plain", "json"]),
    default="auto",
    show_default=True,
    help="Tell what happens in this style; auto: tty on a terminal, else plain.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print the image's name only.")


class _Silent:
    """Implements Renderer."""

    def __call__(self, event: object) -> None:
        """Says nothing."""

    def close(self) -> None:
        """Nothing is left to say."""


def settle_tags(name: str, *, all_tags: bool, is_told: bool) -> None:
    """Tell which tag is meant where the name has none. Raises Invalid for one that has where all are meant."""
    if references.has_tag(name):
        if all_tags:
            raise Invalid("tag can't be used with --all-tags/-a", hint="name the repository alone")
    elif is_told and not all_tags:
        click.echo(f"Using default tag: {references.DEFAULT_TAG}")


def screen(
    session: Session, stream: TextIO, way: Literal["pull", "push"], style: Style = "auto", *, quiet: bool = False
) -> Renderer:
    """What shows a pull or push on a stream."""
    if quiet:
        return _Silent()
    from onggi.cli.progress.transfer import PULL, PUSH, renderer

    return renderer(style, stream, {"pull": PULL, "push": PUSH}[way], session.environ)
