"""`onggi login`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from getpass import getpass

import click

from onggi.cli.command import define
from onggi.cli.failure import warn
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.login import Accounts
from onggi.errors import Invalid, Unauthorized
from onggi.registry.logins.login import Login
from onggi.registry.place import DOCKER_ACCOUNT


@define("login")
@click.argument("server", default=DOCKER_ACCOUNT, metavar="[SERVER]")
@click.option("-u", "--username", metavar="NAME", help="Your name there; asked for if it is not given.")
@click.option("-p", "--password", metavar="TEXT", help="Your password or access token, for all on this host to see.")
@click.option("--password-stdin", is_flag=True, help="Take the password or access token from stdin.")
@pass_session
def command(session: Session, server: str, username: str | None, password: str | None, password_stdin: bool) -> None:
    """Log in to a registry: host[:port], or Docker Hub if none is named.

    The registry is asked whether it accepts the login, which is then kept where Docker keeps it, by a credential helper
    or in ~/.docker/config.json. Docker and podman are logged in too.
    """
    _check(username, password, password_stdin)
    if password is not None:
        click.echo("WARNING! Using --password via the CLI is insecure. Use --password-stdin.", err=True)
    if session.settings.logins.given:
        warn("DOCKER_AUTH_CONFIG is set, and a login in there goes before what is kept now")
    accounts = session.engine.accounts
    if password_stdin:
        password = _password_from_stdin()
    if username is None and password is None and _is_still_logged_in(accounts, server):
        return
    logged_in = accounts.log_in(server, _asked(username, password))
    if logged_in.unencrypted is not None:
        click.echo(
            f"\nWARNING! Your credentials are stored unencrypted in '{logged_in.unencrypted}'.\n"
            "Name a credential helper in credsStore there to have them kept in a keychain.\n",
            err=True,
        )
    click.echo("Login Succeeded")


def _check(username: str | None, password: str | None, password_stdin: bool) -> None:
    if password_stdin and password is not None:
        raise click.UsageError("conflicting options: cannot specify both --password and --password-stdin")
    if password_stdin and username is None:
        raise click.UsageError("the --password-stdin option requires --username to be set")
    for name, value in (("username", username), ("password", password)):
        if value is not None and not value.strip():
            raise click.UsageError(f"{name} is empty")


def _password_from_stdin() -> str:
    """All of it but the end of the line. It may be other bytes than text."""
    said = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    password = said.removesuffix("\n").removesuffix("\r")
    if not password:
        raise click.UsageError("password is empty: nothing came in on stdin")
    return password


def _is_still_logged_in(accounts: Accounts, server: str) -> bool:
    """Whether the login that is kept is good."""
    login = accounts.get(server)
    if login is None or not login.password:
        return False
    click.echo(f"Authenticating with existing credentials... [Username: {login.username}]", err=True)
    click.echo("To login with a different account, run 'onggi logout' followed by 'onggi login'", err=True)
    try:
        accounts.log_in(server, login)
    except Unauthorized:
        click.echo("Stored credentials invalid or expired", err=True)
        return False
    click.echo("Login Succeeded")
    return True


def _asked(username: str | None, password: str | None) -> Login:
    """The login, with what is not given yet asked for."""
    if (username is None or password is None) and not sys.stdin.isatty():
        raise Invalid(
            "cannot perform an interactive login from a non TTY device", hint="give --username and --password-stdin"
        )
    return Login(
        username or _ask("username", lambda: _line("Username: ")),
        password or _ask("password", lambda: getpass("Password: ", sys.stderr)),
    )


def _ask(what: str, ask: Callable[[], str]) -> str:
    answer = ask()
    if not answer.strip():
        raise Invalid(f"{what} is required")
    return answer


def _line(prompt: str) -> str:
    click.echo(prompt, nl=False, err=True)
    return sys.stdin.readline().strip()
