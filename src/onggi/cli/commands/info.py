"""`onggi info`, `onggi system info`."""

from __future__ import annotations

from typing import Any

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.inspection import render_one
from onggi.cli.outline import outline
from onggi.cli.session import Session, pass_session


@define("info")
@options.inspect_format_option("{{.NCPU}}")
@pass_session
def command(session: Session, format: str) -> None:
    """Show facts about this host and the store."""
    facts = session.engine.system.info()
    click.echo(render_one(facts, format) if format else outline(for_people(facts)), nl=False)


_NAMES = {"DockerRootDir": "Root Dir", "NCPU": "CPUs", "MemTotal": "Total Memory"}
_OF_DOCKER = (
    *("ContainerdCommit", "Debug", "DefaultAddressPools", "DriverStatus", "ExperimentalBuild", "FirewallBackend"),
    *("IndexServerAddress", "InitBinary", "InitCommit", "LiveRestoreEnabled", "NFd", "NGoroutines"),
    *("RegistryConfig", "RuncCommit", "Swarm", "SystemTime", "Warnings"),
    *("CPUSet", "CPUShares", "CpuCfsPeriod", "CpuCfsQuota", "IPv4Forwarding", "MemoryLimit", "OomKillDisable"),
    *("PidsLimit", "SwapLimit"),
)
"""What Docker's document has besides, and tells a person nothing: of a daemon, the same everywhere, or `doctor`'s."""


def for_people(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts under names that say what they are, and memory in a unit."""
    shown = {name: fact for name, fact in facts.items() if name not in _OF_DOCKER}
    return {_NAMES.get(name, name): _memory(fact) if name == "MemTotal" else fact for name, fact in shown.items()}


def _memory(size: int) -> str:
    """As `docker info`: in powers of 1024."""
    return f"{size / 1024**3:.4g}GiB"
