"""What would change in a text, as `patch` and people read it."""

from __future__ import annotations

from difflib import unified_diff


def diff(name: str, before: str, after: str) -> str:
    """A unified diff; empty if they are the same."""
    lines = unified_diff(before.splitlines(True), after.splitlines(True), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
