"""What pruning of the build cache leaves."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from onggi.engine.filters import Filters
from onggi.engine.pruning import WHOLE_CACHE, Allowance, cache_filter, volume_filter
from onggi.errors import Invalid
from onggi.store.cache_use import CacheUse


@pytest.mark.parametrize(
    ("allowance", "left"),
    [
        (Allowance(reserved=30), 30),
        (Allowance(most=40), 40),
        (Allowance(reserved=30, most=40), 40),
        (Allowance(reserved=50, most=40), 50),
        (Allowance(free=500), 100),
        (Allowance(free=520), 80),
        (Allowance(free=520, most=90), 80),
        (Allowance(free=520, most=70), 70),
        (Allowance(free=10_000), 0),
        (Allowance(free=10_000, reserved=30), 30),
    ],
)
def test_what_is_left_of_100_bytes_where_500_are_free(allowance: Allowance, left: int) -> None:
    assert allowance.left(100, 500) == left


def test_nothing_in_the_cache_has_labels() -> None:
    assert not cache_filter({"label": ("a=b",)}, 0).only.takes(0, {})
    assert cache_filter({"label!": ("a=b",)}, 0).only.takes(0, {})
    with pytest.raises(Invalid, match="invalid filter 'colour'"):
        cache_filter({"colour": ("red",)}, 0)


PIECE = CacheUse(id="abc12", kind="regular", description="3 files", size=1, created=5.0, used=6.0, is_shared=True)


@pytest.mark.parametrize(
    ("filters", "is_taken"),
    [
        ({"id": ("c1",)}, True),
        ({"id": ("^c1",)}, False),
        ({"id": ("x", "^abc12$")}, True),
        ({"parent": ("abc",)}, False),
        ({"description": ("3 files",)}, True),
        ({"description": ("files",)}, False),
        ({"shared": ()}, True),
        ({"shared": ("true",)}, True),
        ({"shared": ("0",)}, False),
        ({"private": ()}, False),
        ({"private": ("false",), "id": ("abc",)}, True),
        ({"inuse": ("true",)}, False),
        ({"inuse": ("false",)}, True),
    ],
)
def test_single_pieces_of_the_cache(filters: Filters, is_taken: bool) -> None:
    wanted = cache_filter(filters, 0)
    assert wanted.looks_closely
    assert wanted.takes(PIECE) is is_taken


def test_what_images_have_too_can_be_spared() -> None:
    """Whatever else is asked for."""
    for filters in ({}, {"shared": ()}, {"id": ("c1",)}):
        wanted = replace(cache_filter(filters, 0), spares_shared=True)
        assert wanted.looks_closely and not wanted.takes(PIECE)


def test_what_builds_call_unused_is_not_used_since() -> None:
    assert cache_filter({"unused-for": ("1h",)}, 7200) == cache_filter({"until": ("1h",)}, 7200)
    assert cache_filter({"unused-for": ("1h",)}, 7200).only.until == 3600
    assert cache_filter({}, 0) == WHOLE_CACHE
    assert not WHOLE_CACHE.looks_closely


def test_kinds_of_cache_that_only_other_builders_have_are_known() -> None:
    assert not cache_filter({"type": ("source.local",)}, 0).only.takes(0, {}, "regular")


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"type": ("regulr",)}, "the build cache has no type regulr; did you mean regular"),
        ({"id": ("(",)}, r"invalid filter 'id=\('"),
        ({"shared": ("true", "false")}, r"invalid filter 'shared=\[true false\]'"),
        ({"until": ("1h",), "unused-for": ("1h",)}, "more than one until filter specified"),
    ],
)
def test_what_makes_no_sense_of_the_cache(filters: Filters, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        cache_filter(filters, 0)


def test_who_says_both_of_volumes_with_names_removes_none() -> None:
    assert volume_filter({"all": ("true", "1")})[1]
    assert not volume_filter({"all": ()})[1]
    with pytest.raises(Invalid, match=r"invalid filter 'all=\[true false\]'"):
        volume_filter({"all": ("true", "false")})
