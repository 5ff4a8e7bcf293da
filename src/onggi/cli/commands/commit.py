"""`onggi commit`, `onggi container commit`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.endings import tidy_end
from onggi.cli.session import Session, pass_session


@define("commit")
@click.argument("container")
@click.argument("reference", required=False, default="", metavar="[REPOSITORY[:TAG]]")
@click.option("-a", "--author", default="", metavar="TEXT", help="Who made it: “Hong Gildong <hong@example.com>”.")
@click.option("-c", "--change", "changes", multiple=True, metavar="INSTRUCTION", help="Apply a Dockerfile instruction.")
@click.option("-m", "--message", default="", metavar="TEXT", help="What `history` says of it.")
@click.option(
    "-p", "--pause/--no-pause", default=True, help="Pause the container while its files are copied.  [default: yes]"
)
@pass_session
def command(
    session: Session, container: str, reference: str, author: str, changes: tuple[str, ...], message: str, pause: bool
) -> None:
    """Make an image of the files of CONTAINER and of what it was told to run, and print its ID. Volumes and other
    mounts are not a part of it.

    INSTRUCTION is one of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and
    WORKDIR, with its arguments.
    """
    from onggi.engine.types import CommitRequest

    request = CommitRequest(reference=reference, author=author, message=message, changes=changes, pauses=pause)
    with tidy_end():
        click.echo(session.engine.containers.commit(container, request))
