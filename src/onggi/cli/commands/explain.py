"""`onggi explain`."""

from __future__ import annotations

import sys
import time

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.streams import columns


@define("explain")
@click.argument("build", required=False, default="")
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one document, described in docs/explain.md.",
)
@pass_session
def command(session: Session, build: str, format: str) -> None:
    """Say why the steps of BUILD ran again: what changed, with old and new value, which steps ran only because of
    that, and the seconds it cost. BUILD is an ID of `onggi builds ls`, or the beginning of one.  [default: the newest]

    It is compared with the newest build of the same Dockerfile and target before it.
    """
    explanation = session.engine.builds.explain(build)
    if format == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(explanation)))
        return
    from onggi.cli.explanation import lines

    for line in lines(explanation, time.time(), columns(sys.stdout)):
        click.echo(line)
