"""The processes that a container on networks may have beside its monitor, by the names that lifelines know them by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onggi.linux import lifeline

if TYPE_CHECKING:
    from onggi.container.state import State

PORTS = "ports"
"""Keeps its published ports; see linux/ports."""
NAMES = "names"
"""Answers for names; see linux/resolver."""
UPLINK = "uplink"
"""Minds its way out in user space, where there can be no bridge; see linux/uplink."""
ALL = (PORTS, NAMES, UPLINK)


def has_uplink(home: Path) -> bool:
    """Whether the container with this folder, which runs, is on no bridge."""
    return (home / lifeline.life(UPLINK)).exists()


def keeps_ports(home: Path, state: State) -> bool:
    """Whether what the container with this folder has published, if anything, is held for it."""
    return not state.ports or lifeline.lives(str(home), PORTS)
