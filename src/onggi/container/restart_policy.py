"""--restart, and RestartPolicy of Docker's API → when a container starts again (docker/cli, opts/parse.go; moby,
container.ValidateRestartPolicy)."""

from __future__ import annotations

import re

import msgspec

from onggi.container.spec import RestartPolicy
from onggi.decoders import convert
from onggi.errors import Invalid

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_HINT = "no, always, unless-stopped, on-failure or on-failure:N"


def parse(text: str) -> RestartPolicy:
    """`NAME`, or `on-failure:N`; "" is no. Raises Invalid."""
    name, _, most = text.partition(":")
    if text and not name:
        raise Invalid("invalid restart policy format: no policy provided before colon", hint=_HINT)
    if most and not _NUMBER.fullmatch(most):
        raise Invalid("invalid restart policy format: maximum retry count must be an integer", hint=_HINT)
    return policy(name, int(most or 0))


def policy(name: str, count: int) -> RestartPolicy:
    """From its parts; a name of "" is no. Raises Invalid."""
    if count < 0:
        raise Invalid("invalid restart policy: maximum retry count cannot be negative", hint=_HINT)
    if count and name != "on-failure":
        raise Invalid("invalid restart policy: maximum retry count can only be used with 'on-failure'", hint=_HINT)
    try:
        return convert({"name": name or "no", "most": count}, RestartPolicy)
    except msgspec.ValidationError as error:
        raise Invalid(f"invalid restart policy: unknown policy {name!r}", hint=_HINT) from error
