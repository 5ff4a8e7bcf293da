"""The flags of `run` and `create`, a family per module: its options, and what they ask for as a part of the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from onggi.cli import limit_options
from onggi.cli.container_options import (
    ending,
    health,
    identity,
    image,
    isolation,
    log,
    network,
    process,
    stdio,
    storage,
)
from onggi.cli.options import several
from onggi.cli.session import Session
from onggi.container.spec import ContainerSpec

container_options = several(
    click.argument("image"),
    click.argument("argv", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARG...]]"),
    stdio.options,
    log.options,
    identity.options,
    image.options,
    process.options,
    storage.options,
    network.options,
    ending.options,
    health.options,
    limit_options.options,
    isolation.options,
)


def spec(options: Mapping[str, Any], session: Session, folder: str) -> ContainerSpec:
    """The flags as a spec; `folder` is where relative paths start. Raises Invalid, Conflict, NotFound, Unsupported."""
    return ContainerSpec(
        image=options["image"],
        process=process.read(options, session),
        groups=options["groups"],
        hostname=options["hostname"],
        domain_name=options["domainname"],
        labels=identity.read_labels(options),
        annotations=identity.read_annotations(options),
        mounts=storage.read(options, folder),
        volumes_from=options["volumes_from"],
        read_only=options["read_only"],
        networking=network.read(options),
        hosts=network.read_hosts(options),
        exposed_ports=network.read_exposed(options),
        auto_remove=options["auto_remove"],
        restart=ending.read_restart(options),
        log=log.read(options),
        stop_signal=options["stop_signal"],
        stop_timeout=options["stop_timeout"],
        health=health.read(options),
        resources=limit_options.read(options),
        rlimits=limit_options.read_rlimits(options),
        shm_size=options["shm_size"],
        oom_score_adj=options["oom_score_adj"],
        cgroup_parent=options["cgroup_parent"],
        init=options["init"],
        security=isolation.read_security(options),
        namespaces=isolation.read_namespaces(options),
        devices=isolation.read_devices(options),
        device_rules=isolation.read_device_rules(options),
        sysctls=isolation.read_sysctls(options),
        runtime=options["runtime"],
    )
