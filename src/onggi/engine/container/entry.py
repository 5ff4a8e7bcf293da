"""Who may come into a container: be attached to it, or execute something in it."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.container.state import Status
from onggi.errors import Conflict

_CLOSED: Mapping[Status, tuple[str, str]] = {
    "paused": ("is paused, unpause the container before {doing}", "onggi unpause {name}"),
    "restarting": ("is restarting, wait until the container is running", ""),
}
"""Docker's words."""


def require_open(status: Status, name: str, doing: str) -> None:
    """Raises Conflict while it is paused, or waits to be started again."""
    if status in _CLOSED:
        reason, hint = _CLOSED[status]
        raise Conflict(f"container {name} {reason.format(doing=doing)}", hint=hint.format(name=name))
