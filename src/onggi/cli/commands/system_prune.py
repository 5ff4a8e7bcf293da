"""`onggi system prune`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import command as define
from onggi.cli.pruning import report
from onggi.cli.session import Session, pass_session


@define("prune")
@click.option("-a", "--all", "everything", is_flag=True, help="Also named images that no container uses.")
@options.force_option
@pass_session
def command(session: Session, everything: bool, force: bool) -> None:
    """Remove stopped containers, dangling images and the build cache."""
    images = "all images without at least one container associated to them" if everything else "all dangling images"
    warning = f"This will remove:\n  - all stopped containers\n  - {images}\n  - all build cache\n"
    if options.confirm(warning, force=force):
        report(session.engine.system.prune(all=everything), "Deleted:")
