"""`onggi manifest inspect`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.manifests import describe, indent
from onggi.cli.session import Session, pass_session


@define("inspect")
@click.argument("names", nargs=-1, required=True, metavar="[MANIFEST_LIST] MANIFEST")
@click.option("-v", "--verbose", is_flag=True, help="Tell digest, size and platform of each manifest too.")
@options.insecure_option
@pass_session
def command(session: Session, names: tuple[str, ...], verbose: bool, insecure: bool) -> None:
    """Show a manifest or list of manifests: a local list, one of its manifests, or what a registry has."""
    if len(names) > 2:
        raise click.UsageError("onggi manifest inspect takes at most two names: a list, and a manifest of it")
    *within, name = names
    found = session.engine.manifests.inspect(name, *within, with_entries=verbose, is_insecure=insecure)
    if verbose:
        click.echo(describe(found.entries, is_list=found.is_list))
    else:
        click.echo(indent(found.raw, is_list=found.is_list))
