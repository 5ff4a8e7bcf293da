"""Versions: how one is asked for, and that what older ones have otherwise is about requests that there are."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import onggi.api
from onggi.api import versions
from onggi.api.application import ROUTES
from onggi.api.body import _fields
from onggi.api.refusals import Refusal

REQUESTS = {f"{route.method} {route.path}": route for route in ROUTES}


def test_the_version_is_taken_off_the_path() -> None:
    assert versions.split("/v1.41/containers/json") == ((1, 41), "/containers/json")
    assert versions.split("/containers/json") == (versions.NEWEST, "/containers/json")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1.99/info", "client version 1.99 is too new. Maximum supported API version is "),
        ("/v1.12/info", "client version 1.12 is too old. Minimum supported API version is 1.24, please upgrade"),
    ],
)
def test_a_version_that_is_not_spoken(path: str, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        versions.split(path)
    assert caught.value.status == 400
    assert caught.value.message.startswith(words)


@pytest.mark.parametrize("request_name", versions.ADDED)
def test_what_was_added_is_there(request_name: str) -> None:
    route = REQUESTS[request_name]
    parameters = {name for name, _ in (_fields(route.query) or {}).values()}
    for path in versions.ADDED[request_name]:
        first = path.split(".")[0].lower()
        assert path in parameters or first in (_fields(route.body) or {}), path


def test_each_change_is_asked_for() -> None:
    asked = set()
    for path in Path(onggi.api.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("has", "versions.has"):
                asked |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    assert asked == set(versions.CHANGED)
