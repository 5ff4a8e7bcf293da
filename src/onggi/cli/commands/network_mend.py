"""`onggi network mend`, which the monitors of containers call."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("mend")
@click.option("--locked", is_flag=True, help="The lock for it is held, by the descriptor that monitors hand over.")
@pass_session
def command(session: Session, locked: bool) -> None:
    """Replace what was killed of the containers that run: keepers of ports, the resolver of names."""
    from onggi.linux.lifeline import MEND_LOCK_DESCRIPTOR

    session.engine.networks.mend(MEND_LOCK_DESCRIPTOR if locked else -1)
