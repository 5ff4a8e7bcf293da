"""`onggi doctor`."""

from __future__ import annotations

import textwrap

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.container.host import Finding

_WIDTH = 80


@define("doctor")
@click.option("--format", type=click.Choice(["table", "json"]), default="table", help="json: one document a line.")
@pass_session
def command(session: Session, format: str) -> int:
    """Say what this host can and cannot isolate, and what to install. Exits with 1 if something is missing."""
    lines = session.engine.system.doctor()
    if format == "json":
        import msgspec

        text = "".join(msgspec.json.encode(line).decode() + "\n" for line in lines)
    else:
        text = report(lines)
    click.echo(text, nl=False)
    return 0 if all(line.is_ok for line in lines) else 1


def report(lines: list[Finding]) -> str:
    """A line for each fact, wrapped beneath itself; what to do follows what is missing."""
    column = max((len(line.subject) for line in lines), default=0)
    return "".join(_paragraph(line, column) for line in lines)


def _paragraph(line: Finding, column: int) -> str:
    mark = "ok" if line.is_ok else "no"
    head = f" {mark}  {line.subject:<{column}}  "
    text = _wrap(line.sentence, head, len(head))
    return text + (_wrap(line.hint, " " * len(head) + "→ ", len(head) + 2) if line.hint else "")


def _wrap(sentence: str, head: str, indent: int) -> str:
    return textwrap.fill(sentence, _WIDTH, initial_indent=head, subsequent_indent=" " * indent) + "\n"
