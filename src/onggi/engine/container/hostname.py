"""What a container calls its host."""

from __future__ import annotations

import os

from onggi.store.containers import ContainerRow


def hostname(row: ContainerRow) -> str:
    """As in Docker: the one that was asked for, else the host's on the host's network, else the beginning of the ID."""
    is_hosts = "host" in (row.spec.networking.mode, row.spec.namespaces.uts)
    return row.spec.hostname or (os.uname().nodename if is_hosts else row.id[:12])
