"""Where what it writes is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli.container_options import stdio
from onggi.cli.options import several
from onggi.container.spec import LogConfig
from onggi.errors import Invalid

options = several(
    stdio.option(
        "--log-driver",
        default="",
        metavar="DRIVER",
        help="How to keep what it writes: local, json-file (Docker's form), none.  [default: local]",
    ),
    stdio.option(
        "--log-opt",
        "log_options",
        multiple=True,
        metavar="KEY=VALUE",
        help="max-size=10m, max-file=3, compress=true; also labels, env and tag, for `logs --details`.",
    ),
)


def read(options: Mapping[str, Any]) -> LogConfig:
    """Raises Invalid or Unsupported."""
    if not options["log_driver"] and not options["log_options"]:
        return LogConfig()
    from onggi.container import log_options

    name = options["log_driver"]
    config = LogConfig(log_options.driver(name) if name else "", dict(map(_pair, options["log_options"])))
    return log_options.decided(config)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise Invalid(f"--log-opt {text}: it is not KEY=VALUE", hint="write for example --log-opt max-size=10m")
    return key, value
