"""Moments as lists show them."""

from __future__ import annotations

from datetime import datetime

from onggi.cli import units


def test_ago() -> None:
    assert units.ago(1000.0, 1180.5) == "3 minutes ago"


def test_go_time_and_rfc3339_are_the_same_moment() -> None:
    text = units.go_time(1714557600)
    assert datetime.strptime(text.rpartition(" ")[0], "%Y-%m-%d %H:%M:%S %z").timestamp() == 1714557600
    assert datetime.fromisoformat(units.local_rfc3339(1714557600)).timestamp() == 1714557600
