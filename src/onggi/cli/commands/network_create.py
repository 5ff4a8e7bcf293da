"""`onggi network create`."""

from __future__ import annotations

import click

from onggi.cli import keyvalues, later
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("create", later=later.NETWORK_CREATE)
@click.argument("network", metavar="NETWORK")
@click.option(
    "-d", "--driver", default="bridge", show_default=True, metavar="NAME", help="How it is made: bridge or macvlan."
)
@click.option("--subnet", "subnets", multiple=True, metavar="CIDR", help="Its addresses; one of each family, or more.")
@click.option("--gateway", "gateways", multiple=True, metavar="ADDRESS", help="This host's address in a subnet.")
@click.option(
    "--ip-range", "ranges", multiple=True, metavar="CIDR", help="Choose addresses from this part of a subnet."
)
@click.option(
    "--aux-address", "reserved_texts", multiple=True, metavar="NAME=ADDRESS", help="An address that no container gets."
)
@click.option("--ipv4/--no-ipv4", "has_ipv4", default=True, help="Give containers addresses of IPv4.  [default: yes]")
@click.option("--ipv6/--no-ipv6", "has_ipv6", default=False, help="Give containers addresses of IPv6.  [default: no]")
@click.option("--internal", "is_internal", is_flag=True, help="Let it lead nowhere.")
@click.option("--attachable", "is_attachable", is_flag=True, help="Recorded; containers may join any network here.")
@click.option("--label", "label_texts", multiple=True, metavar="KEY=VALUE", help="Label it; may be repeated.")
@click.option(
    "-o",
    "--opt",
    "option_texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set an option of its driver; may be repeated.",
)
@click.option("--ipam-driver", type=click.Choice(["default"]), default="default", hidden=True, expose_value=False)
@click.option("--scope", type=click.Choice(["local"]), default="local", hidden=True, expose_value=False)
@pass_session
def command(
    session: Session,
    network: str,
    driver: str,
    subnets: tuple[str, ...],
    gateways: tuple[str, ...],
    ranges: tuple[str, ...],
    reserved_texts: tuple[str, ...],
    has_ipv4: bool,
    has_ipv6: bool,
    is_internal: bool,
    is_attachable: bool,
    label_texts: tuple[str, ...],
    option_texts: tuple[str, ...],
) -> None:
    """Create a network, and print its ID. Without --subnet it gets one that neither another network nor this host has.

    \b
    onggi network create --subnet 10.88.0.0/16 --ip-range 10.88.5.0/24 shop
    onggi network create -o com.docker.network.driver.mtu=1400 --internal backend
    """
    from onggi.container.network.network import NetworkSpec, gather

    spec = NetworkSpec(
        name=network,
        driver=driver,
        subnets=gather(subnets, ranges, gateways, keyvalues.labels(reserved_texts, "aux-address")),
        has_ipv4=has_ipv4,
        has_ipv6=has_ipv6,
        is_internal=is_internal,
        is_attachable=is_attachable,
        labels=keyvalues.labels(label_texts),
        options=keyvalues.labels(option_texts, "option"),
    )
    click.echo(session.engine.networks.create(spec).id)
