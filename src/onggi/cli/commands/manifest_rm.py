"""`onggi manifest rm`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("rm")
@click.argument("names", nargs=-1, required=True, metavar="MANIFEST_LIST...")
@pass_session
def command(session: Session, names: tuple[str, ...]) -> int:
    """Forget local lists of manifests; what was pushed of them stays where it is."""

    def remove(name: str) -> tuple[str, ...]:
        session.engine.manifests.remove(name)
        return ()

    return each(names, remove, debug=session.debug)
