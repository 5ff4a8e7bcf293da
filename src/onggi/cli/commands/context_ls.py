"""`onggi context ls`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from onggi.amounts import counted, spaced_size
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.table import layout, printable

if TYPE_CHECKING:
    from onggi.engine.context_files import ContextFiles


@define("ls")
@click.argument("path", required=False, default=".")
@click.option("-f", "--file", metavar="FILE", help="The Dockerfile, whose own .dockerignore counts.")
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one document, described in docs/dockerfile/copy-add.md.",
)
@pass_session
def command(session: Session, path: str, file: str | None, format: str) -> None:
    """List the files of the build context PATH with their sizes, and for each path that is ignored the line that
    ignores it.  [default: .]
    """
    found = session.engine.context_files(Path(path), Path(file) if file else None)
    if format == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    click.echo(_screen(found), nl=False)


def _screen(found: ContextFiles) -> str:
    files = [(spaced_size(each.size), printable(each.path)) for each in found.files]
    width = max((len(size) for size, _ in files), default=0)
    screen = "".join(f"{size:>{width}}  {path}\n" for size, path in files)
    if found.ignored:
        rows = [(each.path, f"{each.file}:{each.line}", each.pattern) for each in found.ignored]
        screen += f"\n{layout([('IGNORED', 'BY', 'PATTERN'), *rows])}\n"
    ignored = f"{counted(len(found.ignored), 'path', ',')} ignored" if found.ignored else "nothing ignored"
    return f"{screen}{counted(len(found.files), 'file', ',')}, {spaced_size(found.bytes)}, {ignored}\n"
