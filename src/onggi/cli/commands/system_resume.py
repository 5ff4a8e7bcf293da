"""`onggi system resume`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.failure import REFUSED, complain
from onggi.cli.session import Session, pass_session
from onggi.errors import OnggiError


@define("resume")
@click.option("--unit", is_flag=True, help="Print a systemd unit that does this at boot, and do nothing else.")
@pass_session
def command(session: Session, unit: bool) -> int:
    """Start the containers that a reboot has ended and whose restart policy wants them: always; unless-stopped, but for
    those that were stopped; on-failure, if they failed. Prints their names; exits with 1 if one of them could not be
    started.

    At boot: onggi system resume --unit > /etc/systemd/system/onggi-resume.service
    && systemctl enable onggi-resume
    """
    if unit:
        from onggi.cli.systemd_unit import resume_unit

        click.echo(resume_unit(session.settings.root), nl=False)
        return 0
    failures: list[OnggiError] = []

    def fail(name: str, error: OnggiError) -> None:
        failures.append(error)
        complain(f"{name}: {error.message}", error.hint)

    for name in session.engine.containers.resume(fail):
        click.echo(name)
    return REFUSED if failures else 0
