"""`NAME:ALIAS`, what --link says → a Link (moby, opts and runconfig, ParseLink)."""

from __future__ import annotations

import posixpath

from onggi.container.network.attachment import NAME
from onggi.container.spec import Link
from onggi.errors import Invalid


def parse(text: str) -> Link:
    """Without an alias it is the name. `/web:/app/db`, as `inspect` shows it, is `web:db`. Raises Invalid."""
    name, colon, alias = text.partition(":")
    if not name:
        raise Invalid(f"bad format for links: {text}", hint="write NAME, or NAME:ALIAS")
    if name.startswith("/"):
        name, alias = name[1:], posixpath.basename(alias)
    alias = alias if colon else name
    if not NAME.fullmatch(alias):
        raise Invalid(f"bad format for links: {text}: {alias!r} is no name", hint="letters and digits, _ . -")
    return Link(name, alias, name)
