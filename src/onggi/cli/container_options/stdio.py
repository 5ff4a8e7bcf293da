"""What a container's first process reads and writes, and who of us is connected to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.errors import Conflict

option = in_section("Streams")
"""`run` has one more."""

options = several(
    option("-i", "--interactive", is_flag=True, help="Let it read your stdin."),
    option("-t", "--tty", is_flag=True, help="Give it a terminal."),
    option(
        "-a",
        "--attach",
        "attached",
        multiple=True,
        type=click.Choice(["stdin", "stdout", "stderr"], case_sensitive=False),
        help="Connect to these streams only.  [default: stdout and stderr, and with -i stdin]",
    ),
)


def read(options: Mapping[str, Any]) -> frozenset[str]:
    """The streams that are connected, by name: none of a container in the background, and stdin only of one that has
    it open. Raises Conflict."""
    if options.get("detach"):
        if options["attached"]:
            raise Conflict("conflicting options: cannot specify both --attach and --detach")
        return frozenset()
    asked = set(options["attached"] or ("stdout", "stderr")) - {"stdin"}
    return frozenset((*asked, *(("stdin",) if options["interactive"] else ())))
