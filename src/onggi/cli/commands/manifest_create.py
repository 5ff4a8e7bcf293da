"""`onggi manifest create`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.manifests import CreateRequest


@define("create")
@click.argument("name", metavar="MANIFEST_LIST")
@click.argument("manifests", nargs=-1, required=True, metavar="MANIFEST...")
@click.option("-a", "--amend", is_flag=True, help="Add to a list that is there already.")
@options.insecure_option
@pass_session
def command(session: Session, name: str, manifests: tuple[str, ...], amend: bool, insecure: bool) -> None:
    """Put together a list of manifests here, to be pushed as one image for several platforms.

    A MANIFEST is an image at a registry, or one of the store that was made here and not pushed: that is pushed with the
    list.
    """
    request = CreateRequest(name=name, manifests=manifests, is_amended=amend, is_insecure=insecure)
    click.echo(f"Created manifest list {session.engine.manifests.create(request)}")
