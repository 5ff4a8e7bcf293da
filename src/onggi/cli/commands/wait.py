"""`onggi wait`, `onggi container wait`."""

from __future__ import annotations

from typing import get_args

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session
from onggi.engine.container.wait import WaitCondition


@define("wait")
@options.containers_argument
@click.option(
    "--condition",
    type=click.Choice(get_args(WaitCondition)),
    default="not-running",
    show_default=True,
    help="What to wait for: healthy prints nothing but 0, or fails when the container ends.",
)
@pass_session
def command(session: Session, containers: tuple[str, ...], condition: WaitCondition) -> int:
    """Wait until each container has ended, and print its exit code; or until it is healthy, removed, …"""
    wait = session.engine.containers.wait
    return each(containers, lambda name: [str(wait(name, condition))], debug=session.debug)
