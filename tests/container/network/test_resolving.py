"""Whom a container asks for names."""

from __future__ import annotations

from onggi.container.network.resolving import over, text
from onggi.container.spec import Dns

OF_HOST = Dns(servers=("192.0.2.53",), search=("example.org",), options=("rotate",))


def test_what_is_not_said_is_as_the_host_has_it() -> None:
    assert over(Dns(), OF_HOST) == OF_HOST
    assert over(Dns(servers=("fd00::53",)), OF_HOST) == Dns(
        servers=("fd00::53",), search=OF_HOST.search, options=OF_HOST.options
    )
    assert over(OF_HOST, Dns(servers=("fd00::53",))) == OF_HOST


def test_as_a_file() -> None:
    assert text(OF_HOST) == "nameserver 192.0.2.53\nsearch example.org\noptions rotate\n"
    assert text(Dns(servers=("fd00::53", "192.0.2.53"))) == "nameserver fd00::53\nnameserver 192.0.2.53\n"
    assert text(Dns()) == ""


def test_a_dot_is_no_domain() -> None:
    assert text(over(Dns(search=(".",)), OF_HOST)) == "nameserver 192.0.2.53\noptions rotate\n"
