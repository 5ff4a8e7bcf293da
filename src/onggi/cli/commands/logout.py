"""`onggi logout`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.failure import warn
from onggi.cli.session import Session, pass_session
from onggi.registry.place import DOCKER_ACCOUNT


@define("logout")
@click.argument("server", default=DOCKER_ACCOUNT, metavar="[SERVER]")
@pass_session
def command(session: Session, server: str) -> None:
    """Log out from a registry: host[:port], or Docker Hub if none is named. Its login is forgotten, also by a
    credential helper."""
    if session.settings.logins.given:
        warn("DOCKER_AUTH_CONFIG is set, and what is in there stays")
    logged_out = session.engine.accounts.log_out(server)
    words = "Removing login credentials for" if logged_out.was_kept else "Not logged in to"
    click.echo(f"{words} {logged_out.account}")
