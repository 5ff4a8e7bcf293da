"""`onggi system check`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("check")
@click.option("--repair", is_flag=True, help="Mend what can be mended. Named images and containers stay.")
@click.option("--deep", is_flag=True, help="Also read every blob and snapshot, and compare digests.")
@pass_session
def command(session: Session, repair: bool, deep: bool) -> int:
    """Check that the store is whole. Exits with 0 if it is, or was mended, else with 1."""
    findings = session.engine.system.check(repair=repair, deep=deep)
    for finding in findings:
        click.echo(f"{'mended' if finding.is_repaired else 'found'}: {finding.sentence}")
        if finding.hint:
            click.echo(f"  hint: {finding.hint}")
    left = [finding for finding in findings if not finding.is_repaired]
    if not findings:
        click.echo("The store is clean.")
    elif not left:
        click.echo(f"Mended all of {_count(len(findings))}.")
    else:
        click.echo(f"{_count(len(left))} left; {_way_on(sum(finding.can_repair for finding in left), deep)}.")
    return 1 if left else 0


def _way_on(mendable: int, deep: bool) -> str:
    if not mendable:
        return "onggi alone cannot mend this"
    return f"onggi system check {'--deep ' if deep else ''}--repair mends {mendable}"


def _count(number: int) -> str:
    return f"{number} finding{'s' * (number != 1)}"
