"""Which image, of which platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.cli.session import Session
from onggi.oci import platform
from onggi.oci.platform import Platform

_option = in_section("Image")

options = several(
    _option(
        "--platform",
        default="",
        metavar="OS/ARCH[/VARIANT]",
        help="Which image of one for several platforms.  [default: DOCKER_DEFAULT_PLATFORM, or this machine's]",
    ),
    _option(
        "--pull",
        type=click.Choice(["always", "missing", "never"]),
        default="missing",
        show_default=True,
        help="When to pull IMAGE.",
    ),
    _option("-q", "--quiet", is_flag=True, help="Say nothing of what is pulled."),
)


def read_platform(options: Mapping[str, Any], session: Session) -> Platform | None:
    """Of the image; None is this machine's."""
    text = options["platform"] or session.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    return platform.parse(text) if text else None
