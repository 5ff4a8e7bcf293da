"""Make the container that the flags of `run` and `create` ask for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from onggi.cli import container_options, pulling
from onggi.cli.cidfile import cidfile
from onggi.cli.container_options import image
from onggi.cli.failure import warn
from onggi.cli.session import Session
from onggi.container.spec import ContainerSpec


def wish(session: Session, options: Mapping[str, Any]) -> ContainerSpec:
    """What is asked for, here and now."""
    return container_options.spec(options, session, os.getcwd())


def create(session: Session, asked: ContainerSpec, options: Mapping[str, Any]) -> str:
    """The ID of the container, which is also in the file that --cidfile names."""
    wanted = image.read_platform(options, session)
    pulling.provide(session, asked.image, wanted, options["pull"], quiet=options["quiet"])
    with cidfile(options["cidfile"]) as write:
        identifier = session.engine.containers.create(asked, options["name"], wanted, warn)
        write(identifier)
    return identifier
