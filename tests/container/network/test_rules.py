"""The rules of a network as text. What they do with packets: tests/kernel/test_nft.py."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.container.network import rules
from onggi.container.network.rules import Firewall, Publication

from .goldens import CASES, FOLDER

ADDRESSES = {"ip": st.ip_addresses(v=4).map(str), "ip6": st.ip_addresses(v=6).map(str)}
PORTS = st.integers(1, 65535)


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    assert (FOLDER / f"{name}.nft").read_text() == CASES[name], "see what changed: scripts/goldens --update"


def test_every_golden_has_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


@pytest.mark.kernel
@pytest.mark.parametrize("name", CASES)
def test_nft_takes_it(name: str) -> None:
    """Without doing it, and in a network namespace that ends with it."""
    command = ["unshare", "--net", "nft", "--check", "--file", "-"]
    done = subprocess.run(command, input=CASES[name], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("published", "text"),
    [
        (Publication("0.0.0.0", 80, "10.0.0.2", 8080), "ports4 { 0.0.0.0/0 . 80 : 10.0.0.2 . 8080 }"),
        (Publication("127.0.0.1", 53, "10.0.0.2", 53), "ports4 { 127.0.0.1 . 53 : 10.0.0.2 . 53 }"),
        (Publication("::", 80, "fd00::2", 80), "ports6 { ::/0 . 80 : fd00::2 . 80 }"),
    ],
)
def test_publish_and_withdraw(published: Publication, text: str) -> None:
    assert rules.publish("0123456789ab", [published]) == f"add element inet onggi-0123456789ab {text}\n"
    key = text.partition(" : ")[0]
    assert rules.withdraw("0123456789ab", [published]) == f"delete element inet onggi-0123456789ab {key} }}\n"


def test_several_are_one_command_for_each_family_and_none_is_none() -> None:
    four = Publication("0.0.0.0", 80, "10.0.0.2", 8080)
    six = Publication("::", 80, "fd00::2", 8080)
    assert rules.withdraw("a", [four, six, Publication("127.0.0.1", 53, "10.0.0.2", 53)]) == (
        "delete element inet onggi-a ports4 { 0.0.0.0/0 . 80, 127.0.0.1 . 53 }\n"
        "delete element inet onggi-a ports6 { ::/0 . 80 }\n"
    )
    assert rules.publish("a", []) == rules.withdraw("a", []) == ""


@given(st.data(), st.sampled_from(sorted(ADDRESSES)), PORTS, PORTS)
def test_nothing_of_a_network_is_named_in_another(data: st.DataObject, family: str, port: int, to_port: int) -> None:
    address, to_address = data.draw(ADDRESSES[family]), data.draw(ADDRESSES[family])
    published = Publication(address, port, to_address, to_port)
    text = rules.create(Firewall("aaaa", "ong-a", ("10.0.0.0/24",)), [published])
    tables = {line.split()[line.split().index("inet") + 1] for line in text.splitlines() if " inet " in line}
    assert tables == {"onggi-aaaa"}


def test_ports_are_read_back_from_what_nft_lists() -> None:
    listing = json.loads("""[
        {"metainfo": {"version": "1.0.6"}},
        {"table": {"family": "inet", "name": "onggi-a"}},
        {"map": {"family": "inet", "name": "ports4", "table": "onggi-a", "elem": [
            [{"concat": ["127.0.0.1", 53]}, {"concat": ["10.0.0.3", 53]}],
            [{"concat": [{"prefix": {"addr": "0.0.0.0", "len": 0}}, 80]}, {"concat": ["10.0.0.2", 8080]}]]}},
        {"map": {"family": "inet", "name": "ports6", "table": "onggi-a"}}
    ]""")
    assert rules.published(listing) == (
        Publication("0.0.0.0", 80, "10.0.0.2", 8080),
        Publication("127.0.0.1", 53, "10.0.0.3", 53),
    )
