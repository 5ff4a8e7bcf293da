"""`onggi image generate-key`."""

from __future__ import annotations

from pathlib import Path

import click

from onggi.cli import key_password
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("generate-key")
@click.argument("prefix", type=click.Path(path_type=Path), default="cosign")
@pass_session
def command(session: Session, prefix: Path) -> None:
    """Make a pair of keys to sign images with: PREFIX.key, which stays with you, and PREFIX.pub, which all may have.

    They are cosign's: an ECDSA key on P-256, the private one locked with COSIGN_PASSWORD or with what you are asked
    for. Files that are there are not overwritten.
    """
    for path in session.engine.signatures.generate_key(prefix, lambda: key_password.chosen(session.environ)):
        click.echo(str(path))
