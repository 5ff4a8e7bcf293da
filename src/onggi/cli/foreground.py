"""Commands that stay connected to a container: their ends of it, and what becomes of their errors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection

import click

from onggi.cli.failure import REFUSED, complain, explain_os_error, refuse
from onggi.cli.session import Session
from onggi.container.stdio import Stdio, Unheeded
from onggi.errors import Failed, Invalid, OnggiError

_KEYS = "ctrl-p,ctrl-q"


def _checked(ctx: click.Context, param: click.Parameter, keys: str) -> str:
    if keys != _KEYS:
        from onggi.linux.detach import detach_sequence

        try:
            detach_sequence(keys)
        except Invalid as error:
            raise click.BadParameter(f"{error.message}; {error.hint}", ctx, param) from error
    return keys


detach_keys_option = click.option(
    "--detach-keys",
    default=_KEYS,
    show_default=True,
    callback=_checked,
    metavar="KEYS",
    help="Typing these leaves it running.",
)
sig_proxy_option = click.option(
    "--sig-proxy/--no-sig-proxy", default=True, help="Pass signals on to it.  [default: yes]"
)


def streams(
    *,
    reads: bool,
    shows: Collection[str] = ("stdout", "stderr"),
    detach_keys: str = _KEYS,
    passes_signals: bool = True,
) -> Stdio:
    """Our own; `reads`: stdin too; `shows`: which of the others."""
    return Stdio(
        stdin=sys.stdin.fileno() if reads else None,
        stdout=sys.stdout.fileno() if "stdout" in shows else None,
        stderr=sys.stderr.fileno() if "stderr" in shows else None,
        detach_keys=detach_keys,
        passes_signals=passes_signals,
    )


def require_terminal(*, is_wanted: bool) -> None:
    """Raises Invalid for -it where stdin is none."""
    if is_wanted and not sys.stdin.isatty():
        raise Invalid("the input device is not a TTY", hint="leave out -t when stdin is a pipe or a file")


def exit_code(session: Session, act: Callable[[], int | None], refused: int = REFUSED, *, behind: str = "") -> int:
    """That of a container or of a process in it; 126 or 127 if its program could not be executed, `refused` if onggi
    could not do what was asked. 0 when the person detached. `behind`: the argument behind which the program is named.
    """
    try:
        return act() or 0
    except Failed as error:
        if behind and error.message.startswith('exec: "-'):
            error.hint = f"options stand before {behind}"
        return refuse(error, error.exit_code, debug=session.debug)
    except Unheeded as error:
        if sys.stderr.isatty():
            click.echo(err=True)  # the line that shows ^C^C^C
        return refuse(error, REFUSED, debug=session.debug)
    except OnggiError as error:
        return refuse(error, refused, debug=session.debug)
    except BrokenPipeError:
        raise  # of whoever reads what we write
    except OSError as error:
        if session.debug:
            raise
        complain(explain_os_error(error))
        return refused
