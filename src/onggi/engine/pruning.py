"""What the store freed, as the engine tells it."""

from __future__ import annotations

from onggi.engine.types import Pruned
from onggi.store.gc import Freed


def pruned(freed: Freed) -> Pruned:
    return Pruned(tuple(removed.name for removed in freed.removed), freed.bytes)
