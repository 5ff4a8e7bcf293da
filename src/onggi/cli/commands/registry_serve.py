"""`onggi registry serve`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onggi.amounts import bytes_of
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session

if TYPE_CHECKING:
    from onggi.registry_server.context import Options

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FAILED = signal.SIGUSR1
"""What the server sends to us when it cannot go on."""


@define("serve")
@click.option(
    "-H",
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:5000",
    show_default=True,
    help="Listen there; port 0 is any that is free.",
)
@click.option("--tls-cert", type=_FILE, metavar="FILE", help="Speak TLS with this certificate, and its chain, in PEM.")
@click.option("--tls-key", type=_FILE, metavar="FILE", help="The certificate's key, in PEM.")
@click.option(
    "--htpasswd", type=_FILE, metavar="FILE", help="Let in only users of this file, whose lines htpasswd -B wrote."
)
@click.option("--read-only", is_flag=True, help="Take nothing in and delete nothing.")
@click.option("--no-delete", is_flag=True, help="Take in, but delete nothing.")
@click.option("--max-blob", metavar="SIZE", default="100GB", show_default=True, help="Take no larger blobs.")
@click.option("--insecure", is_flag=True, help="Let other machines come in without TLS and passwords.")
@click.option("--log", is_flag=True, help="Write a line for each request to stderr.")
@pass_session
def command(
    session: Session,
    listen: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    htpasswd: Path | None,
    read_only: bool,
    no_delete: bool,
    max_blob: str,
    insecure: bool,
    log: bool,
) -> None:
    """Serve a small registry out of the store, by the OCI distribution spec, until ctrl-C or SIGTERM.

    It has repositories of its own: what is pushed to it makes no image here, and images that are here are not in it
    until they are pushed. docs/registry-serve.md tells more.
    """
    from onggi.registry_server import exposure, passwords
    from onggi.registry_server.context import Options
    from onggi.registry_server.server import Server

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    host, port = exposure.parse(listen)
    options = Options(
        host=host,
        port=port,
        tls=(tls_cert, tls_key) if tls_cert and tls_key else None,
        passwords=passwords.read(htpasswd) if htpasswd else None,
        is_read_only=read_only,
        may_delete=not no_delete,
        largest_blob=bytes_of(max_blob, kilo=1000),
        logs_requests=log,
    )
    if not insecure:
        exposure.require_doors(options)
    if log:
        import logging

        logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    ends = {number for number in _ENDS if signal.getsignal(number) is not signal.SIG_IGN} | {_FAILED}
    signal.signal(_FAILED, lambda number, frame: None)  # where it comes too late for sigwait
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # for all threads, so that only sigwait gets them
    try:
        with Server(session.settings.root, options, lambda: os.kill(os.getpid(), _FAILED)) as server:
            click.echo(_welcome(server.address, session.settings.root, options))
            signal.sigwait(ends)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)  # the next one ends the wait for transfers
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _welcome(address: str, root: Path, options: Options) -> str:
    scheme = "http" if options.tls is None else "https"
    reached = address
    if address.startswith(("0.0.0.0:", "[::]:")):
        reached = f"{os.uname().nodename}:{address.rpartition(':')[2]}"
    uses = [f"onggi pull {reached}/NAME"]
    if not options.is_read_only:
        uses = [f"onggi tag IMAGE {reached}/NAME", f"onggi push {reached}/NAME", *uses]
    if options.passwords is not None:
        uses = [f"onggi login {reached}", *uses]
    return "\n".join([f"Serving the registry of {root} at {scheme}://{address}", *(f"  {use}" for use in uses)])
