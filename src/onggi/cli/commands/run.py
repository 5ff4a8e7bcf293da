"""`onggi run`, `onggi container run`."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from onggi.cli import container_options, later, mounts
from onggi.cli.cidfile import cidfile
from onggi.cli.command import define
from onggi.cli.container_options import image, stdio
from onggi.cli.failure import ENGINE_REFUSED, REFUSED, refuse
from onggi.cli.session import Session, pass_session
from onggi.container.stdio import Stdio, Unheeded
from onggi.errors import Failed, Invalid, OnggiError


@define("run", later=later.RUN, context_settings={"allow_interspersed_args": False})
@stdio.option("-d", "--detach", is_flag=True, help="Leave it running in the background, and print its ID.")
@container_options.container_options
@stdio.option(
    "--detach-keys", default="ctrl-p,ctrl-q", show_default=True, metavar="KEYS", help="Typing these leaves it running."
)
@stdio.option("--sig-proxy/--no-sig-proxy", default=True, help="Pass signals on to it.  [default: yes]")
@pass_session
def command(session: Session, /, **options: Any) -> int:
    """Create a container from IMAGE and run COMMAND in it. Options stand before IMAGE; what follows is the command's.

    Exits as the command does: its code, or 128 and the signal that ended it; 125 if onggi could not start it,
    126 if the command cannot be executed, 127 if it is not found.
    """
    if options["tty"] and options["interactive"] and not options["detach"] and not sys.stdin.isatty():
        raise Invalid("the input device is not a TTY", hint="leave out -t when stdin is a pipe or a file")
    try:
        return run(session, options)
    except Failed as error:
        return refuse(error, error.exit_code, debug=session.debug)
    except Unheeded as error:
        if sys.stderr.isatty():
            click.echo(err=True)  # the line that shows ^C^C^C
        return refuse(error, REFUSED, debug=session.debug)
    except OnggiError as error:
        return refuse(error, ENGINE_REFUSED, debug=session.debug)


def run(session: Session, options: dict[str, Any]) -> int:
    """Create it, start it and, unless it is detached, stay until it ends."""
    asked = container_options.spec(options, session, os.getcwd())
    mounts.make_missing_sources(asked.mounts[: len(options["volumes"])])  # --mount wants its sources to be there
    session.engine.warm_up()
    containers = session.engine.containers
    with cidfile(options["cidfile"]) as write:
        identifier = containers.create(asked, options["name"], image.read_platform(options, session))
        write(identifier)
    if options["detach"]:
        containers.start(identifier)
        click.echo(identifier)
        return 0
    stdio = Stdio(
        stdin=sys.stdin.fileno() if options["interactive"] else None,
        stdout=sys.stdout.fileno(),
        stderr=sys.stderr.fileno(),
        detach_keys=options["detach_keys"],
        passes_signals=options["sig_proxy"],
    )
    return containers.start(identifier, stdio) or 0  # None: the person detached
