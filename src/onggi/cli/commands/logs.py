"""`onggi logs`, `onggi container logs`."""

from __future__ import annotations

import sys
import time

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.engine.container.log_lines import shown
from onggi.moments import parse_moment


@define("logs")
@click.argument("container")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until the container ends.")
@click.option(
    "--since", default="", metavar="TIME", help="Only what came since: 10m (ago), a date, or seconds since 1970."
)
@click.option("--until", default="", metavar="TIME", help="Only what came until then.")
@click.option("-n", "--tail", default="all", metavar="N", help="The last N lines.  [default: all]")
@click.option("-t", "--timestamps", is_flag=True, help="Show when each line was written.")
@click.option("--details", is_flag=True, help="Show what --log-opt labels, env and tag say about its lines.")
@pass_session
def command(
    session: Session,
    container: str,
    follow: bool,
    since: str,
    until: str,
    tail: str,
    timestamps: bool,
    details: bool,
) -> None:
    """Show what CONTAINER wrote: its stdout on stdout, its stderr on stderr."""
    now = time.time()
    containers = session.engine.containers
    records = containers.logs(
        container,
        follow=follow,
        since=parse_moment(since, now) if since else None,
        until=parse_moment(until, now) if until else None,
        tail=_tail(tail),
        joined=not timestamps,
        warn=lambda text: click.echo(f"onggi: {text}", err=True),
    )
    show = shown(timestamps, containers.log_attributes(container) if details else None)
    streams = {"stdout": sys.stdout.buffer, "stderr": sys.stderr.buffer}
    for record in records:
        stream = streams[record.stream]
        stream.write(show(record))
        if follow:
            stream.flush()


def _tail(text: str) -> int | None:
    """None is all of it, which in Docker negative numbers mean too."""
    if text.lower() == "all" or text.startswith("-"):
        return None
    if not (text.isascii() and text.isdigit()):
        raise click.BadParameter(f"{text!r} is neither a number nor all", param_hint="--tail")
    return int(text)
