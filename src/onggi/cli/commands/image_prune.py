"""`onggi image prune`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import command as define
from onggi.cli.pruning import report
from onggi.cli.session import Session, pass_session
from onggi.oci.digest import is_digest


@define("prune")
@click.option("-a", "--all", "everything", is_flag=True, help="Also named images that no container uses.")
@options.force_option
@pass_session
def command(session: Session, everything: bool, force: bool) -> None:
    """Remove dangling images: those that have no name and that no container uses."""
    what = "images without at least one container associated to them" if everything else "dangling images"
    if options.confirm(f"This will remove all {what}.", force=force):
        report(session.engine.images.prune(all=everything), "Deleted Images:", _line)


def _line(name: str) -> str:
    return f"deleted: {name}" if is_digest(name) else f"untagged: {name}"
