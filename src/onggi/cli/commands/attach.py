"""`onggi attach`, `onggi container attach`."""

from __future__ import annotations

import click

from onggi.cli import foreground
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("attach")
@click.argument("container")
@click.option("--no-stdin", is_flag=True, help="Leave your stdin alone.")
@foreground.detach_keys_option
@foreground.sig_proxy_option
@pass_session
def command(session: Session, container: str, no_stdin: bool, detach_keys: str, sig_proxy: bool) -> int:
    """Connect your terminal to a container that runs. Several may be connected at once.

    Exits as the container does, or with 0 when you type the detach keys, which leave it running.
    """
    ours = foreground.streams(reads=not no_stdin, detach_keys=detach_keys, passes_signals=sig_proxy)
    return foreground.exit_code(session, lambda: session.engine.containers.attach(container, ours))
