"""`onggi serve`."""

from __future__ import annotations

import os
import shlex
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from onggi.cli.command import define
from onggi.cli.session import SERVER_VARIABLES, Session, pass_session
from onggi.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from onggi.api.address import Address
    from onggi.api.server import Options
    from onggi.engine.engine import Engine
    from onggi.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ITS_OWN = signal.SIGUSR1
"""What the server sends to us when it has been idle, or cannot go on."""
_PLACE = Path("run/onggi.sock")
"""In the store."""
_UNITS = ("onggi.socket", "onggi.service")
_UNIT_PLACE = "/run/onggi.sock"
_UNIT_IDLE = "600"
_OF_OTHERS = {"hosts", "group", "print_env", "print_unit", "show_policy"}
"""Options that the service's unit has not: the socket's has the first two."""


@define("serve")
@click.option(
    "-H",
    "--host",
    "hosts",
    metavar="ADDRESS",
    multiple=True,
    help="Listen there, may be repeated: unix://PATH, tcp://HOST:PORT, fd:// for the sockets of a systemd unit.  "
    "[default: run/onggi.sock in the store]",
)
@click.option("--group", metavar="NAME", default="", help="Let this group connect, too. It is root on this host then.")
@click.option("--tlscacert", type=_FILE, metavar="FILE", help="Let in who has a certificate of this authority, in PEM.")
@click.option("--tlscert", type=_FILE, metavar="FILE", help="Show this certificate, and its chain, in PEM.")
@click.option("--tlskey", type=_FILE, metavar="FILE", help="The certificate's key, in PEM.")
@click.option("--insecure", is_flag=True, help="Do without TLS at a loopback address: every user here is root then.")
@click.option(
    "--allow",
    metavar="SET[:LIMIT],…",
    multiple=True,
    help="Serve no more than that, and nothing that reaches the host: build, pull, containers:label=ci, ….",
)
@click.option("--read-only", is_flag=True, help="Serve what only looks.")
@click.option("--idle", metavar="SECONDS", type=float, default=0.0, help="End when nobody is there.")
@click.option(
    "--streams",
    metavar="NUMBER",
    type=int,
    help="So many may go on at once: who is attached, waits, follows logs or events, builds, ….  [default: 1000]",
)
@click.option("--log", is_flag=True, help="Write a line for each request to stderr.")
@click.option("--print-env", is_flag=True, help="Print what clients need in their environment, and end.")
@click.option("--print-unit", type=click.Choice(_UNITS), help="Print a unit for systemd that does this, and end.")
@click.option("--show-policy", is_flag=True, help="Print what would be served, and end.")
@pass_session
@click.pass_context
def command(
    context: click.Context,
    session: Session,
    hosts: tuple[str, ...],
    group: str,
    tlscacert: Path | None,
    tlscert: Path | None,
    tlskey: Path | None,
    insecure: bool,
    allow: tuple[str, ...],
    read_only: bool,
    idle: float,
    streams: int | None,
    log: bool,
    print_env: bool,
    print_unit: str | None,
    show_policy: bool,
) -> None:
    """Serve the Docker Engine API, for docker, docker-py and whoever else speaks it, until ctrl-C or SIGTERM.

    Containers go on without it. Whoever may connect is root on this host, unless --allow or --read-only says what is
    served. docs/serve.md tells more.
    """
    from onggi.api import address

    if (print_env, bool(print_unit), show_policy).count(True) > 1:
        raise click.UsageError("of --print-env, --print-unit and --show-policy only one can be printed")
    _require_positive(idle, streams)
    addresses = [address.parse(each) for each in hosts or (f"unix://{session.settings.root / _PLACE}",)]
    if print_env:
        click.echo(_environment(addresses, tlscacert), nl=False)
        return
    files = (tlscacert, tlscert, tlskey)
    if any(files) and not all(files):
        raise click.UsageError("--tlscacert, --tlscert and --tlskey belong together")

    from onggi.api.policy.rules import parse

    policy = parse(allow, is_read_only=read_only)
    if show_policy:
        from onggi.api.policy.show import show

        click.echo(show(policy), nl=False)
        return
    if print_unit:
        doors = [each for each in addresses if isinstance(each, address.Tcp)]
        address.require_doors(doors, has_tls=all(files), is_insecure=insecure)
        is_socket = print_unit == "onggi.socket"
        click.echo(_socket(addresses if hosts else (), group) if is_socket else _service(context, session), nl=False)
        return

    from onggi.api.listening import Tls
    from onggi.api.requests import most
    from onggi.api.server import Options
    from onggi.linux import file_limit

    options = Options(
        addresses=addresses,
        group=group,
        tls=Tls(tlscacert, tlscert, tlskey) if tlscacert and tlscert and tlskey else None,
        is_insecure=insecure,
        logs_requests=log,
        policy=policy,
        idle_seconds=idle,
        streams=most(streams, file_limit.raise_own()),
        on_end=lambda: os.kill(os.getpid(), _ITS_OWN),
    )
    _serve(session, options)


