"""onggi: build, run and explain containers. `from onggi import Engine` is the library; importing this is free."""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import would cost the launcher and every monitor 9 ms and 1 MB
if TYPE_CHECKING:
    from typing import Any

    from onggi.engine.engine import Engine as Engine

__version__ = "0.1.0"
__all__ = ["Engine", "__version__"]

_LAZY = {"Engine": "onggi.engine.engine"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'onggi' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
