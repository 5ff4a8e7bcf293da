"""`onggi create`, `onggi container create`."""

from __future__ import annotations

from typing import Any

import click

from onggi.cli import container_options, creation, later
from onggi.cli.command import define
from onggi.cli.failure import ENGINE_REFUSED, refuse
from onggi.cli.session import Session, pass_session
from onggi.errors import OnggiError


@define("create", later=later.RUN, context_settings={"allow_interspersed_args": False})
@container_options.container_options
@pass_session
def command(session: Session, /, **options: Any) -> int:
    """Create a container from IMAGE that will run COMMAND when it is started, and print its ID. Options stand before
    IMAGE; what follows is the command's."""
    try:
        asked = creation.wish(session, options)
    except OnggiError as error:
        return refuse(error, ENGINE_REFUSED, debug=session.debug)
    click.echo(creation.create(session, asked, options))
    return 0
