from __future__ import annotations

import pytest

from onggi.container import extra_hosts
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("db:10.0.0.5", "db:10.0.0.5"),
        ("db=10.0.0.5", "db:10.0.0.5"),
        ("db:::1", "db:::1"),
        ("db=[fe80::1]", "db:fe80::1"),
        ("db:[FE80::0:1]", "db:fe80::1"),
        ("host.docker.internal:host-gateway", "host.docker.internal:host-gateway"),
    ],
)
def test_hosts(text: str, host: str) -> None:
    assert extra_hosts.parse(text) == host
    assert extra_hosts.parse(host) == host


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("db", "'db' is not a host and its address"),
        (":10.0.0.5", "is not a host and its address"),
        ("a b:10.0.0.5", "is not a host and its address"),
        ("a\nb:10.0.0.5", "is not a host and its address"),
        ("db:", "the host db has no address: ''"),
        ("db:10.0.0", "the host db has no address: '10.0.0'"),
        ("db:gateway", "the host db has no address: 'gateway'"),
        ("db:1.2.3.4\n", "the host db has no address"),
    ],
)
def test_what_is_no_host(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        extra_hosts.parse(text)
    assert sentence in caught.value.message
    assert caught.value.hint


def test_lines() -> None:
    hosts = ("db:10.0.0.5", "six:fe80::1", "me:host-gateway")
    assert extra_hosts.lines(hosts, "127.0.0.1") == "10.0.0.5\tdb\nfe80::1\tsix\n127.0.0.1\tme\n"


def test_where_there_is_no_way_to_the_host_nothing_stands_for_it() -> None:
    hosts = ("db:10.0.0.5", "me:host-gateway")
    assert extra_hosts.asks_gateway(hosts)
    assert not extra_hosts.asks_gateway(hosts[:1])
    assert extra_hosts.lines(hosts, "") == "10.0.0.5\tdb\n"
