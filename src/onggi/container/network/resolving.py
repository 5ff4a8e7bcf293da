"""Whom a container asks for names: --dns, --dns-search, --dns-option → lines of resolv.conf(5).

The checks are Docker's (docker/cli, opts/opts.go); its words come first.
"""

from __future__ import annotations

import re

from onggi.container.network.network import parse_address
from onggi.container.spec import Dns
from onggi.errors import Invalid

NO_SEARCH = "."
"""As a domain to search: none, not even the host's."""
_LABEL = "[a-zA-Z0-9_](?:[a-zA-Z0-9_-]*[a-zA-Z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LONGEST_DOMAIN = 254  # RFC 1035, section 2.3.4, in text with the dot at its end
_OPTION = re.compile(r"[!-~]+")


def checked(dns: Dns) -> Dns:
    """In the one way to write it. Raises Invalid."""
    return Dns(
        servers=tuple(map(_server, dns.servers)),
        search=tuple(map(_domain, dns.search)),
        options=tuple(map(_option, dns.options)),
    )


def over(asked: Dns, of_host: Dns) -> Dns:
    """What is asked for, and of the host what is not."""
    return Dns(
        servers=asked.servers or of_host.servers,
        search=asked.search or of_host.search,
        options=asked.options or of_host.options,
    )


def text(dns: Dns) -> str:
    """The file."""
    search = [domain for domain in dns.search if domain != NO_SEARCH]
    lines = [f"nameserver {server}" for server in dns.servers]
    lines += [f"search {' '.join(search)}"] if search else []
    lines += [f"options {' '.join(dns.options)}"] if dns.options else []
    return "".join(f"{line}\n" for line in lines)


def _server(written: str) -> str:
    try:
        return parse_address(written.strip(), "name server")
    except Invalid as error:
        raise Invalid(
            f"IP address is not correctly formatted: {written}", hint="--dns takes 192.0.2.53 or fd00::53"
        ) from error


def _domain(written: str) -> str:
    domain = written.strip(" ")
    if domain != NO_SEARCH and not (
        _DOMAIN.fullmatch(domain) and len(domain) <= _LONGEST_DOMAIN and re.search("[a-zA-Z]", domain)
    ):
        raise Invalid(
            f"{domain!r} is not a valid domain", hint="write example.org; a dot alone is for no domain at all"
        )
    return domain


def _option(written: str) -> str:
    option = written.strip()
    if not _OPTION.fullmatch(option):
        raise Invalid(f"invalid DNS option: {written!r}", hint="resolv.conf(5) has them: ndots:2, timeout:1, rotate")
    return option