def _serve(session: Session, options: Options) -> None:
    import gc

    from onggi.api.server import Server
    from onggi.api.service import Notice

    if options.logs_requests:
        import logging

        logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    notice = Notice()
    ends = {number for number in _ENDS if signal.getsignal(number) is not signal.SIG_IGN} | {_ITS_OWN}
    signal.signal(_ITS_OWN, lambda number, frame: None)  # where it comes too late for sigwait
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # for all threads, so that only sigwait gets them
    try:
        with _engine(session, options.addresses) as engine, Server(engine, options) as server:
            gc.collect()
            gc.freeze()  # what has been imported is no garbage, and is not looked at any more
            click.echo("".join(f"Serving the Docker Engine API at {each}\n" for each in server.addresses), nl=False)
            notice.tell("READY=1")
            signal.sigwait(ends)
            notice.tell("STOPPING=1")
            signal.pthread_sigmask(signal.SIG_SETMASK, before)  # the next one ends the wait for what is under way
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _engine(session: Session, addresses: Sequence[Address]) -> Iterator[Engine]:
    """With the folder of the usual socket, which is in its store; that of another socket is there, or is a mistake."""
    from onggi.api.address import Unix

    with session.open(_as_clients_are(session.settings)) as engine:
        usual = engine.store.root / _PLACE.parent
        if any(isinstance(each, Unix) and each.path.parent == usual for each in addresses):
            usual.mkdir(mode=0o755, exist_ok=True)
        yield engine


def _as_clients_are(settings: Settings) -> Settings:
    """Clients send their own logins, keys and proxies: ours are not lent to them."""
    from msgspec.structs import replace

    from onggi.settings import LoginPlaces

    return replace(settings, logins=LoginPlaces(), ssh_agent="", proxies={})


def _environment(addresses: Sequence[Address], authority: Path | None) -> str:
    """Of one who speaks to the first of them, as a shell reads it."""
    values = {"DOCKER_HOST": str(addresses[0])}
    if authority is not None:
        values |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(authority.absolute().parent)}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def _require_positive(idle: float, streams: int | None) -> None:
    """Raises Invalid."""
    if not idle >= 0:
        raise Invalid(f"--idle {idle:g} is no time to wait", hint="0 is for ever")
    if streams is not None and streams < 1:
        raise Invalid(f"--streams {streams} would let nobody do anything", hint="leave it out for 1000")


def _service(context: click.Context, session: Session) -> str:
    """With all that was said here, but for what the socket's unit says: one that served more would be a trap."""
    from onggi.cli.systemd_unit import service_unit
    from onggi.settings import default_root

    said = {
        param.name: list(_words(param, context.params[param.name or ""]))
        for param in context.command.params
        if param.name not in _OF_OTHERS
        and context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    }
    said.setdefault("idle", ["--idle", _UNIT_IDLE])
    root = session.settings.root
    store = [] if root == default_root({}, 0) else ["--root", str(root)]
    words = [*store, "serve", "-H", "fd://", *(word for words in said.values() for word in words)]
    return service_unit(words, {name: session.environ[name] for name in SERVER_VARIABLES if session.environ.get(name)})


def _words(option: click.Parameter, value: Any) -> Iterator[str]:
    """By which it gets this value, in any folder."""
    if isinstance(value, bool):
        yield from option.opts if value else ()
        return
    for each in value if isinstance(value, tuple) else (value,):
        yield from (option.opts[-1], str(each.absolute() if isinstance(each, Path) else each))


def _socket(addresses: Sequence[Address], group: str) -> str:
    from onggi.api.address import Tcp, Unix
    from onggi.cli.systemd_unit import socket_unit

    places = []
    for each in addresses:
        if isinstance(each, Unix):
            places.append(str(each.path))
        elif isinstance(each, Tcp):
            if not each.port:
                raise Invalid(f"{each} is another port each time: a unit needs the number of one")
            places.append(str(each).removeprefix("tcp://").removeprefix(":"))
    return socket_unit(places or [_UNIT_PLACE], group or "root")
