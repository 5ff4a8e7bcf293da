from __future__ import annotations

from pathlib import Path

import pytest

from onggi.errors import NotFound
from onggi.layer.context import Context
from onggi.layer.near import near_path

from .trees import Link, make

PROJECT = {"app.txt": "", "sub/App.py": "", "sub/deep/notes.md": "", "hidden/secret.txt": "", "outside": Link("/etc")}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(str(make(tmp_path / "project", PROJECT)), ("hidden",))


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("app.tx", "app.txt"),
        ("App.txt", "app.txt"),
        ("sbu/", "sub"),
        ("./sbu/app.py", "sub/App.py"),
        ("sub/deap/note.md", "sub/deep/notes.md"),
        ("hiden", None),
        ("hidden/secrets.txt", None),
        ("app.txt/x", None),
        ("sbu/nothing", None),
        ("outsid/passwd", None),
        ("quite-another", None),
    ],
)
def test_a_path_that_was_likely_meant(context: Context, path: str, near: str | None) -> None:
    assert near_path(context, path) == near


def test_what_is_missing_is_told_with_it(context: Context) -> None:
    with pytest.raises(NotFound, match=r"^app\.tx is not in the build context .*; did you mean app\.txt\?$"):
        context.walk("app.tx")


def test_a_space_that_is_none_is_named(context: Context) -> None:
    with pytest.raises(NotFound, match=r"did you mean app\.txt\?$") as caught:
        context.walk("app.txt\u00a0")
    assert caught.value.hint == "there is a no-break space (U+00A0) after app.txt: write an ordinary space"
