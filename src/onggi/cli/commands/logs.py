"""`onggi logs`, `onggi container logs`."""

from __future__ import annotations

import sys
import time

import click

from onggi.cli import units
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("logs")
@click.argument("container")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until the container ends.")
@click.option(
    "--since", default="", metavar="TIME", help="Only what came after: 10m (ago), a date, or seconds since 1970."
)
@click.option("--until", default="", metavar="TIME", help="Only what came before.")
@click.option("-n", "--tail", default="all", metavar="N", help="The last N lines.  [default: all]")
@click.option("-t", "--timestamps", is_flag=True, help="Show when each line was written.")
@pass_session
def command(
    session: Session, container: str, follow: bool, since: str, until: str, tail: str, timestamps: bool
) -> None:
    """Show what CONTAINER wrote: its stdout on stdout, its stderr on stderr."""
    now = time.time()
    lines = session.engine.containers.logs(
        container,
        follow=follow,
        since=units.parse_moment(since, now) if since else None,
        until=units.parse_moment(until, now) if until else None,
        tail=_tail(tail),
    )
    streams = {"stdout": sys.stdout.buffer, "stderr": sys.stderr.buffer}
    for line in lines:
        stream = streams[line.stream]
        stream.write((f"{line.time} {line.log}" if timestamps else line.log).encode())
        if follow:
            stream.flush()


def _tail(text: str) -> int | None:
    """None is all of it, which in Docker negative numbers mean too."""
    if text.lower() == "all" or text.startswith("-"):
        return None
    if not (text.isascii() and text.isdigit()):
        raise click.BadParameter(f"{text!r} is neither a number nor all", param_hint="--tail")
    return int(text)
