"""Which image, of which platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.cli.session import Session
from onggi.errors import Unsupported
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
        help="When to pull IMAGE. No registry is reached yet: an image that is missing is an error.",
    ),
    _option("-q", "--quiet", is_flag=True, help="Say nothing of what is pulled."),
)


def read_platform(options: Mapping[str, Any], session: Session) -> Platform | None:
    """Of the image; None is this machine's. Raises Unsupported for an image that is to be pulled."""
    if options["pull"] == "always":
        raise Unsupported(
            "--pull always: pulling comes with registries, in a later version",
            hint="use the image that is here, or `onggi load` another one",
        )
    text = options["platform"] or session.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    return platform.parse(text) if text else None
