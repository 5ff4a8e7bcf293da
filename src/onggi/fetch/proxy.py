"""Which proxy a URL is fetched through. Variables and exceptions are read as Go's httpproxy reads them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult

from onggi.fetch.host import Address, address, is_loopback
from onggi.fetch.url import port


def proxy_of(parts: SplitResult, variables: Mapping[str, str]) -> str:
    """The proxy's URL; "" to go there directly, as always to this machine itself."""
    proxy = _variable(variables, f"{parts.scheme}_proxy")
    if not proxy or _is_excepted(parts.hostname or "", port(parts), _variable(variables, "no_proxy")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(variables: Mapping[str, str], name: str) -> str:
    return variables.get(name.upper()) or variables.get(name, "")


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    if is_loopback(host):
        return True
    patterns = (pattern.strip().lower() for pattern in exceptions.split(","))
    return any(_matches(pattern, host, port) for pattern in patterns if pattern)


def _matches(pattern: str, host: str, port: int) -> bool:
    """A pattern is *, a range of addresses, or a host and all that is beneath it; a port narrows it."""
    if pattern == "*":
        return True
    if "/" in pattern:
        return _is_within(address(host), pattern)
    if address(pattern) is None:
        pattern, _, wanted = pattern.partition(":")
        if wanted and wanted != str(port):
            return False
    pattern = pattern.removeprefix("*")
    return host == pattern or host.endswith(pattern if pattern.startswith(".") else f".{pattern}")


def _is_within(asked: Address | None, pattern: str) -> bool:
    try:
        return asked is not None and asked in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False
