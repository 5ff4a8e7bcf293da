"""`--filter key=value` on the command line."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from onggi.engine.filters import require_known
from onggi.errors import Invalid


def parse(texts: Sequence[str], known: Collection[str]) -> dict[str, list[str]]:
    """Key → its values. Raises Invalid for a filter without `=`, and for a key that is not `known`."""
    filters: dict[str, list[str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise Invalid(f"invalid filter {text!r}", hint="write --filter key=value")
        filters.setdefault(key.strip(), []).append(value.strip())
    require_known(filters, known)
    return filters
