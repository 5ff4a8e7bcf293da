"""What the store freed, as the engine tells it."""

from __future__ import annotations

from onggi.engine.types import Pruned, Removed
from onggi.store.gc import Freed


def pruned(freed: Freed) -> Pruned:
    """The answer to whoever asked for it."""
    return Pruned(tuple(Removed(removed.what, removed.name) for removed in freed.removed), freed.bytes)
