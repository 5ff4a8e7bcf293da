"""Docker's rules of where a copy goes; each line was tried on a Docker engine (20.10)."""

from __future__ import annotations

import pytest

from onggi.engine.container.landing import Destination, Landing, Source, land, parse
from onggi.errors import Invalid, NotFound

FOLDER, FILE, NOTHING = "folder", "file", "nothing"


def landing(source: str, kind: str, destination: str, there: str, resolved: str = "") -> Landing:
    named, target = parse(source), parse(destination)
    return land(
        Source(named, named.name, kind == FOLDER),
        Destination(target, resolved or target.path, is_there=there != NOTHING, is_folder=there == FOLDER),
    )


@pytest.mark.parametrize(
    "source, kind, destination, there, folder, name",
    [
        ("/file", FILE, "/d", FOLDER, "/d", "file"),
        ("/file", FILE, "/d/", FOLDER, "/d", "file"),
        ("/file", FILE, "/d/.", FOLDER, "/d", "file"),
        ("/file", FILE, "/x/other", FILE, "/x", "other"),
        ("/file", FILE, "/x/new", NOTHING, "/x", "new"),
        ("/dir", FOLDER, "/d", FOLDER, "/d", "dir"),
        ("/dir/", FOLDER, "/d", FOLDER, "/d", "dir"),
        ("/dir/.", FOLDER, "/d", FOLDER, "/d", "."),
        ("/dir", FOLDER, "/new", NOTHING, "/", "new"),
        ("/dir", FOLDER, "/new/", NOTHING, "/", "new"),
        ("/dir/.", FOLDER, "/new", NOTHING, "/", "new"),
        ("/dir/../file", FILE, "/d", FOLDER, "/d", "file"),
        ("/", FOLDER, "/d", FOLDER, "/d", "."),
        ("/", FOLDER, "/new", NOTHING, "/", "new"),
        ("/file", FILE, "/", FOLDER, "/", "file"),
    ],
)
def test_it_lands(source: str, kind: str, destination: str, there: str, folder: str, name: str) -> None:
    assert landing(source, kind, destination, there) == Landing(folder, name)


def test_a_link_as_destination_is_what_it_leads_to() -> None:
    assert landing("/file", FILE, "/link", NOTHING, "/a/b") == Landing("/a", "b")
    assert landing("/file", FILE, "/link", FOLDER, "/a/b") == Landing("/a/b", "file")


def test_a_link_that_was_followed_keeps_its_own_name() -> None:
    followed = Source(parse("/real"), "link", is_folder=False)
    assert land(followed, Destination(parse("/d"), "/d", is_there=True, is_folder=True)).name == "link"


@pytest.mark.parametrize(
    "source, kind, destination, there, said",
    [
        ("/dir", FOLDER, "/x", FILE, "cannot copy directory /dir: /x is a file"),
        ("/dir/.", FOLDER, "/x/", FILE, "cannot copy directory"),
        ("/file", FILE, "/x/", FILE, "not a directory: /x"),
        ("/file", FILE, "/new/", NOTHING, "no such directory: /new"),
        ("/file", FILE, "/new/.", NOTHING, "no such directory: /new"),
        ("/dir", FOLDER, "/new/.", NOTHING, "no such directory: /new"),
    ],
)
def test_it_cannot_land(source: str, kind: str, destination: str, there: str, said: str) -> None:
    with pytest.raises((Invalid, NotFound), match=said):
        landing(source, kind, destination, there)


@pytest.mark.parametrize(
    "text, path, name, is_folder, is_contents",
    [
        ("/a/b", "/a/b", "b", False, False),
        ("a/b", "/a/b", "b", False, False),
        ("//a//b/", "/a/b", "b", True, False),
        ("a/b/.", "/a/b", ".", True, True),
        ("a/./b/..", "/a", "a", False, False),
        ("../../a", "/a", "a", False, False),
        (".", "/", ".", True, True),
        ("/", "/", "/", True, False),
    ],
)
def test_a_path_as_it_is_written(text: str, path: str, name: str, is_folder: bool, is_contents: bool) -> None:
    named = parse(text)
    assert (named.path, named.name, named.is_folder, named.is_contents) == (path, name, is_folder, is_contents)
