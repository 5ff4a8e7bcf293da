from __future__ import annotations

from tests.registry.canned import PLACE

from onggi.oci import digest


def test_full_names() -> None:
    assert PLACE.full_name() == "reg.example/team/app"
    assert PLACE.full_name("1") == "reg.example/team/app:1"
    assert PLACE.full_name(digest.of(b"x")) == f"reg.example/team/app@{digest.of(b'x')}"
