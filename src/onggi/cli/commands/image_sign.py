"""`onggi image sign`."""

from __future__ import annotations

from pathlib import Path

import click

from onggi.cli import key_password, keyvalues
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.sign import SignRequest
from onggi.errors import Invalid
from onggi.oci import digest


@define("sign")
@click.argument("image", metavar="IMAGE[:TAG|@DIGEST]")
@click.option(
    "-k", "--key", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The private key: cosign.key."
)
@click.option(
    "-a",
    "--annotations",
    multiple=True,
    metavar="KEY=VALUE",
    help="Something more that is signed; any number of times.",
)
@pass_session
def command(session: Session, image: str, key: Path, annotations: tuple[str, ...]) -> None:
    """Sign an image that is at a registry, as cosign does: say with a key that this digest is yours.

    What IMAGE names there is signed, not what the store has. The signature is kept there, beside those that are there
    already. A key that is locked is opened with COSIGN_PASSWORD, or you are asked. `onggi image generate-key` makes
    one.
    """
    for each in annotations:
        if "=" not in each:  # a signature is for ever: what is meant is said in full
            raise Invalid(f"invalid annotation: {each!r}", hint="write KEY=value")
    request = SignRequest(name=image, key=key, annotations=keyvalues.labels(annotations, "annotation"))
    signed = session.engine.signatures.sign(request, lambda: key_password.existing(session.environ))
    what = "Signed" if signed.is_new else "Signed already:"
    click.echo(f"{what} {signed.name}")
    click.echo(f"with the key {digest.short(signed.fingerprint)}; the signature is in {signed.tag}", err=True)
