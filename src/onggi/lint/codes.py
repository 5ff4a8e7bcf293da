"""Which words are codes of rules."""

from __future__ import annotations

from collections.abc import Collection

from onggi.lint.pattern import Pattern

_SHELLCHECK = Pattern(r"SC\d{4}")


def is_known(code: str, codes: Collection[str]) -> bool:
    """ShellCheck's are all taken: which there are is its own affair."""
    return code in codes or _SHELLCHECK.fullmatch(code) is not None
