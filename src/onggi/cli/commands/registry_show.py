"""`onggi registry show`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from onggi.cli import options, registries
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.session import Session, pass_session
from onggi.cli.table import cut, cut_left
from onggi.oci.reference import parse
from onggi.registry.settings.certificates import tls_of
from onggi.registry.settings.file import read
from onggi.registry.settings.places import home, places
from onggi.registry.settings.policy import demands

if TYPE_CHECKING:
    from onggi.fetch.tls import Tls
    from onggi.registry.place import Place
    from onggi.registry.settings.table import Table

_COLUMNS = Columns(
    {"Role": "ROLE", "Place": "PLACE", "Line": "BY", "Connection": "CONNECTION", "ConnectionLine": "BY"},
    ("Role", "Place", "Line", "Connection", "ConnectionLine"),
    id="Place",
    cuts={"Line": cut_left, "Connection": cut, "ConnectionLine": cut_left},
    spares=("ConnectionLine",),
)


@define("show")
@click.argument("reference")
@options.format_option("{{.Role}} {{.Place}}")
@pass_session
def command(session: Session, reference: str, format: str) -> None:
    """Show where REFERENCE is asked for, in order, how these hosts are spoken to, and which lines of registries.toml
    say so."""
    asked = parse(reference)
    settings = session.settings
    table = read(settings.registries)
    tls = tls_of(table, settings.certificates, settings.host_ca)
    line = table.entry(asked).line
    own = home(asked, table)
    pulled = places(asked, table)
    rows = [_row(_role(place), place, line, table, tls) for place in pulled]
    if own not in pulled:
        rows.append(_row("pushes only", own, line, table, tls))
    show(_COLUMNS, rows, format)
    demand = demands(asked, table)
    if demand.line and not format:
        click.echo(f"\n{demand.line} {registries.of_demand(demand)}")


def _role(place: Place) -> str:
    return "mirror" if place.is_mirror else "registry"


def _row(role: str, place: Place, line: str, table: Table, tls: Callable[[str], Tls]) -> Row:
    return {
        "Role": role,
        "Place": f"{place.host}/{place.repository}",
        "Line": line,
        "Connection": registries.of_connection(tls(place.host), may_be_plain=place.may_be_plain),
        "ConnectionLine": table.host(place.host).line,
    }
