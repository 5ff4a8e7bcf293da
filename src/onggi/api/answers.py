"""A document, made with what any version has of it → as one version has it."""

from __future__ import annotations

from typing import Any

import msgspec

from onggi.api import versions
from onggi.api.fields import drop
from onggi.api.versions import Version


def fit(document: Any, version: Version, request: str) -> Any:
    """`document`: of structs or plain; it stays as it is. It is itself where that version has all of it."""
    absent, filled = versions.absent(version, request), versions.filled(version, request)
    if not (absent or filled):
        return document
    fitted = msgspec.to_builtins(document)
    for path in absent:
        drop(fitted, path)
    for path in filled:
        drop(fitted, path, if_empty=True)
    return fitted
