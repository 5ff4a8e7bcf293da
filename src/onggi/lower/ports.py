"""The ports of EXPOSE."""

from __future__ import annotations

from onggi.oci import port


def parse(text: str) -> list[str]:
    """As `port.parse`. What stands before a colon, a host's address or port, means nothing to an image and is passed
    over, as Docker does."""
    numbers, slash, protocol = text.partition("/")
    return port.parse(f"{numbers.rpartition(':')[2]}{slash}{protocol}")
