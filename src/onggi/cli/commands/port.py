"""`onggi port`, `onggi container port`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.errors import Invalid, NotFound


@define("port")
@click.argument("container")
@click.argument("private", required=False, default="", metavar="[PRIVATE_PORT[/PROTOCOL]]")
@pass_session
def command(session: Session, container: str, private: str) -> None:
    """List the ports of a container that are published, or where one of them is."""
    published: Mapping[str, list[dict[str, str]] | None]
    published = session.engine.containers.inspect(container)["NetworkSettings"]["Ports"]
    if not private:
        for port, bindings in sorted(published.items(), key=_in_order):
            for address in _addresses(bindings):
                click.echo(f"{port} -> {address}")
        return
    number, _, protocol = private.partition("/")
    if not (number.isascii() and number.isdigit() and int(number) < 2**16):
        raise Invalid(f"invalid port ({number})", hint="write a port of the container: 80, 53/udp")
    addresses = list(_addresses(published.get(f"{number}/{protocol or 'tcp'}")))
    if not addresses:
        raise NotFound(f"No public port {private!r} published for {container}")
    click.echo("\n".join(addresses))


def _in_order(entry: tuple[str, object]) -> tuple[int, str]:
    number, _, protocol = entry[0].partition("/")
    return int(number), protocol


def _addresses(bindings: Iterable[Mapping[str, str]] | None) -> Iterable[str]:
    """`0.0.0.0:8080`, `[::]:8080`; an exposed port that is not published has none."""
    for binding in bindings or ():
        host = binding["HostIp"]
        yield f"{f'[{host}]' if ':' in host else host}:{binding['HostPort']}"
