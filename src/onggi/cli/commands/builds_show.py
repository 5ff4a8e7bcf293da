"""`onggi builds show`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from onggi.cli import units
from onggi.cli.build_words import outcome, seconds
from onggi.cli.command import define
from onggi.cli.progress import words
from onggi.cli.session import Session, pass_session
from onggi.cli.streams import columns
from onggi.cli.table import cut, harmless, layout, shorten
from onggi.oci import digest

if TYPE_CHECKING:
    from onggi.solve.record import VertexRecord
    from onggi.store.records import BuildRecord

_HEADERS = ("STEP", "STAGE", "INSTRUCTION", "RESULT", "TOOK", "SAVED", "WHY")
_INSTRUCTION = 48
_CUTS = {1: cut, 2: cut, 6: cut}


@define("show")
@click.argument("build", required=False, default="")
@click.option("--no-trunc", is_flag=True, help="Cut nothing short.")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@pass_session
def command(session: Session, build: str, no_trunc: bool, format: str) -> None:
    """Show what a build did, step by step.  [default: the newest]"""
    record = session.engine.builds.get(build)
    if format == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(record)))
        return
    for line in _facts(record, no_trunc):
        click.echo(harmless(line))
    rows = [_row(number, vertex, no_trunc) for number, vertex in record.numbered.items() if vertex.definition.line]
    if rows:
        click.echo()
        cuts = {} if no_trunc else _CUTS
        click.echo(layout([_HEADERS, *rows], columns(sys.stdout), cuts), nl=False)


def _facts(record: BuildRecord, no_trunc: bool) -> Iterator[str]:
    saved = f", saved {words.seconds(record.saved)}" if record.saved else ""
    facts = {
        "build": record.id,
        "Dockerfile": record.dockerfile,
        "context": record.context,
        "target": record.target,
        "started": units.go_time(record.started),
        "took": f"{words.seconds(record.seconds)}{saved}" if record.seconds else "",
        "result": f"{record.outcome}: {record.error}" if record.error else record.outcome,
        "image": record.image_id if no_trunc or not record.image_id else f"sha256:{digest.short(record.image_id)}",
        "names": ", ".join(record.references),
        "compared with": record.previous,
    }
    widest = max(map(len, facts))
    yield from (f"{name:{widest}}  {value}" for name, value in facts.items() if value)


def _row(number: int, vertex: VertexRecord, no_trunc: bool) -> tuple[str, ...]:
    definition = vertex.definition
    text = words.instruction(definition.text)
    return (
        f"#{number}",
        words.stage(definition.stage),
        text if no_trunc else shorten(text, _INSTRUCTION),
        outcome(vertex),
        seconds(vertex.seconds),
        seconds(vertex.saved),
        _why(vertex),
    )


def _why(vertex: VertexRecord) -> str:
    """Why it ran, where the record says."""
    if vertex.cause is None or vertex.outcome == "kept":
        return ""
    return {"above": "follows another step", "no-cache": "--no-cache"}.get(vertex.cause.kind) or vertex.cause.short()
