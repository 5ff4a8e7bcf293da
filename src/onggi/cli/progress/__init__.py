"""What a person sees of a build while it runs: one event stream, drawn in one of three ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol, TextIO

if TYPE_CHECKING:
    from onggi.cli.progress.listing import Listing
    from onggi.solve.events import Event

Style = Literal["auto", "tty", "plain", "json"]


class Renderer(Protocol):
    """Called with each event, by one thread at a time; `close` once at the end, however the build ended."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


def renderer(style: Style, stream: TextIO, listing: Listing, environ: Mapping[str, str]) -> Renderer:
    """`auto` is the live tree where `stream` is a terminal that can move its cursor, plain lines elsewhere; so is
    `tty`, since a tree needs one. `listing` is the Dockerfile, shown where a step failed."""
    if style == "json":
        from onggi.cli.progress.json import document
        from onggi.cli.progress.json_lines import JsonLines

        return JsonLines(stream, document)
    if style == "plain" or not can_draw(stream, environ):
        from onggi.cli.progress.plain import Plain

        return Plain(stream, listing)
    from onggi.cli.progress.tree import Tree

    return Tree(stream, listing, has_colour=not environ.get("NO_COLOR"))


def can_draw(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether a live tree works there."""
    speaks_unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return stream.isatty() and speaks_unicode and environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
