"""`onggi manifest annotate`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.manifests import AnnotateRequest


@define("annotate")
@click.argument("name", metavar="MANIFEST_LIST")
@click.argument("manifest", metavar="MANIFEST")
@click.option("--os", "system", default="", metavar="NAME", help="Its operating system.")
@click.option("--arch", default="", metavar="NAME", help="Its architecture.")
@click.option("--variant", default="", metavar="NAME", help="Its architecture's variant: v7.")
@click.option("--os-version", default="", metavar="TEXT", help="The version of the operating system that it needs.")
@click.option(
    "--os-features",
    multiple=True,
    metavar="NAME[,NAME...]",
    help="What else it needs of the operating system; any number of times.",
)
@pass_session
def command(
    session: Session,
    name: str,
    manifest: str,
    system: str,
    arch: str,
    variant: str,
    os_version: str,
    os_features: tuple[str, ...],
) -> None:
    """Say what a manifest of a local list is for, where the image itself does not say it or says it wrong."""
    session.engine.manifests.annotate(
        AnnotateRequest(
            name=name,
            manifest=manifest,
            os=system,
            architecture=arch,
            variant=variant,
            os_version=os_version,
            os_features=tuple(feature for text in os_features for feature in text.split(",") if feature),
        )
    )
