"""`onggi volume create`."""

from __future__ import annotations

import click

from onggi.cli import keyvalues, later
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("create", later=later.VOLUME_CREATE)
@click.argument("name", default="", metavar="[VOLUME]")
@click.option("-d", "--driver", default="local", show_default=True, metavar="NAME", help="Its driver; there is one.")
@click.option("--name", "named", default="", metavar="NAME", hidden=True)
@click.option("--label", "label_texts", multiple=True, metavar="KEY=VALUE", help="Label it; may be repeated.")
@click.option(
    "-o",
    "--opt",
    "option_texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Say where it is, as mount(8) is told: type=…, device=… and o=…, the options.",
)
@pass_session
def command(
    session: Session,
    name: str,
    driver: str,
    named: str,
    label_texts: tuple[str, ...],
    option_texts: tuple[str, ...],
) -> None:
    """Create a volume, and print its name. Without one it gets 64 digits, and is removed by `volume prune` when no
    container has it.

    \b
    onggi volume create -o type=none -o o=bind -o device=/srv/data data
    onggi volume create -o type=tmpfs -o device=tmpfs -o o=size=100m scratch
    """
    if name and named:
        raise click.UsageError(
            "conflicting options: cannot specify a volume-name through both --name and as a positional arg"
        )
    labels, options = keyvalues.labels(label_texts), keyvalues.labels(option_texts, "option")
    click.echo(session.engine.volumes.create(name or named, labels, options, driver))
