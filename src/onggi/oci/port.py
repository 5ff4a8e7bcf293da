"""The ports that a container listens on, as an image's configuration names them: `80/tcp` (image-spec, config.md,
ExposedPorts)."""

from __future__ import annotations

import re

from onggi.errors import Invalid

_PORTS = r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp)?)?"
_HIGHEST = 65535


def parse(text: str) -> list[str]:
    """Each port of `8080`, `53/udp` or `7000-7010/tcp` as `number/protocol`. Raises Invalid."""
    match = re.fullmatch(_PORTS, text, re.ASCII | re.IGNORECASE)
    if match is None:
        raise Invalid(f"not a port: {text!r}", hint="write 8080, 53/udp or 7000-7010/tcp")
    first = int(match[1])
    last = int(match[2] or first)
    if max(first, last) > _HIGHEST:
        raise Invalid(f"ports end at {_HIGHEST}: {text!r}")
    if last < first:
        raise Invalid(f"the range {text!r} runs backwards")
    return [f"{number}/{(match[3] or 'tcp').lower()}" for number in range(first, last + 1)]
