"""Parameters of requests, as Docker's server reads them."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from onggi.api import query
from onggi.api.refusals import Refusal
from onggi.api.routes.container_life import StopQuery
from onggi.api.routes.containers import ListQuery, RemoveQuery
from onggi.api.versions import unknown


class Several(msgspec.Struct, frozen=True):
    names: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("1", True),
        ("true", True),
        ("True", True),
        ("yes", True),
        ("2", True),
        ("on", True),
        (" 1 ", True),
        ("", False),
        ("0", False),
        ("no", False),
        ("false", False),
        ("FALSE", False),
        ("none", False),
    ],
)
def test_truth(text: str, truth: bool) -> None:
    assert query.read(MultiDict(force=text), RemoveQuery) == RemoveQuery(force=truth)


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ListQuery()),
        ({"limit": "3", "size": "1", "sparkles": "x"}, ListQuery(limit=3, size=True)),
        ({"limit": ""}, ListQuery()),
        ({"filters": ""}, ListQuery()),
        ({"filters": "{}"}, ListQuery()),
        ({"filters": "null"}, ListQuery()),
        ({"filters": '{"label": null}'}, ListQuery(filters={"label": ()})),
        ({"filters": '{"label": ["a=b", "c"]}'}, ListQuery(filters={"label": ("a=b", "c")})),
        ({"filters": '{"label": {"a=b": true}}'}, ListQuery(filters={"label": ("a=b",)})),
    ],
)
def test_lists(parameters: dict[str, str], found: ListQuery) -> None:
    assert query.read(MultiDict(parameters), ListQuery) == found


@pytest.mark.parametrize(
    ("into", "parameters"),
    [
        (ListQuery, {"limit": "many"}),
        (ListQuery, {"limit": "1_0"}),
        (ListQuery, {"limit": "9223372036854775808"}),
        (ListQuery, {"limit": "9" * 5000}),
        (ListQuery, {"filters": "label=a"}),
        (ListQuery, {"filters": '["a"]'}),
        (ListQuery, {"filters": '{"label": "a"}'}),
        (StopQuery, {"t": "soon"}),
    ],
)
def test_what_is_no_value_is_refused(into: Any, parameters: dict[str, str]) -> None:
    with pytest.raises(Refusal) as caught:
        query.read(MultiDict(parameters), into)
    assert caught.value.status == 400


def test_a_number_that_was_not_said_is_none() -> None:
    assert query.read(MultiDict({"t": ""}), StopQuery) == StopQuery()
    assert query.read(MultiDict({"t": "0"}), StopQuery) == StopQuery(t=0)
    assert query.read(MultiDict({"t": "-1"}), StopQuery) == StopQuery(t=-1)


def test_several_values_of_one_name() -> None:
    assert query.read(MultiDict([("names", "a"), ("names", "b")]), Several) == Several(("a", "b"))


def test_what_a_version_does_not_know_is_passed_over() -> None:
    request = "POST /containers/{name}/stop"
    parameters = MultiDict({"signal": "INT", "t": "3"})
    assert query.read(parameters, StopQuery, unknown((1, 41), request)) == StopQuery(t=3)
    assert query.read(parameters, StopQuery, unknown((1, 42), request)) == StopQuery(signal="INT", t=3)


class Moments(msgspec.Struct, frozen=True):
    since: float | None = None


@pytest.mark.parametrize(("text", "found"), [("", None), ("0", 0.0), ("1700000000.000000", 1700000000.0), ("-1", -1.0)])
def test_moments(text: str, found: float | None) -> None:
    assert query.read(MultiDict(since=text), Moments) == Moments(found)


@given(st.integers(0, 4 * 10**18))
def test_a_moment_is_in_its_microsecond(nanoseconds: int) -> None:
    """So that who asks from a line on, by what that says, gets it."""
    text = f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09}"
    found = query.read(MultiDict(since=text), Moments)
    assert isinstance(found, Moments)
    assert found.since is not None
    assert math.floor(found.since * 1_000_000) == nanoseconds // 1000


@pytest.mark.parametrize("text", ["yesterday", "9" * 400, "1e9", "inf", "nan", "1.", "٣"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(Refusal, match='invalid value for "since"'):
        query.read(MultiDict(since=text), Moments)
