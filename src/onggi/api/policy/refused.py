"""How a request is refused."""

from __future__ import annotations

from onggi.api.refusals import Refusal


def denied(reason: str) -> Refusal:
    """In the shape in which Docker tells what an authorization plugin says (moby, pkg/authorization)."""
    return Refusal(403, f"authorization denied by the policy of this socket: {reason}")


def unseen(noun: str, name: str) -> Refusal:
    """As for one that is not there."""
    return Refusal(404, f"No such {noun}: {name}")
