"""`onggi fmt`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from onggi.cli.command import define
from onggi.cli.failure import ENGINE_REFUSED, complain, explain_os_error, refuse
from onggi.cli.session import Session, pass_session
from onggi.errors import NotFound, OnggiError

_WOULD_CHANGE = 1
_STDIN = "-"


@define("fmt")
@click.argument("paths", metavar="[PATH…]", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@pass_session
def command(session: Session, paths: tuple[str, ...], check: bool, diff: bool) -> int:
    """Write Dockerfiles in one style: files, all that are in folders, or - for standard input, which goes to standard
    output. Comments, line breaks and scripts stay, and what is built is the same.  [default: .]

    Names the files that changed. One that does not parse stays as it is.

    Exit codes: 0 done, 1 with --check or --diff something would change, 125 a file could not be formatted.
    """
    codes = {0}
    for path in paths or (".",):
        try:
            codes |= {_format(file, check, diff, session) for file in _files(path)}
        except OnggiError as error:
            codes.add(refuse(error, ENGINE_REFUSED, debug=session.debug))
    return max(codes)


def _files(path: str) -> list[str]:
    """Raises NotFound for a folder without any."""
    from onggi.engine.lint.find import dockerfiles

    if path == _STDIN or not Path(path).is_dir():
        return [path]
    found = [str(file) for file in dockerfiles(Path(path))]
    if not found:
        hint = "name the file, if it is not called Dockerfile or Containerfile"
        raise NotFound(f"there is no Dockerfile in {path}", hint=hint)
    return found


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

    data = sys.stdin.buffer.read() if path == _STDIN else Path(path).read_bytes()
    text = decode(data, path)
    formatted = formatting.format(text, path)
    if path == _STDIN and not (check or diff):
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
