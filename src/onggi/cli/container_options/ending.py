"""How it ends, and what becomes of it then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli.command import in_section
from onggi.cli.options import several

_option = in_section("End")

options = several(
    _option("--rm", "auto_remove", is_flag=True, help="Remove it when it has ended."),
    _option("--stop-signal", default="", metavar="SIGNAL", help="What `stop` sends.  [default: the image's]"),
    _option(
        "--stop-timeout",
        type=int,
        default=None,
        metavar="SECONDS",
        help="How long `stop` waits before SIGKILL.  [default: 10]",
    ),
)


def read_stop_timeout(options: Mapping[str, Any]) -> int:
    """Seconds."""
    return 10 if options["stop_timeout"] is None else int(options["stop_timeout"])
