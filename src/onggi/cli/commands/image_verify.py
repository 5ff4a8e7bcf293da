"""`onggi image verify`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.table import harmless
from onggi.oci import digest

if TYPE_CHECKING:
    from onggi.engine.registry.sign import Checked
    from onggi.registry.trust.signatures import Verified


@define("verify")
@click.argument("image", metavar="IMAGE[:TAG|@DIGEST]")
@click.option(
    "-k",
    "--key",
    "keys",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A public key, one of which must have signed it; without any those that the policy names for it.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="json is for programs.")
@pass_session
def command(session: Session, image: str, keys: tuple[Path, ...], form: str) -> None:
    """Say by which keys an image at a registry is signed. Exits with 1 if it is by none of them.

    Signatures of cosign are read, of both its forms. Transparency logs and certificates are not looked at. (`onggi
    verify` is something else: it builds again, and compares.)
    """
    checked = session.engine.signatures.verify(image, keys)
    if form == "json":
        import msgspec

        click.echo(msgspec.json.encode(checked))
        return
    for line in _lines(checked):
        click.echo(harmless(line))
    click.echo("no transparency log and no certificate was looked at", err=True)


def _lines(checked: Checked) -> Iterator[str]:
    yield f"{checked.name} at {checked.host} is {checked.digest}"
    for each in checked.signatures:
        yield f"  signed with {each.key} (key {digest.short(each.fingerprint)}){_said(each)}"


def _said(signature: Verified) -> str:
    called = f" as {signature.reference}" if signature.reference else ""
    annotations = ", ".join(f"{key}={value}" for key, value in signature.annotations.items())
    return called + (f": {annotations}" if annotations else "")
