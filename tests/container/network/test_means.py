"""What `doctor` says of networks, and `info` of drivers."""

from __future__ import annotations

import pytest

from onggi.container.network.means import Means, findings

GOOD = Means()


def test_a_host_with_all_has_no_complaints() -> None:
    lines = findings(GOOD)
    assert all(line.is_ok and not line.hint for line in lines)
    assert GOOD.drivers == ("bridge", "host", "macvlan", "null")


@pytest.mark.parametrize(
    ("means", "subject", "words", "hint"),
    [
        (
            Means(firewall=("the program nft is not installed", "install the package nftables")),
            "nftables",
            "the program nft is not installed: there can be no networks of one's own, and the default",
            "install the package nftables",
        ),
        (Means(links=("veth", "macvlan")), "links", "no bridge links can be made", "modprobe bridge;"),
        (Means(links=()), "links", "no bridge and veth links", "modprobe bridge veth;"),
        (
            Means(closed=("ip filter FORWARD",)),
            "forwarding",
            "ip filter FORWARD: the policy drops what is forwarded",
            "iptables -I FORWARD -m devgroup --src-group 0x6f6e67 -j ACCEPT",
        ),
        (
            Means(closed=("inet mine out", "ip filter FORWARD")),
            "forwarding",
            "inet mine out, ip filter FORWARD: ",
            "nft insert rule inet mine out iifgroup 0x6f6e67 accept",
        ),
    ],
)
def test_what_is_missing_is_said_with_the_way_on(means: Means, subject: str, words: str, hint: str) -> None:
    (bad,) = [line for line in findings(means) if not line.is_ok]
    assert (bad.subject, words in bad.sentence, hint in bad.hint) == (subject, True, True)


@pytest.mark.parametrize(
    ("means", "sentence"),
    [
        (Means(links=("bridge", "veth")), "bridge, veth; the kernel has no macvlan"),
        (Means(has_ipv6=False), "off (net.ipv6.conf.all.disable_ipv6), so networks have IPv4 only"),
    ],
)
def test_what_a_host_can_do_without(means: Means, sentence: str) -> None:
    lines = findings(means)
    assert all(line.is_ok for line in lines)
    assert any(line.sentence.startswith(sentence) for line in lines)


@pytest.mark.parametrize(
    ("means", "drivers"),
    [
        (Means(firewall=("no nft", "")), ("host", "null")),
        (Means(links=("bridge", "macvlan")), ("host", "null")),
        (Means(links=("bridge", "veth")), ("bridge", "host", "null")),
    ],
)
def test_drivers(means: Means, drivers: tuple[str, ...]) -> None:
    assert means.drivers == drivers
