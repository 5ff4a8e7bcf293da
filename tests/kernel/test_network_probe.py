"""What is seen of a host's means for networks, in network namespaces made for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onggi.container.network import rules
from onggi.linux import netns, nft
from onggi.linux.inside import Inside
from onggi.linux.network_probe import IPV6_SWITCH, probe

Run = Callable[[str], None]


@pytest.fixture
def host() -> Iterator[Run]:
    """Rules of the text in a network namespace in which the test is from then on."""
    namespace = netns.new()
    with Inside("network", namespace):
        yield lambda text: nft.apply(text, "cannot make the rules of the test")
    os.close(namespace)


def closed(table: str, chain: str, hook: str) -> str:
    return f"table {table} {{\nchain {chain} {{\ntype filter hook {hook} priority 0; policy drop;\n}}\n}}\n"


def test_all_that_this_kernel_has(host: Run) -> None:
    found = probe()
    assert found.firewall == ("", "")
    assert {"bridge", "veth"} <= set(found.links)
    assert found.closed == ()


def test_a_closed_chain_is_found_until_it_lets_us_through(host: Run) -> None:
    host(closed("ip filter", "FORWARD", "forward"))
    host(closed("inet mine", "coming", "input"))
    host(closed(f"inet {rules.PREFIX}abc", "through", "forward"))
    assert probe().closed == ("ip filter FORWARD",)
    host('insert rule ip filter FORWARD iifname "ong-*" accept')
    assert probe().closed == ()


def test_a_group_of_links_is_us_too(host: Run) -> None:
    host(closed("inet mine", "through", "forward") + f"add rule inet mine through iifgroup {rules.GROUP} accept")
    assert probe().closed == ()


def test_ipv6_that_is_off(host: Run) -> None:
    assert probe().has_ipv6 == (Path(IPV6_SWITCH).read_text() == "0\n")
    Path(IPV6_SWITCH).write_text("1")
    assert not probe().has_ipv6


def test_without_nft(host: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nft, "PLACES", ())
    reason, hint = probe().firewall
    assert reason.endswith("the program nft is not installed")
    assert "install the package nftables" in hint
