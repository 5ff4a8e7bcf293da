"""`onggi port`, `onggi container port`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from onggi.cli.command import define
from onggi.cli.naturally import naturally
from onggi.cli.session import Session, pass_session
from onggi.errors import Invalid, NotFound


@define("port")
@click.argument("container")
@click.argument("private", required=False, default="", metavar="[PRIVATE_PORT[/PROTOCOL]]")
@pass_session
def command(session: Session, container: str, private: str) -> None:
    """List the ports of a container that are published, or where one of them is.

    \b
    onggi port web            # 80/tcp -> 127.0.0.1:8080
    onggi port web 80         # 127.0.0.1:8080
    """
    published: Mapping[str, list[dict[str, str]] | None]
    published = session.engine.containers.inspect(container)["NetworkSettings"]["Ports"]
    if not private:
        _show(f"{port} -> {address}" for port, bindings in published.items() for address in _addresses(bindings))
        return
    number, _, protocol = private.partition("/")
    if not (number.isascii() and number.isdigit() and int(number) < 2**16):
        raise Invalid(f"invalid port ({number})", hint="write a port of the container: 80, 53/udp")
    addresses = list(_addresses(published.get(f"{number}/{protocol or 'tcp'}")))
    if not addresses:
        raise NotFound(
            f"No public port '{private}' published for {container}",
            hint=f"`onggi port {container}` lists those that are, while it runs",
        )
    _show(addresses)


def _show(lines: Iterable[str]) -> None:
    for line in sorted(lines, key=naturally):
        click.echo(line)


def _addresses(bindings: Iterable[Mapping[str, str]] | None) -> Iterable[str]:
    """`0.0.0.0:8080`, `[::]:8080`; an exposed port that is not published has none."""
    for binding in bindings or ():
        host = binding["HostIp"]
        yield f"{f'[{host}]' if ':' in host else host}:{binding['HostPort']}"
