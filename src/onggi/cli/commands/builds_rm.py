"""`onggi builds rm`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("rm")
@click.argument("builds", nargs=-1, required=True, metavar="BUILD...")
@pass_session
def command(session: Session, builds: tuple[str, ...]) -> int:
    """Forget builds and what their steps wrote. What they made stays."""
    remove = session.engine.builds.remove
    return each(builds, lambda name: [remove(name)], debug=session.debug)
