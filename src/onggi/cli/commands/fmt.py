"""`onggi fmt`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from onggi.cli.command import define
from onggi.cli.dockerfiles import STDIN, named
from onggi.cli.failure import ENGINE_REFUSED, complain, explain_os_error, refuse
from onggi.cli.session import Session, pass_session
from onggi.engine.lint.configuration import Configurations
from onggi.errors import OnggiError

_WOULD_CHANGE = 1


@define("fmt")
@click.argument("paths", metavar="[PATH…]", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--force-exclude", is_flag=True, help="Leave out what the project's lint excludes, also where a path names it."
)
@pass_session
def command(session: Session, paths: tuple[str, ...], check: bool, diff: bool, force_exclude: bool) -> int:
    """Write Dockerfiles in one style: files, all that are in folders, or - for standard input, which goes to standard
    output. Comments, line breaks and scripts stay, and what is built is the same.  [default: .]

    Names the files that changed. One that does not parse stays as it is. Folders are searched but for what `exclude`
    of the project's lint leaves out.

    Exit codes: 0 done, 1 with --check or --diff something would change, 125 a file could not be formatted.
    """
    codes = {0}

    def refused(message: str, hint: str) -> None:
        codes.add(ENGINE_REFUSED)
        complain(message, hint)

    configurations = Configurations()
    try:
        for file in named(paths or (".",), configurations, refused, forces_exclude=force_exclude):
            codes.add(_format(file, check, diff, session))
    except OnggiError as error:  # of a configuration
        codes.add(refuse(error, ENGINE_REFUSED, debug=session.debug))
    return max(codes)


def _format(path: str, check: bool, diff: bool, session: Session) -> int:
    """The exit code for one file."""
    try:
        return _format_file(path, check, diff)
    except OnggiError as error:
        return refuse(error, ENGINE_REFUSED, debug=session.debug)
    except OSError as error:
        complain(explain_os_error(error))
        return ENGINE_REFUSED


def _format_file(path: str, check: bool, diff: bool) -> int:
    from onggi.dockerfile import format as formatting
    from onggi.engine.build.text import decode
    from onggi.layer import beside

    data = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    text = decode(data, path)
    formatted = formatting.format(text, path)
    if path == STDIN and not (check or diff):
        click.echo(formatted.encode(), nl=False)
        return 0
    if formatted == text:
        return 0
    if diff:
        from onggi.cli.diff import diff as difference

        click.echo(difference(path, text, formatted), nl=False)
        return _WOULD_CHANGE
    if not check:
        beside.rewrite(path, formatted.encode())
    click.echo(path)
    return _WOULD_CHANGE if check else 0
