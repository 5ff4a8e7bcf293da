"""`onggi manifest push`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.endings import tidy_end
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.manifests import PushListRequest
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference


@define("push")
@click.argument("name", metavar="MANIFEST_LIST")
@click.option("-p", "--purge", is_flag=True, help="Remove the local list afterwards.")
@options.insecure_option
@pass_session
def command(session: Session, name: str, purge: bool, insecure: bool) -> None:
    """Push a local list to its repository, with all that it names.

    Images of the store are sent, images of the registry's other repositories are mounted, and those of other registries
    are copied.
    """

    def pushed(reference: Reference, digest: Digest) -> None:
        click.echo(f"Pushed ref {reference} with digest: {digest}")

    with tidy_end():
        request = PushListRequest(name=name, is_purged=purge, is_insecure=insecure)
        click.echo(session.engine.manifests.push(request, pushed))
