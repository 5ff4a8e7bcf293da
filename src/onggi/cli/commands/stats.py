"""`onggi stats`, `onggi container stats`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from onggi.amounts import binary_size, human_size
from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, render
from onggi.cli.live import Screen
from onggi.cli.session import Session, pass_session
from onggi.cli.table import cut

if TYPE_CHECKING:
    from onggi.engine.types import ContainerUsage

HEADERS = {
    "Container": "CONTAINER",
    "Name": "NAME",
    "ID": "CONTAINER ID",
    "CPUPerc": "CPU %",
    "MemUsage": "MEM USAGE / LIMIT",
    "MemPerc": "MEM %",
    "NetIO": "NET I/O",
    "BlockIO": "BLOCK I/O",
    "PIDs": "PIDS",
}
COLUMNS = ("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
_CUTS = {"Name": cut}
_SPARES = ("ID", "MemPerc")
_ID_WIDTH = 12


@define("stats")
@click.argument("containers", nargs=-1, metavar="[CONTAINER...]")
@click.option("-a", "--all", "everything", is_flag=True, help="Also those that do not run.")
@click.option("--no-stream", is_flag=True, help="Show it once, and not again every second.")
@options.no_trunc_option
@options.format_option("{{.Name}}: {{.CPUPerc}}")
@pass_session
def command(
    session: Session, containers: tuple[str, ...], everything: bool, no_stream: bool, no_trunc: bool, format: str
) -> None:
    """Show what containers use of the host, again every second: those that run, or the ones named."""
    cuts, spares = ({}, ()) if no_trunc else (_CUTS, _SPARES)
    shown = Columns(HEADERS, COLUMNS, cuts=cuts, spares=spares)
    screen = Screen(sys.stdout, is_live=not no_stream)
    for usages in session.engine.containers.stats(containers, everything):
        screen.show(render(shown, (row(usage, no_trunc) for usage in usages), format))
        if no_stream:
            break


def row(usage: ContainerUsage, no_trunc: bool) -> Row:
    """The fields of one container as Docker writes them."""
    percent = 100 * usage.memory / usage.memory_limit if usage.memory_limit else 0.0
    return {
        "Container": usage.called,
        "Name": usage.name,
        "ID": usage.id if no_trunc else usage.id[:_ID_WIDTH],
        "CPUPerc": f"{usage.cpu_percent:.2f}%",
        "MemUsage": f"{binary_size(usage.memory)} / {binary_size(usage.memory_limit)}",
        "MemPerc": f"{percent:.2f}%",
        "NetIO": _both(usage.network_received, usage.network_sent),
        "BlockIO": _both(usage.block_read, usage.block_written),
        "PIDs": str(usage.pids),
    }


def _both(received: int, sent: int) -> str:
    return f"{human_size(received, 3)} / {human_size(sent, 3)}"
