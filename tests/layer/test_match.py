"""--parents and --exclude: what they take, and what becomes of folders on the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.ignore import Matcher
from onggi.errors import Invalid, NotFound
from onggi.layer.context import Context
from onggi.layer.place import Placement, place
from onggi.layer.select import Selection, select
from onggi.layer.stat_cache import MemoryStatCache
from onggi.layer.union import Union

from .trees import Link, look, make

WORKSPACE = {
    "package.json": "root",
    "packages/api/package.json": "api",
    "packages/api/src/index.ts": "index",
    "packages/web/package.json": "web",
    "packages/web/src/index.ts": "index",
    "packages/README.md": "read me",
    "empty": None,
    "current": Link("packages/api"),
    "packages/link.json": Link("../package.json"),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make(tmp_path / "workspace", WORKSPACE)


def taken(selection: Selection) -> list[str]:
    """Paths below the destination; a folder that only leads to something ends with …"""
    return [
        match.inner(node)[1:] + ("…" if node.path in match.passed else "")
        for match in selection.matches
        for node in match.copied
    ]


API = ["packages…", "packages/api", "packages/api/package.json", "packages/api/src", "packages/api/src/index.ts"]
MANIFESTS = [
    "packages…",
    "packages/api…",
    "packages/api/package.json",
    "packages/web…",
    "packages/web/package.json",
]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("package.json", ["package.json"]),
        ("packages/api/package.json", ["packages…", "packages/api…", "packages/api/package.json"]),
        ("packages/api", API),
        ("packages/*/package.json", MANIFESTS),
        ("**/package.json", ["package.json", *MANIFESTS]),
        ("packages/**/package.json", MANIFESTS),
        ("packages/**/src", ["packages…", "packages/api…", "packages/api/src", "packages/api/src/index.ts",
                             "packages/web…", "packages/web/src", "packages/web/src/index.ts"]),
        ("packages/./api", [path.removeprefix("packages/") for path in API[1:]]),
        ("packages/./*/package.json", ["api…", "api/package.json", "web…", "web/package.json"]),
        ("packages/*/./src", ["src", "src/index.ts", "src", "src/index.ts"]),
        ("packages/a*/./**/*.ts", ["src…", "src/index.ts"]),
        ("current/./src", ["src", "src/index.ts"]),  # links are followed up to the pivot
        ("packages/link.json", ["packages…", "packages/link.json"]),  # not behind it
        ("cur*/src", []),
        ("empty", ["empty"]),
        ("nothing*", []),
        ("packages/**/nothing", []),
        ("packages/api/./.", ["package.json", "src", "src/index.ts"]),
    ],
)  # fmt: skip
def test_parents_are_kept(workspace: Path, source: str, expected: list[str]) -> None:
    for tree in (Context(str(workspace)), Union([str(workspace)])):
        assert taken(select(tree, [source], parents=True)) == expected


def test_parents_of_all_is_all(workspace: Path) -> None:
    context = Context(str(workspace))
    assert taken(select(context, ["."], parents=True)) == taken(select(context, ["."]))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing", "^missing is not in the build context"),
        ("packages/missing/x", "^packages/missing/x is not in"),
        ("packages/./missing", "^packages/missing is not in"),
        ("missing/./x", "^missing/x is not in"),
        ("package.json/x", "^package.json/x is not in"),
        ("package.json/./x", "^package.json/x is not in"),
    ],
)
def test_a_path_that_is_not_there(workspace: Path, source: str, message: str) -> None:
    with pytest.raises(NotFound, match=message):
        select(Context(str(workspace)), [source], parents=True)


def test_a_place_behind_a_link_cannot_be_kept(workspace: Path) -> None:
    with pytest.raises(Invalid, match=r"^--parents cannot keep current/src/index.ts: current is a symbolic link"):
        select(Context(str(workspace)), ["current/src/index.ts"], parents=True)


def test_parents_see_nothing_of_what_is_ignored(workspace: Path) -> None:
    context = Context(str(workspace), ["**/src", "!**/src/index.ts", "packages/web"])
    assert taken(select(context, ["**/*.ts"], parents=True)) == [
        "packages…",
        "packages/api…",
        "packages/api/src…",
        "packages/api/src/index.ts",
    ]
    with pytest.raises(NotFound, match=r"packages/web/package\.json is excluded"):
        select(context, ["packages/web/package.json"], parents=True)


SRC = {"a.ts": "", "a.test.ts": "", "b.md": "", "sub/c.md": "", "sub/d.ts": "", "sub/deep/e.md": ""}


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        (["*.md"], ["a.test.ts", "a.ts", "sub", "sub/c.md", "sub/d.ts", "sub/deep", "sub/deep/e.md"]),
        (["**/*.md"], ["a.test.ts", "a.ts", "sub", "sub/d.ts", "sub/deep"]),
        (["sub"], ["a.test.ts", "a.ts", "b.md"]),
        (["sub/"], ["a.test.ts", "a.ts", "b.md"]),
        (["sub", "!sub/deep"], ["a.test.ts", "a.ts", "b.md", "sub…", "sub/deep", "sub/deep/e.md"]),
        (["*", "!*.ts", "*.test.*"], ["a.ts"]),
        (["src/*.ts"], ["a.test.ts", "a.ts", "b.md", "sub", "sub/c.md", "sub/d.ts", "sub/deep", "sub/deep/e.md"]),
        (["**"], []),
    ],
)
def test_what_is_excluded_is_told_within_the_folder(tmp_path: Path, exclude: list[str], expected: list[str]) -> None:
    make(tmp_path, {f"src/{path}": text for path, text in SRC.items()})
    assert taken(select(Context(str(tmp_path)), ["src"], exclude=exclude)) == expected


def test_files_that_a_pattern_found_are_excluded_by_name(tmp_path: Path) -> None:
    make(tmp_path, {"home.txt": "", "home.md": "", "homes/x.md": ""})
    context = Context(str(tmp_path))
    chosen = select(context, ["hom*", "home.md"], exclude=["*.md"])
    assert [match.name for match in chosen.matches] == ["home.txt", "homes", "home.md"]
    assert not chosen.matches[1].copied


def test_excluded_of_parents_is_told_below_the_pivot(workspace: Path) -> None:
    context = Context(str(workspace))
    assert taken(select(context, ["packages"], parents=True, exclude=["*/*/src", "**/*.md"])) == [
        "packages",
        "packages/api",
        "packages/api/package.json",
        "packages/link.json",
        "packages/web",
        "packages/web/package.json",
    ]
    assert taken(select(context, ["packages/./*/src"], parents=True, exclude=["api"])) == [
        "web…",
        "web/src",
        "web/src/index.ts",
    ]
    assert taken(select(context, ["packages/./*/src"], parents=True, exclude=["**/*.ts"])) == [
        "api…",
        "api/src",
        "web…",
        "web/src",
    ]
    assert taken(select(context, ["packages/./*/src/*"], parents=True, exclude=["**/*.ts"])) == []


names = st.sampled_from(["a", "b", "ab"])
paths = st.lists(st.lists(names, min_size=1, max_size=4).map("/".join), max_size=12).map(
    lambda found: {path: "" for path in found if not any(other.startswith(f"{path}/") for other in found)}
)
patterns = st.lists(st.sampled_from(["a", "b", "*", "a*", "**", "?"]), min_size=1, max_size=4).map("/".join)


@given(tree=paths, pattern=patterns)
def test_a_pattern_takes_what_the_matcher_matches(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, str], pattern: str
) -> None:
    root = make(tmp_path_factory.mktemp("tree"), dict(tree))
    try:
        chosen = set(taken(select(Context(str(root)), [pattern], parents=True)))
    except NotFound:
        chosen = set()
    matcher = Matcher([pattern])
    everything = taken(select(Context(str(root)), ["."]))
    wanted = {path for path in everything if matcher.excludes(path)}
    assert {path for path in chosen if not path.endswith("…")} == wanted
    leading = {f"{os.path.dirname(path)}…" for path in chosen if "/" in path}
    assert {path for path in chosen if path.endswith("…")} <= leading | {f"{path}…" for path in everything}


def put(root: Path, base: Path, selection: Selection, **how: object) -> Path:
    target = make(root, {})
    place([selection], Union([str(base)]), str(target), Placement(destination="/", **how))  # type: ignore[arg-type]
    return target


def standing(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mode & 0o7777, status.st_uid, int(status.st_mtime)


def test_folders_on_the_way_keep_what_they_have(workspace: Path, tmp_path: Path) -> None:
    """As BuildKit: one that is new is a copy of the source's, one that is there gets the source's mode only."""
    for path, mode in (("packages", 0o2750), ("packages/api", 0o700)):
        (workspace / path).chmod(mode)
        os.utime(workspace / path, (1000, 1000))
    base = make(tmp_path / "base", {"packages/old": ""})
    os.chown(base / "packages", 77, 77)
    (base / "packages").chmod(0o711)
    os.utime(base / "packages", (2000, 2000))
    chosen = select(Context(str(workspace)), ["packages/api/package.json"], parents=True)
    layer = put(tmp_path / "layer", base, chosen)
    assert standing(layer / "packages") == (0o2750, 77, 2000)
    assert standing(layer / "packages/api") == (0o700, 0, 1000)
    assert look(layer) == {"packages": "/", "packages/api": "/", "packages/api/package.json": "api"}


def test_chmod_leaves_folders_that_are_there_usable(workspace: Path, tmp_path: Path) -> None:
    from onggi.dockerfile.mode import parse

    base = make(tmp_path / "base", {"packages/old": ""})
    chosen = select(Context(str(workspace)), ["packages/api/package.json"], parents=True)
    layer = put(tmp_path / "layer", base, chosen, mode=parse("600"), owner=(5, 6))
    assert standing(layer / "packages")[:2] == (0o755, 0)
    assert standing(layer / "packages/api")[:2] == (0o600, 5)
    assert standing(layer / "packages/api/package.json")[:2] == (0o600, 5)


def test_a_mode_of_a_folder_on_the_way_counts(workspace: Path) -> None:
    def key() -> str:
        from onggi.dockerfile.mode import parse

        chosen = select(Context(str(workspace)), ["packages/api/package.json"], parents=True)
        return chosen.digest(MemoryStatCache(), mode=parse("600"))

    first = key()
    assert key() == first
    (workspace / "packages").chmod(0o700)
    assert key() != first
