"""`onggi registry ls`."""

from __future__ import annotations

import click

from onggi.cli import options, registries
from onggi.cli.command import define
from onggi.cli.listing import Columns, show
from onggi.cli.session import Session, pass_session
from onggi.cli.table import cut, cut_left
from onggi.registry.settings.file import read

_COLUMNS = Columns(
    {"Prefix": "PREFIX", "Meaning": "MEANING", "Line": "BY"},
    ("Prefix", "Meaning", "Line"),
    id="Prefix",
    cuts={"Meaning": cut, "Line": cut_left},
)


@define("ls")
@click.option("-q", "--quiet", is_flag=True, help="Print prefixes only.")
@options.format_option("{{.Prefix}}: {{.Meaning}}")
@pass_session
def command(session: Session, quiet: bool, format: str) -> None:
    """List what is said of registries and of images at them in registries.toml, and at which lines."""
    file = session.settings.registries
    if file is None:
        click.echo("There is no registries.toml: images are asked for where their names say.", err=True)
    table = read(file)
    said = [(entry.prefix, registries.of_entry(entry), entry.line) for entry in table.entries]
    said += [(demand.prefix, registries.of_demand(demand), demand.line) for demand in table.demands]
    rows = ({"Prefix": str(prefix), "Meaning": meaning, "Line": line} for prefix, meaning, line in said)
    show(_COLUMNS, rows, format, quiet=quiet)
