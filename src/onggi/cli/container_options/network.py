"""Its network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.spec import Network
from onggi.errors import Unsupported

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
)

_NETWORKS: dict[str, Network] = {"none": "none", "host": "host"}


def read(options: Mapping[str, Any]) -> Network:
    name = options["network"]
    if name not in _NETWORKS:
        raise Unsupported(f"--network {name}: networks of its own come in a later version", hint="use none or host")
    return _NETWORKS[name]
