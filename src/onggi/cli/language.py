"""Which language to speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onggi.lint.violation import Language


def language(environ: Mapping[str, str]) -> Language:
    """As the locale has it: the first of these that is set."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "ko" if locale.startswith("ko") else "en"
