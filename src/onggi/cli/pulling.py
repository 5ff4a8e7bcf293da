"""Images that are pulled, by `pull` and by whoever needs one that is not here: what is said of that."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from onggi.cli.failure import warn
from onggi.cli.transfers import screen

if TYPE_CHECKING:
    from onggi.cli.session import Session
    from onggi.engine.registry.pull import Pulled
    from onggi.oci.platform import Platform

Policy: TypeAlias = Literal["always", "missing", "never"]


def provide(session: Session, image: str, platform: Platform | None, policy: Policy, *, quiet: bool) -> None:
    """See to it that the image is here, as `run --pull` says; what is pulled is told on stderr. Raises as
    `Engine.pull` does."""
    if policy == "never" or (policy == "missing" and session.engine.images.has(image, platform)):
        return
    from onggi.engine.types import PullRequest
    from onggi.oci import reference

    name = reference.parse(image).familiar()
    if policy == "missing" and not quiet:
        click.echo(f"Unable to find image '{name}' locally", err=True)
    with closing(screen(session, sys.stderr, "pull", quiet=quiet)) as draw:
        session.engine.pull(PullRequest(name=image, platform=platform), draw)


def warn_of_platform(pulled: Pulled) -> None:
    """Of an image that this machine does not run."""
    from onggi.oci import platform

    host = platform.of_host()
    if not platform.fits(pulled.platform, host):
        warn(f"{pulled.reference.familiar()} is an image for {pulled.platform}, and this machine is {host}")
