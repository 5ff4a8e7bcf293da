"""`onggi exec`, `onggi container exec`."""

from __future__ import annotations

import click

from onggi.cli import foreground, keyvalues
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.engine.types import ExecRequest


@define("exec", context_settings={"allow_interspersed_args": False})
@click.argument("container")
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND [ARG...]")
@click.option("-d", "--detach", is_flag=True, help="Leave it running in the background.")
@click.option("-i", "--interactive", is_flag=True, help="Let it read your stdin.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal.")
@click.option("-e", "--env", multiple=True, metavar="KEY=VALUE", help="Set a variable; KEY alone takes yours.")
@click.option("--env-file", "env_files", multiple=True, metavar="FILE", help="Set the variables of a file.")
@click.option("-w", "--workdir", default="", metavar="FOLDER", help="Where it runs.  [default: as the container]")
@click.option("-u", "--user", default="", metavar="USER[:GROUP]", help="Run as this user.  [default: the container's]")
@click.option("--privileged", is_flag=True, help="Give it everything that root has on this host.")
@foreground.detach_keys_option
@pass_session
def command(
    session: Session,
    container: str,
    argv: tuple[str, ...],
    detach: bool,
    interactive: bool,
    tty: bool,
    env: tuple[str, ...],
    env_files: tuple[str, ...],
    workdir: str,
    user: str,
    privileged: bool,
    detach_keys: str,
) -> int:
    """Run COMMAND in a container that runs, beside what runs in it. Options stand before CONTAINER.

    Exits as COMMAND does: its code, or 128 and the signal that ended it; 126 if it cannot be executed, 127 if it is not
    found, 1 if onggi could not start it.
    """
    foreground.require_terminal(is_wanted=tty and interactive and not detach)
    request = ExecRequest(
        command=argv,
        environment=keyvalues.variables(env_files, env, session.environ),
        working_directory=workdir,
        user=user,
        terminal=tty,
        privileged=privileged,
    )
    ours = None if detach else foreground.streams(reads=interactive, detach_keys=detach_keys)
    execute = session.engine.containers.execute
    return foreground.exit_code(session, lambda: execute(container, request, ours), behind="CONTAINER")
