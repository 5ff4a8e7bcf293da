"""Texts with a mark where the cursor is."""

from __future__ import annotations

from onggi.lsp.document import Document

MARK = "│"


def at(text: str) -> tuple[Document, int, int]:
    """The text without its mark, and the line and column of it."""
    before, mark, behind = text.partition(MARK)
    assert mark
    return Document(before + behind), before.count("\n") + 1, len(before) - before.rfind("\n")
