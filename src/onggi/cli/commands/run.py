"""`onggi run`, `onggi container run`."""

from __future__ import annotations

from typing import Any

import click

from onggi.cli import container_options, creation, foreground, later
from onggi.cli.command import define
from onggi.cli.container_options import stdio
from onggi.cli.failure import ENGINE_REFUSED
from onggi.cli.session import Session, pass_session


@define("run", later=later.RUN, context_settings={"allow_interspersed_args": False})
@stdio.option("-d", "--detach", is_flag=True, help="Leave it running in the background, and print its ID.")
@container_options.container_options
@foreground.detach_keys_option
@foreground.sig_proxy_option
@pass_session
def command(session: Session, /, **options: Any) -> int:
    """Create a container from IMAGE and run COMMAND in it. Options stand before IMAGE; what follows is the command's.

    Exits as the command does: its code, or 128 and the signal that ended it; 125 if onggi could not start it,
    126 if the command cannot be executed, 127 if it is not found.
    """
    foreground.require_terminal(is_wanted=options["tty"] and options["interactive"] and not options["detach"])
    return foreground.exit_code(session, lambda: run(session, options), ENGINE_REFUSED, behind="IMAGE")


def run(session: Session, options: dict[str, Any]) -> int | None:
    """Create it, start it and, unless it is detached, stay until it ends."""
    connected = stdio.read(options)
    asked = creation.wish(session, options)
    session.engine.warm_up()
    containers = session.engine.containers
    identifier = creation.create(session, asked, options)
    if not connected:
        containers.start(identifier)
        click.echo(identifier)
        return 0
    only_stdin = connected == {"stdin"}
    if only_stdin:
        click.echo(identifier)
    ours = foreground.streams(
        reads="stdin" in connected,
        shows=connected,
        detach_keys=options["detach_keys"],
        passes_signals=options["sig_proxy"],
    )
    ended = containers.start(identifier, ours)
    return 0 if only_stdin else ended
