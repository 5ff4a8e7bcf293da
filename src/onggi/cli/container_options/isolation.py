"""What it may do, and what it sees of the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli import security
from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.spec import Security

_option = in_section("Isolation")

options = several(
    _option("--cap-add", multiple=True, metavar="CAPABILITY", help="Give it a capability, or ALL."),
    _option("--cap-drop", multiple=True, metavar="CAPABILITY", help="Take a capability away, or ALL."),
    _option("--privileged", is_flag=True, help="Give it everything that root has on this host."),
    _option(
        "--security-opt",
        "security_options",
        multiple=True,
        metavar="OPTION",
        help="no-new-privileges, seccomp=unconfined, seccomp=FILE or systempaths=unconfined.",
    ),
    _option(
        "--runtime",
        default="",
        metavar="NAME",
        help="Start it with another OCI runtime: runc, crun, …  [default: built in]",
    ),
)


def read_security(options: Mapping[str, Any]) -> Security:
    return security.parse(
        options["security_options"],
        privileged=options["privileged"],
        added=options["cap_add"],
        dropped=options["cap_drop"],
    )
