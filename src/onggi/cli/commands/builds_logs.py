"""`onggi builds logs`."""

from __future__ import annotations

import sys

import click

from onggi.cli.command import define
from onggi.cli.progress import words
from onggi.cli.session import Session, pass_session


@define("logs")
@click.argument("build", required=False, default="")
@click.option("--step", type=click.IntRange(min=1), metavar="N", help="Only that of step N, byte for byte.")
@pass_session
def command(session: Session, build: str, step: int | None) -> None:
    """Print all that the steps of a build wrote, of failed and killed builds too.  [default: the newest]"""
    builds = session.engine.builds
    record = builds.get(build)
    out = sys.stdout.buffer
    if step is not None:
        out.write(builds.log(record.id, step))
        return
    steps = builds.steps(record.id)
    for number in builds.logged(record.id):
        name = words.brief(steps[number].text)
        out.write(f"==> #{number} {words.stage(steps[number].stage)}: {name}\n".encode(errors="replace"))
        log = builds.log(record.id, number)
        out.write(log if log.endswith(b"\n") else log + b"\n")
