"""What a HEALTHCHECK can use of a base image that is in the store."""

from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.lint.rules.onggi import og4004
from onggi.lint.view.facts import Base, Facts
from onggi.lint.view.subject import subject


@pytest.mark.parametrize(
    "image, programs, is_told",
    [
        ("company/app:2", {"sh", "app"}, True),
        ("company/app:2", {"sh", "curl"}, False),
        ("debian:12-slim", {"sh", "curl"}, False),
        ("debian:12-slim", None, True),
        ("company/app:2", None, False),
    ],
)
def test_programs_that_were_seen_count_more_than_the_name(image: str, programs: set[str] | None, is_told: bool) -> None:
    seen = None if programs is None else frozenset(programs)
    facts = Facts(automatic={}, bases={0: Base(programs=seen)})
    found = og4004.RULE.check(subject(parse(f"FROM {image}\nHEALTHCHECK CMD curl -f localhost\n"), facts))
    assert bool([*found]) is is_told
