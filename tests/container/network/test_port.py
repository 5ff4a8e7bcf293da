from __future__ import annotations

import ipaddress
from socket import AF_INET6, inet_ntop

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.container.network import port
from onggi.container.network.port import PortBinding
from onggi.errors import Invalid

PORTS = st.integers(1, 65535)
IPV4 = st.ip_addresses(v=4).map(str)
IPV6 = st.binary(min_size=16, max_size=16).map(lambda packed: inet_ntop(AF_INET6, packed))
ADDRESSES = st.one_of(st.just(""), IPV4, st.just("::1"), IPV6.filter(lambda address: not address.startswith("::ffff:")))
SINGLE = st.builds(PortBinding, PORTS, st.sampled_from(port.PROTOCOLS), ADDRESSES, st.one_of(st.just(0), PORTS))
CHOICES = st.builds(
    lambda number, protocol, address, ends: PortBinding(number, protocol, address, min(ends), max(ends)),
    PORTS,
    st.sampled_from(port.PROTOCOLS),
    ADDRESSES,
    st.sets(PORTS, min_size=2, max_size=2),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("80", [PortBinding(80)]),
        ("80/", [PortBinding(80)]),
        (":80", [PortBinding(80)]),
        ("53/UDP", [PortBinding(53, "udp")]),
        ("8080:80", [PortBinding(80, "tcp", "", 8080)]),
        ("0:80", [PortBinding(80)]),
        ("127.0.0.1::80", [PortBinding(80, "tcp", "127.0.0.1")]),
        ("127.0.0.1:8080:80/sctp", [PortBinding(80, "sctp", "127.0.0.1", 8080)]),
        ("[::1]:53:53/udp", [PortBinding(53, "udp", "::1", 53)]),
        ("::1:8080:80", [PortBinding(80, "tcp", "::1", 8080)]),
        ("[::ffff:127.0.0.1]:1:2", [PortBinding(2, "tcp", "127.0.0.1", 1)]),
        ("[2001:DB8:0:0::1]:1:2", [PortBinding(2, "tcp", "2001:db8::1", 1)]),
        ("8000-8001:80-81", [PortBinding(80, "tcp", "", 8000), PortBinding(81, "tcp", "", 8001)]),
        ("80-81", [PortBinding(80), PortBinding(81)]),
        ("8000-8010:80", [PortBinding(80, "tcp", "", 8000, 8010)]),
        ("published=8080,target=80", [PortBinding(80, "tcp", "", 8080)]),
        ("target=53,protocol=udp", [PortBinding(53, "udp")]),
    ],
)
def test_parse(text: str, found: list[PortBinding]) -> None:
    assert port.parse(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no port specified"),
        ("8080:", "no port specified: '8080:'"),
        ("/tcp", "no port specified"),
        ("http", "invalid containerPort: http"),
        ("0", "invalid containerPort: 0"),
        ("65536", "invalid containerPort: 65536"),
        ("٨٠", "invalid containerPort"),
        ("70000:80", "invalid hostPort: 70000"),
        ("x:80", "invalid hostPort: x"),
        ("8000-7000:80", "invalid hostPort: 8000-7000"),
        ("1-2-3:80", "invalid hostPort: 1-2-3"),
        ("80-:80", "invalid hostPort: 80-"),
        ("80/icmp", "invalid proto: icmp"),
        ("localhost:8080:80", "invalid IP address: localhost"),
        ("1.2.3:8080:80", "invalid IP address: 1.2.3"),
        ("[::1:8080:80", r"invalid IP address: \[::1"),
        ("8000-8002:80-81", "invalid ranges specified for container and host Ports: 80-81 and 8000-8002"),
        ("publish=8080", "invalid publish opts format"),
        ("published=8080", "no port specified"),
    ],
)
def test_what_can_not_be_published(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        port.parse(text)
    assert caught.value.hint


@given(st.one_of(SINGLE, CHOICES))
def test_what_is_written_is_read_again(binding: PortBinding) -> None:
    assert port.parse(port.spell(binding)) == [binding]


@given(st.text(alphabet="0123456789:-/[].tcpud=,", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = port.parse(text)
    except Invalid:
        return
    assert [port.parse(port.spell(binding)) for binding in found] == [[binding] for binding in found]


def test_ports_of_a_range_are_written_one_by_one() -> None:
    found = port.parse("[::1]:8000-8001:80-81")
    assert [port.spell(binding) for binding in found] == ["[::1]:8000:80/tcp", "[::1]:8001:81/tcp"]


@pytest.mark.parametrize(
    "texts",
    [
        ("8080:80", "8080:81"),
        ("8080:80", "127.0.0.1:8080:80"),
        ("0.0.0.0:8080:80", "127.0.0.1:8080:80"),
        ("[::]:8080:80", "[::1]:8080:81"),
    ],
)
def test_one_port_of_the_host_for_two(texts: tuple[str, ...]) -> None:
    with pytest.raises(Invalid, match="two ports want the same one of the host"):
        port.merge(binding for text in texts for binding in port.parse(text))


def test_merge() -> None:
    texts = (
        *("8080:80", "8080:80", "8080:80/udp", "127.0.0.1:81:80", "127.0.0.2:81:80"),
        *("0.0.0.0:82:80", "[::]:82:80", "80", "81"),
    )
    merged = port.merge(binding for text in texts for binding in port.parse(text))
    assert [port.spell(binding) for binding in merged] == [
        *("8080:80/tcp", "8080:80/udp", "127.0.0.1:81:80/tcp", "127.0.0.2:81:80/tcp"),
        *("0.0.0.0:82:80/tcp", "[::]:82:80/tcp", "80/tcp", "81/tcp"),
    ]


def test_publish_all_leaves_alone_what_is_published() -> None:
    published = port.parse("8080:80")
    assert port.publish_all(published, ["80/tcp", "80/udp", "443/tcp", "443/tcp"]) == (
        PortBinding(80, "tcp", "", 8080),
        PortBinding(80, "udp"),
        PortBinding(443),
    )


def bound(*texts: str) -> list[PortBinding]:
    return [binding for text in texts for binding in port.parse(text)]


@pytest.mark.parametrize(
    ("texts", "exposed", "words"),
    [
        ((), (), ""),
        (("0.0.0.0:8080:80", "[::]:8080:80"), (), "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"),
        (("0.0.0.0:8000-8002:80-82",), (), "0.0.0.0:8000-8002->80-82/tcp"),
        (
            ("[::]:8000-8001:80-81", "0.0.0.0:8000-8001:80-81"),
            (),
            "0.0.0.0:8000-8001->80-81/tcp, [::]:8000-8001->80-81/tcp",
        ),
        (("0.0.0.0:8000:80", "0.0.0.0:8002:81"), (), "0.0.0.0:8000->80/tcp, 0.0.0.0:8002->81/tcp"),
        (("0.0.0.0:8000:80", "0.0.0.0:9000:80"), (), "0.0.0.0:8000->80/tcp, 0.0.0.0:9000->80/tcp"),
        (("127.0.0.1:53:53/udp",), ("53/udp", "80/tcp"), "80/tcp, 127.0.0.1:53->53/udp"),
        ((), ("80/tcp", "9000/udp", "81/tcp"), "80-81/tcp, 9000/udp"),
        ((), ("80/tcp", "80/udp"), "80/tcp, 80/udp"),
    ],
)
def test_summary(texts: tuple[str, ...], exposed: tuple[str, ...], words: str) -> None:
    assert port.summarize(bound(*texts), exposed) == words


def test_a_mark_stands_before_what_others_can_reach() -> None:
    texts = ("0.0.0.0:8000-8001:80-81", "[::]:8000:80", "127.0.0.1:82:82", "[::1]:82:82", "10.0.0.7:90:90")
    assert port.summarize(bound(*texts), ["99/tcp"], "*") == (
        "99/tcp, *0.0.0.0:8000-8001->80-81/tcp, *[::]:8000->80/tcp, 127.0.0.1:82->82/tcp, [::1]:82->82/tcp, "
        "*10.0.0.7:90->90/tcp"
    )


@given(st.lists(st.builds(PortBinding, PORTS, st.just("tcp"), st.just("0.0.0.0"), PORTS), max_size=20))
def test_a_summary_tells_every_port_once(bindings: list[PortBinding]) -> None:
    found = []
    for words in filter(None, port.summarize(bindings).split(", ")):
        host, _, container = words.partition("->")
        found += port.parse(f"{host}:{container}")
    assert sorted(found) == sorted(set(bindings))


def test_table() -> None:
    assert port.table(bound("0.0.0.0:8080:80", "[::]:8080:80"), ["80/tcp", "81/tcp"]) == {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
        "81/tcp": None,
    }


@given(ADDRESSES.filter(bool))
def test_who_can_reach_it(address: str) -> None:
    is_loopback = ipaddress.ip_address(address).is_loopback
    assert PortBinding(80, "tcp", address, 80).is_open_to_world is not is_loopback


def test_addresses_that_overlap() -> None:
    assert port.do_overlap("", "10.0.0.1")
    assert port.do_overlap("0.0.0.0", "10.0.0.1")
    assert not port.do_overlap("0.0.0.0", "::1")
    assert not port.do_overlap("10.0.0.2", "10.0.0.1")
