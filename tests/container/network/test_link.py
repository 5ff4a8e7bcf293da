"""`NAME:ALIAS`, and what comes of it in /etc/hosts."""

from __future__ import annotations

import pytest

from onggi.container.network.link import parse
from onggi.container.network.plan import Names, Neighbour, plan
from onggi.container.spec import Link
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("web:db", Link("web", "db", "web")),
        ("web", Link("web", "web", "web")),
        ("/web:/app/db", Link("web", "db", "web")),
    ],
)
def test_a_container_and_what_it_is_called(text: str, link: Link) -> None:
    assert parse(text) == link


@pytest.mark.parametrize("text", ["", ":db", "web:", "web:db:x", "web:a b", "web:a\nb", "/web:"])
def test_what_is_no_link(text: str) -> None:
    with pytest.raises(Invalid, match="bad format for links"):
        parse(text)


def test_neighbours_have_a_line_for_each_address() -> None:
    neighbour = Neighbour(("10.88.0.7", "fd00::7"), ("db", "0123", "db"))
    assert plan((), (), Names(host="app"), [neighbour]).hosts == "10.88.0.7\tdb 0123\nfd00::7\tdb 0123\n"
