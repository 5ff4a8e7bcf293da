"""`onggi debug`."""

from __future__ import annotations

import click

from onggi.cli.command import Command
from onggi.cli.debugging import debug
from onggi.cli.failure import refuse
from onggi.cli.session import Session, pass_session
from onggi.errors import Failed


class _Debug(Command):
    """What follows a `--` at the beginning is the command: click alone would take its first word for the build."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["", *args] if args[:1] == ["--"] else args)


@click.command("debug", cls=_Debug, context_settings={"allow_interspersed_args": False})
@click.argument("build", required=False, default="")
@click.argument("argv", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND [ARG...]]")
@pass_session
def command(session: Session, build: str, argv: tuple[str, ...]) -> int:
    """Open a shell where a RUN step of BUILD failed, or run COMMAND there: in the file system as the step left it, with
    its environment, working folder, user, network and mounts. What you change is gone afterwards.

    An image without a shell is lent a static busybox of this host. A failed step is kept until its record goes, or a
    later build of the same project succeeds.  [default: the build that failed last]
    """
    try:
        return debug(session, build, argv[1:] if argv[:1] == ("--",) else argv)
    except Failed as error:
        return refuse(error, error.exit_code, debug=session.debug)
