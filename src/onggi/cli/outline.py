"""A JSON document as indented lines, `Name: value`, as `docker info` shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")


def outline(document: dict[str, Any]) -> str:
    """One line for each plain value; what is empty is left out; inner objects are indented by one."""
    return "".join(f"{line}\n" for line in _lines(document, 0))


def _lines(document: dict[str, Any], depth: int) -> Iterator[str]:
    indent = " " * depth
    for name, value in document.items():
        label = " ".join(_WORD_BREAK.split(name))
        if value is None or value == "" or value == [] or value == {}:
            continue
        if isinstance(value, dict):
            yield f"{indent}{label}:"
            yield from _lines(value, depth + 1)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield f"{indent}{label}:"
            for item in value:
                yield from _lines(item, depth + 1)
        else:
            yield f"{indent}{label}: {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
