"""`onggi start`, `onggi container start`."""

from __future__ import annotations

import click

from onggi.cli import foreground, later, options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session
from onggi.errors import Invalid


@define("start", later=later.START)
@options.containers_argument
@click.option("-a", "--attach", "attached", is_flag=True, help="Show what it writes, until it ends.")
@click.option("-i", "--interactive", is_flag=True, help="As -a, and let it read your stdin if it was created with -i.")
@foreground.detach_keys_option
@foreground.sig_proxy_option
@pass_session
def command(
    session: Session,
    containers: tuple[str, ...],
    attached: bool,
    interactive: bool,
    detach_keys: str,
    sig_proxy: bool,
) -> int:
    """Start containers that were created or have ended. With one that runs nothing happens.

    Attached, it exits as the container does, or with 0 when you type the detach keys, which leave it running.
    """
    session.engine.warm_up()
    start = session.engine.containers.start
    if not (attached or interactive):

        def in_the_background(name: str) -> None:
            start(name)

        return each(containers, in_the_background, debug=session.debug, at_once=True)
    if len(containers) > 1:
        raise Invalid("you cannot start and attach multiple containers at once", hint="start them one by one")
    ours = foreground.streams(reads=interactive, detach_keys=detach_keys, passes_signals=sig_proxy)
    return foreground.exit_code(session, lambda: start(containers[0], ours))
