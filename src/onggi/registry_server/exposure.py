"""Where a registry listens, and who could reach it there."""

from __future__ import annotations

import re

from onggi.errors import Denied, Invalid
from onggi.fetch.host import is_loopback
from onggi.registry_server.context import Options

_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.%]+)\]|(?P<host>[^\s:\[\]/]*)):(?P<port>[0-9]{1,5})")
_EVERYWHERE = "0.0.0.0"
_HIGHEST = 65535


def parse(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:5000`, `[::1]:5000` or `:5000`, which is all of the host's. Raises Invalid."""
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > _HIGHEST:
        raise Invalid(f"not an address to listen on: {text!r}", hint="write HOST:PORT, for example 127.0.0.1:5000")
    return found["v6"] or found["host"] or _EVERYWHERE, int(found["port"])


def require_doors(options: Options) -> None:
    """Raises Denied where strangers could come in or listen."""
    if is_loopback(options.host):
        return
    missing = [
        what
        for what, is_there in (
            ("TLS (--tls-cert, --tls-key)", options.tls is not None),
            ("passwords (--htpasswd)", options.passwords is not None),
        )
        if not is_there
    ]
    if missing:
        raise Denied(
            f"{options.host} can be reached from other machines, and there is no {' and no '.join(missing)}",
            hint="give it that, listen on 127.0.0.1, or say --insecure to let everybody in",
        )
