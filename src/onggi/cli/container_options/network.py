"""Its networks, what of it can be reached from outside, and whom it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.network import networking, port
from onggi.container.spec import DEFAULT_NETWORK, Attachment, Dns, Link, Networking
from onggi.errors import Conflict, Invalid

_option = in_section("Network")

options = several(
    _option(
        "--network",
        "--net",
        "networks",
        multiple=True,
        metavar="NETWORK",
        help="A network's name, host, none, container:NAME, or name=NETWORK,alias=…,ip=…,ip6=…,mac-address=…,"
        f"gw-priority=…; several for several networks.  [default: {DEFAULT_NETWORK}]",
    ),
    _option(
        "--network-alias",
        "--net-alias",
        "aliases",
        multiple=True,
        metavar="NAME",
        help="One more name by which others in the first network find it.",
    ),
    _option(
        "--link",
        "links",
        multiple=True,
        metavar="NAME[:ALIAS]",
        help="Know another container on one of its networks by this name.",
    ),
    _option("--ip", default="", metavar="ADDRESS", help="Its IPv4 address in the first network."),
    _option("--ip6", default="", metavar="ADDRESS", help="Its IPv6 address there."),
    _option("--mac-address", default="", metavar="ADDRESS", help="The hardware address of its link there."),
    _option(
        "-p",
        "--publish",
        "published",
        multiple=True,
        metavar="[[ADDRESS:]PORT:]PORT[/PROTOCOL]",
        help="Publish a port, or a range, at one of this host: 8080:80, 127.0.0.1:8080:80, 53:53/udp, 8000-8002:80-82."
        "  [default: at all addresses, and any port that is free]",
    ),
    _option("-P", "--publish-all", is_flag=True, help="Publish all that it listens on, each at any free port."),
    _option("--expose", "exposed", multiple=True, metavar="PORT[-PORT][/PROTOCOL]", help="Say what it listens on."),
    _option("--dns", multiple=True, metavar="ADDRESS", help="Whom it asks for names.  [default: as this host]"),
    _option(
        "--dns-search",
        multiple=True,
        metavar="DOMAIN",
        help="A domain to look for names in; . for none.  [default: as this host]",
    ),
    _option("--dns-option", "--dns-opt", "dns_options", multiple=True, metavar="OPTION", help="ndots:2, timeout:1, …"),
    _option(
        "--add-host",
        "host_texts",
        multiple=True,
        metavar="NAME:ADDRESS",
        help="A line for its /etc/hosts; host-gateway is this host's address.",
    ),
)

_OF_FIRST = {
    "aliases": ("aliases", "--network-alias", "alias"),
    "ip": ("ipv4", "--ip", "IPv4 address"),
    "ip6": ("ipv6", "--ip6", "IPv6 address"),
    "mac_address": ("mac", "--mac-address", "MAC address"),
}
"""Option → the field of the first network's attachment that it is, its name, and what Docker calls the field."""


def read(options: Mapping[str, Any]) -> Networking:
    """Checked here already, so that no image is pulled for what cannot be. Raises Invalid, Conflict, Unsupported."""
    texts = options["networks"] or (DEFAULT_NETWORK,)
    said = {name: options[name] for name in _OF_FIRST if options[name]}
    is_plain = len(texts) == 1 and "=" not in texts[0] and not said
    asked = Networking(
        mode=texts[0] if is_plain else "none",
        attachments=() if is_plain else _attachments(texts, said),
        ports=tuple(binding for text in options["published"] for binding in port.parse(text)),
        publishes_all=options["publish_all"],
        dns=Dns(servers=options["dns"], search=options["dns_search"], options=options["dns_options"]),
        links=_links(options["links"]),
    )
    return networking.complete(asked, exposed=())


def read_hosts(options: Mapping[str, Any]) -> tuple[str, ...]:
    if not options["host_texts"]:
        return ()
    from onggi.container import extra_hosts

    return tuple(extra_hosts.parse(text) for text in options["host_texts"])


def read_exposed(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Each as `80/tcp`."""
    return tuple(dict.fromkeys(port for text in options["exposed"] for port in _exposed(text)))


def _attachments(texts: tuple[str, ...], said: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """`said` is meant for the first network."""
    from onggi.container.network.attachment import parse

    first, *others = map(parse, texts)
    for option, value in said.items():
        field, flag, what = _OF_FIRST[option]
        if getattr(first, field):
            raise Conflict(
                f"conflicting options: cannot specify both {flag} and per-network {what}",
                hint=f"leave {flag} out, which is for the first network",
            )
        first = replace(first, **{field: value})
    return (first, *others)


def _links(texts: tuple[str, ...]) -> tuple[Link, ...]:
    if not texts:
        return ()
    from onggi.container.network import link

    return tuple(dict.fromkeys(map(link.parse, texts)))


def _exposed(text: str) -> list[str]:
    from onggi.oci.port import parse

    try:
        return parse(text)
    except Invalid as error:
        raise Invalid(f"invalid port format for --expose: {text}", hint=error.hint or error.message) from error
