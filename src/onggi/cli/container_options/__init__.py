"""The flags of `run` and `create`, a family per module: its options, and what they ask for as a part of the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from onggi.cli.container_options import ending, identity, image, isolation, network, process, stdio, storage
from onggi.cli.options import several
from onggi.cli.session import Session
from onggi.container.spec import ContainerSpec

container_options = several(
    click.argument("image"),
    click.argument("argv", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARG...]]"),
    stdio.options,
    identity.options,
    image.options,
    process.options,
    storage.options,
    network.options,
    ending.options,
    isolation.options,
)


def spec(options: Mapping[str, Any], session: Session, folder: str) -> ContainerSpec:
    """The flags as a spec; `folder` is where relative paths start. Raises Invalid, NotFound or Unsupported."""
    return ContainerSpec(
        image=options["image"],
        process=process.read(options, session),
        hostname=options["hostname"],
        network=network.read(options),
        read_only=options["read_only"],
        mounts=storage.read(options, folder),
        security=isolation.read_security(options),
        init=options["init"],
        runtime=options["runtime"],
        labels=identity.read_labels(options),
        stop_signal=options["stop_signal"],
        stop_timeout=ending.read_stop_timeout(options),
        auto_remove=options["auto_remove"],
    )
