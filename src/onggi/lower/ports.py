"""The ports of EXPOSE: `8080`, `53/udp`, `7000-7010/tcp`."""

from __future__ import annotations

import re

from onggi.errors import Invalid

_PORT = r"(?:[^/]*:)?([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp)?)?"
_HIGHEST = 65535


def parse(text: str) -> list[str]:
    """Each port as `number/protocol`. What stands before a colon, a host's address or port, means nothing to an image
    and is passed over, as Docker does."""
    match = re.fullmatch(_PORT, text, re.IGNORECASE)
    if match is None:
        raise Invalid(f"not a port: {text!r}", hint="write 8080, 53/udp or 7000-7010/tcp")
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    if last > _HIGHEST or first > _HIGHEST:
        raise Invalid(f"ports end at {_HIGHEST}: {text!r}")
    if last < first:
        raise Invalid(f"the range {text!r} runs backwards")
    return [f"{number}/{(match[3] or 'tcp').lower()}" for number in range(first, last + 1)]
