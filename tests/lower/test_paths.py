from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.lower import paths

_PATHS = st.lists(st.sampled_from(["a", "b", "..", ".", ""]), max_size=6).map("/".join)


@pytest.mark.parametrize(
    ("folder", "path", "destination"),
    [
        ("/app", ".", "/app/"),
        ("/app", "./", "/app/"),
        ("/app", "", "/app/"),
        ("/app", "..", "/"),
        ("/app", "x", "/app/x"),
        ("/app", "x/", "/app/x/"),
        ("/app", "x/.", "/app/x/"),
        ("/app", "/x//y/../z", "/x/z"),
        ("/app", "../../../x/", "/x/"),
        ("/", "/", "/"),
        ("/", "x", "/x"),
    ],
)
def test_destination(folder: str, path: str, destination: str) -> None:
    assert paths.destination(folder, path) == destination


@pytest.mark.parametrize(
    ("path", "source"),
    [("a", "a"), ("/a/b/", "a/b"), (".", "."), ("/", "."), ("./a/../b", "b"), ("../a", "a"), ("a/*.txt", "a/*.txt")],
)
def test_source(path: str, source: str) -> None:
    assert paths.source(path) == source


@given(_PATHS, _PATHS)
def test_resolve_is_normpath_below_the_root(folder: str, path: str) -> None:
    assert paths.resolve("/" + folder, path) == "/" + posixpath.normpath(
        posixpath.join("/", folder.lstrip("/"), path)
    ).lstrip("/")


@given(_PATHS)
def test_climbing_out_is_what_normpath_cannot_take_away(path: str) -> None:
    relative = path.lstrip("/")
    is_above = any(
        posixpath.normpath("/".join(relative.split("/")[:length])).startswith("..")
        for length in range(1, relative.count("/") + 2)
    )
    assert paths.climbs_out(path) == is_above
