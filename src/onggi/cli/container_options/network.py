"""Its network, and whom it knows there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.spec import Networking
from onggi.errors import Invalid

_option = in_section("Network")

options = several(
    _option(
        "--network",
        "--net",
        "network",
        default="none",
        show_default=True,
        metavar="none|host",
        help="none: only its own loopback; host: the host's network. Others come later, and then the default changes.",
    ),
    _option(
        "--add-host",
        "host_texts",
        multiple=True,
        metavar="NAME:ADDRESS",
        help="A line for its /etc/hosts; host-gateway is this host's address.",
    ),
    _option("--expose", "exposed", multiple=True, metavar="PORT[-PORT][/PROTOCOL]", help="Say what it listens on."),
)

def read(options: Mapping[str, Any]) -> Networking:
    return Networking(mode=options["network"])


def read_hosts(options: Mapping[str, Any]) -> tuple[str, ...]:
    if not options["host_texts"]:
        return ()
    from onggi.container import extra_hosts

    return tuple(extra_hosts.parse(text) for text in options["host_texts"])


def read_ports(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Each as `80/tcp`."""
    return tuple(dict.fromkeys(port for text in options["exposed"] for port in _ports(text)))


def _ports(text: str) -> list[str]:
    from onggi.oci.port import parse

    try:
        return parse(text)
    except Invalid as error:
        raise Invalid(f"invalid port format for --expose: {text}", hint=error.hint or error.message) from error
