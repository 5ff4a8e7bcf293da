"""`onggi cp`, `onggi container cp`."""

from __future__ import annotations

import os
import sys
import time

import click

from onggi.cli import streams
from onggi.cli.command import define
from onggi.cli.endings import tidy_end
from onggi.cli.session import Session, pass_session
from onggi.errors import Invalid

_TAR = "-"
_PAUSE = 0.1
"""Seconds between two looks at how much has come."""


@define("cp")
@click.argument("source", metavar="SOURCE")
@click.argument("destination", metavar="DESTINATION")
@click.option("-a", "--archive", is_flag=True, help="Keep owners when copying out; copying in keeps them always.")
@click.option("-L", "--follow-link", is_flag=True, help="If SOURCE is a symbolic link, copy what it leads to.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress, which is shown on a terminal only.")
@pass_session
def command(session: Session, source: str, destination: str, archive: bool, follow_link: bool, quiet: bool) -> None:
    """Copy files between a container, running or not, and this machine.

    \b
    onggi cp CONTAINER:PATH PATH|-
    onggi cp PATH|- CONTAINER:PATH

    A folder is copied into a DESTINATION that is a folder, or becomes a new DESTINATION; PATH/. is what is in the
    folder. With - a tar is written to stdout, or read from stdin and unpacked in a folder of the container. Files
    copied out belong to you. A path of this machine that has a colon begins with / or a dot: ./a:b.
    """
    if not source or not destination:
        raise Invalid(f"{'destination' if source else 'source'} can not be empty")
    (origin, path), (target, place) = _split(source), _split(destination)
    if origin and target:
        raise Invalid(
            "copying between containers is not supported",
            hint=f"send a tar from one to the other: onggi cp {source} - | onggi cp - {destination}",
        )
    if not origin and not target:
        raise Invalid("must specify at least one container source", hint="a path in a container is CONTAINER:PATH")
    with tidy_end():
        if place == _TAR and origin:
            _write_tar(session, origin, path)
        elif path == _TAR and target:
            _read_tar(session, target, place)
        elif origin:
            with _Progress("Copying from container - ", os.path.abspath(place), quiet) as progress:
                session.engine.containers.copy_out(origin, path, place, follow_link, archive, progress.add)
        else:
            with _Progress("Copying to container - ", destination, quiet) as progress:
                session.engine.containers.copy_in(target, path, place, follow_link, progress.add)


def _split(argument: str) -> tuple[str, str]:
    """A container and a path in it; "" and a path of this machine, which may have a colon behind a slash or a dot at
    its beginning, as for scp(1)."""
    container, colon, path = argument.partition(":")
    is_ours = not colon or container.startswith((".", "/"))
    return ("", argument) if is_ours else (container, path)


def _write_tar(session: Session, container: str, path: str) -> None:
    with (
        session.engine.containers.archive_get(container, path) as (_, pieces),
        streams.output("", "write a tar") as out,
    ):
        for piece in pieces:
            out.write(piece)


def _read_tar(session: Session, container: str, path: str) -> None:
    with streams.source(_TAR, "read a tar") as tar:
        session.engine.containers.archive_put(container, path, tar, replaces_folders=False)


class _Progress:
    """How many bytes have been copied: on one line of a terminal, and at the end where to."""

    def __init__(self, verb: str, destination: str, quiet: bool) -> None:
        self._verb = verb
        self._destination = destination
        self._shows = not quiet and sys.stdout.isatty()
        self._draws = self._shows and sys.stderr.isatty()
        self._total = 0
        self._drawn = 0.0

    def add(self, count: int) -> None:
        self._total += count
        if self._draws and time.monotonic() - self._drawn > _PAUSE:
            self._drawn = time.monotonic()
            click.echo(f"\r\033[K{self._verb}{self._size()}", nl=False, err=True)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._drawn:
            click.echo("\r\033[K", nl=False, err=True)
        if self._shows and error is None:
            click.echo(f"Successfully copied {self._size()} to {self._destination}", err=True)

    def _size(self) -> str:
        from onggi.amounts import human_size

        return human_size(self._total, 3)
