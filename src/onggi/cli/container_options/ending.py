"""How it ends, and what becomes of it then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.spec import RestartPolicy

_option = in_section("End and restart")

options = several(
    _option("--rm", "auto_remove", is_flag=True, help="Remove it when it has ended."),
    _option(
        "--restart",
        default="no",
        show_default=True,
        metavar="POLICY",
        help="When to start it again: no, always, unless-stopped, on-failure[:MOST].",
    ),
    _option("--stop-signal", default="", metavar="SIGNAL", help="What `stop` sends.  [default: the image's]"),
    _option(
        "--stop-timeout",
        type=int,
        default=None,
        metavar="SECONDS",
        help="How long `stop` waits before SIGKILL; -1: for ever.  [default: 10]",
    ),
)


def read_restart(options: Mapping[str, Any]) -> RestartPolicy:
    if options["restart"] == "no":
        return RestartPolicy()
    from onggi.container import restart_policy

    return restart_policy.parse(options["restart"])
