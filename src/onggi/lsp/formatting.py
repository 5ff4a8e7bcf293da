"""What the formatter changes in a text, as one edit that leaves alone what is the same above and below."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from onggi.dockerfile.format import format as format_dockerfile
from onggi.dockerfile.source import DockerfileError, Span
from onggi.lint.violation import Edit
from onggi.lsp.document import Document


def formatting(document: Document) -> Edit | None:
    """Nothing for a text that is in its style, or does not parse: of that a diagnostic tells."""
    text = document.text.removeprefix("\ufeff")
    try:
        formatted = format_dockerfile(text)
    except DockerfileError:
        return None
    if formatted == text:
        return None
    before, after = text.split("\n"), formatted.split("\n")
    head = min(_same(zip(before, after, strict=False)), len(before) - 1, len(after) - 1)
    tail = _same(zip(reversed(before[head:]), reversed(after[head:]), strict=False))
    new = [line.removesuffix("\r") for line in after[head : len(after) - tail]]
    if tail:
        return Edit(Span(head + 1, 1, len(before) - tail + 1, 1), "".join(f"{line}\n" for line in new))
    return Edit(Span(head + 1, 1, len(before), len(before[-1]) + 1), "\n".join(new))


def _same(pairs: Iterable[tuple[str, str]]) -> int:
    """How many of the first pairs are of equals."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
