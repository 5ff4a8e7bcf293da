"""The processes that a container on networks may have beside its monitor, by the names that lifelines know them by."""

from __future__ import annotations

PORTS = "ports"
"""Keeps its published ports; see linux/ports."""
NAMES = "names"
"""Answers for names; see linux/resolver."""
ALL = (PORTS, NAMES)
