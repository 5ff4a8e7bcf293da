"""`onggi network mend`, which the monitors of containers call."""

from __future__ import annotations

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("mend")
@pass_session
def command(session: Session) -> None:
    """Replace what was killed of the containers that run: keepers of ports, the resolver of names."""
    session.engine.networks.mend()
