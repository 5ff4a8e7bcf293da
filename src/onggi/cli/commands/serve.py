"""`onggi serve`."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@define("serve")
@click.option("-H", "--host", "listen", metavar="ADDRESS", default="", help="Listen there: unix:///run/onggi.sock.")
@pass_session
def command(session: Session, listen: str) -> None:
    """Serve the Docker Engine API, for docker, docker-py and whoever else speaks it, until ctrl-C or SIGTERM."""
    from onggi.api.server import Server

    path = Path(listen.removeprefix("unix://") or session.settings.root / "run" / "onggi.sock")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # for all threads, so that only sigwait gets them
    try:
        with Server(session.engine, path):
            click.echo(f"Serving the Docker Engine API at unix://{path}")
            signal.sigwait(_ENDS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
