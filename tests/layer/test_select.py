from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onggi.dockerfile.ignore import Matcher
from onggi.dockerfile.mode import parse
from onggi.errors import Conflict, Invalid, NotFound, Unsupported
from onggi.layer import stat_cache, xattr
from onggi.layer.context import Context
from onggi.layer.match import Tree
from onggi.layer.select import Selection, select
from onggi.layer.stat_cache import Folders, MemoryStatCache, is_settled
from onggi.layer.union import Union

from .trees import Link, make

PROJECT = {
    "package.json": "{}",
    "package-lock.json": "{}",
    "src/cart.ts": "cart",
    "src/api/index.ts": "index",
    "src/api/index.test.ts": "test",
    "docs/README.md": "read me",
    "docs/guide.md": "guide",
    "node_modules/left-pad/index.js": "pad",
    "link": Link("src/cart.ts"),
    "folder-link": Link("src/api"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path / "project", PROJECT)


def names(selection: Selection) -> list[list[str]]:
    """Per match: its name, then the paths inside."""
    return [[match.name, *(match.inner(node) for node in match.nodes[1:])] for match in selection.matches]


def chosen(project: Path, *sources: str, ignore: tuple[str, ...] = ()) -> list[list[str]]:
    return names(select(Context(str(project), ignore), sources))


def test_paths_and_folders(project: Path) -> None:
    assert chosen(project, "package.json") == [["package.json"]]
    assert chosen(project, "/docs/", "./package.json") == [["docs", "/README.md", "/guide.md"], ["package.json"]]
    assert chosen(project, "src") == [["src", "/api", "/api/index.test.ts", "/api/index.ts", "/cart.ts"]]


def test_all_of_it(project: Path) -> None:
    selection = select(Context(str(project)), ["."])
    assert selection.files == 10
    assert selection.bytes == sum(len(text) for text in PROJECT.values() if not isinstance(text, Link))
    assert selection.matches[0].inner(selection.matches[0].nodes[1]) == "/docs"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("package*.json", ["package-lock.json", "package.json"]),
        ("src/*/index.ts", ["index.ts"]),
        ("*/api", ["api"]),
        ("docs/[RG]*", ["README.md"]),
        ("docs/[^R]*", ["guide.md"]),
        ("*/*/index.js", ["index.js"]),
        ("fold*", ["folder-link"]),
        ("folder-link/*.test.ts", ["index.test.ts"]),
        ("fold*/index.ts", []),  # a link is not followed after a wildcard
        ("yarn.lock*", []),
        ("nowhere/*", []),
    ],
)
def test_patterns(project: Path, pattern: str, expected: list[str]) -> None:
    assert [match[0] for match in chosen(project, pattern)] == expected


def test_a_link_that_is_named_is_followed_and_keeps_its_name(project: Path) -> None:
    assert chosen(project, "link") == [["link"]]
    selection = select(Context(str(project)), ["link", "folder-link"])
    assert selection.matches[0].top.is_file
    assert names(selection)[1] == ["folder-link", "/index.test.ts", "/index.ts"]


def test_a_path_that_is_not_there_and_would_be_ignored(project: Path) -> None:
    with pytest.raises(NotFound, match=r"lib/x is not in the build context .*, and \.dockerignore excludes it"):
        chosen(project, "lib/x", ignore=("lib", "!lib/x/y"))
    with pytest.raises(NotFound, match="is not in the build context"):
        chosen(project, "x" * 300)


@pytest.mark.parametrize("source", ["missing", "src/missing.ts", "package.json/x"])
def test_a_path_that_is_not_there(project: Path, source: str) -> None:
    with pytest.raises(NotFound, match=f"{source} is not in the build context"):
        chosen(project, source)


def test_a_path_that_is_ignored_is_told_so(project: Path) -> None:
    with pytest.raises(NotFound, match=r"docs/guide\.md is excluded from the build context by \.dockerignore"):
        chosen(project, "docs/guide.md", ignore=("docs",))
    with pytest.raises(NotFound, match="excluded"):
        chosen(project, "docs", ignore=("docs/", "!docs/nothing-like-this"))


def test_a_link_to_what_is_ignored_names_it(project: Path) -> None:
    (project / "guide").symlink_to("docs/guide.md")
    with pytest.raises(NotFound, match=r"guide leads to docs/guide\.md, which is excluded") as caught:
        chosen(project, "guide", ignore=("docs",))
    assert caught.value.hint == "add the line !docs/guide.md at the end of .dockerignore"
    with pytest.raises(NotFound, match=r"^\./docs/guide\.md is excluded"):
        chosen(project, "./docs/guide.md", ignore=("docs",))
    (project / "broken").symlink_to("nothing")
    with pytest.raises(NotFound, match="broken leads to nothing, which is not in the build context"):
        chosen(project, "broken")


@pytest.mark.parametrize("text", ["/etc/passwd", "../secret", "src/../../secret", "/"])
def test_a_link_out_of_the_context_is_refused(project: Path, text: str) -> None:
    make(project.parent, {"secret": "secret"})
    (project / "out").symlink_to(text)
    for source in ("out", "out/deeper", "out/*"):
        with pytest.raises(Invalid, match=r"out is a symbolic link to .*outside the build context"):
            chosen(project, source)


def test_a_link_to_a_name_that_begins_with_dots_stays_inside(project: Path) -> None:
    make(project, {"..data/key": "k"})  # how Kubernetes lays out what it mounts
    (project / "key").symlink_to("..data/key")
    assert chosen(project, "key") == [["key"]]


def test_dots_out_of_the_context_are_refused(project: Path) -> None:
    with pytest.raises(Invalid, match="leads out of the build context"):
        chosen(project, "src/../../secret")


def test_a_loop_of_links(project: Path) -> None:
    (project / "a").symlink_to("b")
    (project / "b").symlink_to("a")
    with pytest.raises(Invalid, match="too many levels of symbolic links"):
        chosen(project, "a")


def test_links_inside_a_folder_stay_links_wherever_they_lead(project: Path) -> None:
    (project / "docs" / "out").symlink_to("/etc/passwd")
    selection = select(Context(str(project)), ["docs"])
    assert any(node.is_link for node in selection.matches[0].nodes)


def test_ignored_files_are_not_there(project: Path) -> None:
    ignore = ("node_modules", "docs", "!docs/README.md", "**/*.test.ts")
    inside = chosen(project, ".", ignore=ignore)[0][1:]
    assert inside == [
        "/docs",
        "/docs/README.md",
        "/folder-link",
        "/link",
        "/package-lock.json",
        "/package.json",
        "/src",
        "/src/api",
        "/src/api/index.ts",
        "/src/cart.ts",
    ]
    assert chosen(project, "docs/*", ignore=ignore) == [["README.md"]]


def test_when_all_is_ignored_the_root_is_still_there(project: Path) -> None:
    assert chosen(project, ".", ignore=("*",)) == [["."]]
    assert chosen(project, "*", ignore=("**",)) == []


def test_an_ignored_folder_is_never_opened(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    real = os.open

    def spy(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        opened.append(path)
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", spy)
    chosen(project, ".", ignore=("node_modules",))
    assert "src" in opened
    assert "node_modules" not in opened


def test_sockets_are_left_out(project: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(project / "docs" / "s"))
        assert chosen(project, "docs") == [["docs", "/README.md", "/guide.md"]]
        assert chosen(project, "docs/s*") == []
        with pytest.raises(Unsupported, match="docs/s is a socket"):
            chosen(project, "docs/s")


def test_deep_trees(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(300):
        folder /= "d"
    folder.mkdir(parents=True)
    assert len(select(Context(str(tmp_path)), ["."]).matches[0].nodes) == 301


def test_from_layers(tmp_path: Path) -> None:
    make(tmp_path / "low", {"app/dist/a.js": "a", "app/dist/b.js": "b", "lib": Link("/app/dist")})
    make(tmp_path / "high", {"app/dist/b.js": "new"})
    tree = Union([str(tmp_path / "high"), str(tmp_path / "low")])
    assert names(select(tree, ["app/dist"])) == [["dist", "/a.js", "/b.js"]]
    assert names(select(tree, ["lib/*.js"])) == [["a.js"], ["b.js"]]
    assert names(select(tree, ["../../lib/a.js"])) == [["a.js"]]  # beneath the root, as in a container
    with pytest.raises(NotFound, match="no such file or folder to copy: /app/nothing"):
        select(tree, ["app/nothing"])
    with pytest.raises(NotFound, match=r"/app/dits; did you mean /app/dist\?"):
        select(tree, ["app/dits"])


NAMES = st.sampled_from(["a", "b", "ab"])
FILES = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=6)
PATTERNS = st.lists(st.sampled_from(["a", "*", "!a", "!a/b", "**/b", "!**/b", "a/*", "!a/*/ab", "ab", "?"]), max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, PATTERNS)
def test_the_pruned_walk_leaves_out_only_what_is_excluded(
    tmp_path_factory: pytest.TempPathFactory, files: list[str], patterns: list[str]
) -> None:
    root = tmp_path_factory.mktemp("context")
    for path in files:
        target = root / path
        if not any(parent.is_file() for parent in target.parents) and not target.exists():
            make(root, {path: "x"})
    matcher = Matcher(patterns)
    expected = {
        str(path.relative_to(root)) for path in root.rglob("*") if not matcher.excludes(str(path.relative_to(root)))
    }
    expected |= {str(parent) for path in expected for parent in Path(path).parents} - {"."}
    found = {node.path[1:] for node in Context(str(root), patterns).walk()} - {""}
    assert found == expected


# The digest


def digest(tree: Tree, *sources: str, mode: int | None = None) -> str:
    return select(tree, sources).digest(MemoryStatCache(), mode=None if mode is None else parse(f"{mode:o}"))


def test_times_and_the_place_of_the_context_do_not_matter(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one", PROJECT), make(tmp_path / "two", PROJECT)
    os.utime(two / "src" / "cart.ts", (1, 1))
    two.chmod(0o700)
    for owned in two.rglob("*"):
        os.chown(owned, 1000, 1000, follow_symlinks=False)
    assert digest(Context(str(one)), ".") == digest(Context(str(two)), ".")


def test_names_modes_contents_links_and_attributes_matter(project: Path) -> None:
    context = Context(str(project))
    seen = {digest(context, ".")}

    def differs() -> bool:
        before = len(seen)
        seen.add(digest(context, "."))
        return len(seen) == before + 1

    (project / "src" / "cart.ts").write_text("CART")
    assert differs()
    (project / "src" / "cart.ts").chmod(0o755)
    assert differs()
    (project / "src" / "cart.ts").rename(project / "src" / "card.ts")
    assert differs()
    (project / "link").unlink()
    (project / "link").symlink_to("src/card.ts")
    assert differs()
    (project / "empty").mkdir()
    assert differs()
    os.setxattr(project / "empty", "user.note", b"1")
    assert differs()


def test_a_file_has_its_name_in_the_digest_a_folder_has_not(tmp_path: Path) -> None:
    context = Context(str(make(tmp_path, {"a": "x", "b": "x", "d/f": "x", "e/f": "x"})))
    assert digest(context, "a") != digest(context, "b")
    assert digest(context, "d") == digest(context, "e")
    assert digest(context, "d", "a") != digest(context, "a", "d")
    assert digest(context, "a", mode=0o600) != digest(context, "a", mode=0o644)


def test_owners_matter_in_an_image(tmp_path: Path) -> None:
    make(tmp_path, {"f": "x"})
    before = digest(Union([str(tmp_path)]), "f")
    os.chown(tmp_path / "f", 5, 5)
    assert digest(Union([str(tmp_path)]), "f") != before
    given_owner = select(Union([str(tmp_path)]), ["f"]).digest(MemoryStatCache(), owner=(0, 0))
    assert given_owner == before


class CountingCache(MemoryStatCache):
    """Counts what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.learned = 0

    def put(self, folders: Folders) -> None:
        self.learned += sum(map(len, folders.values()))
        super().put(folders)


@pytest.fixture
def settle(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Waits until the files of the project count as left alone, which is sooner here."""
    monkeypatch.setattr(stat_cache, "SETTLED", 0.1)

    def wait() -> None:
        latest = max(path.lstat().st_ctime for path in project.rglob("*"))
        time.sleep(max(0.0, latest + 0.15 - time.time()))

    return wait


def test_what_was_left_alone_is_read_once(project: Path, settle: Callable[[], None]) -> None:
    settle()
    stats = CountingCache()
    context = Context(str(project))
    first = select(context, ["."]).digest(stats)
    assert stats.learned == 8
    assert select(context, ["."]).digest(stats) == first
    assert stats.learned == 8
    (project / "src" / "cart.ts").write_text("card")  # the same size
    assert select(context, ["."]).digest(stats) != first


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of which extended attributes were read."""
    paths: list[str] = []
    read = xattr.read

    def listening(path: str | bytes | int) -> xattr.Xattrs:
        paths.append(os.fsdecode(path) if not isinstance(path, int) else str(path))
        return read(path)

    monkeypatch.setattr(xattr, "read", listening)
    return paths


def test_attributes_of_what_was_left_alone_are_asked_for_once(
    project: Path, settle: Callable[[], None], asked: list[str]
) -> None:
    noted = project / "docs/guide.md"
    os.setxattr(noted, "user.note", b"1")
    settle()
    stats = MemoryStatCache()
    context = Context(str(project))
    first = select(context, ["docs"]).digest(stats)
    assert sorted(asked) == [str(project / "docs/README.md"), str(noted)]
    asked.clear()
    assert select(context, ["docs"]).digest(stats) == first
    assert asked == [str(noted)], "only of what has none it is remembered"


@pytest.mark.parametrize("name", ["user.note", "trusted.note"])
def test_an_attribute_that_is_set_or_removed_later_is_noticed(
    project: Path, settle: Callable[[], None], name: str
) -> None:
    file = project / "src/cart.ts"
    settle()
    stats = MemoryStatCache()
    context = Context(str(project))
    bare = select(context, ["src"]).digest(stats)
    before = file.stat()
    os.setxattr(file, name, b"1")
    assert (before.st_size, before.st_mtime_ns) == (file.stat().st_size, file.stat().st_mtime_ns)
    with_attribute = select(context, ["src"])
    assert with_attribute.digest(stats) != bare
    (node,) = (node for node in with_attribute.matches[0].nodes if node.path == "/src/cart.ts")
    assert with_attribute.attributes(node).xattrs == {name: b"1"}
    settle()
    assert select(context, ["src"]).digest(stats) != bare
    os.removexattr(file, name)
    assert select(context, ["src"]).digest(stats) == bare


def test_what_has_just_been_written_is_not_trusted(project: Path) -> None:
    stats = CountingCache()
    (project / "new").write_text("1")
    context = Context(str(project))
    first = select(context, ["new"]).digest(stats)
    assert stats.learned == 0
    (project / "new").write_text("2")
    assert select(context, ["new"]).digest(stats) != first


def test_layers_never_change_so_they_are_trusted_at_once(project: Path) -> None:
    stats = CountingCache()
    select(Union([str(project)]), ["src"]).digest(stats)
    assert stats.learned == 3


@pytest.mark.parametrize(
    ("mtime", "ctime", "expected"), [(7.9, 7.9, True), (8.1, 7.9, False), (7.9, 8.1, False), (99, 1, False)]
)
def test_is_settled(mtime: float, ctime: float, expected: bool) -> None:
    status = os.stat_result(range(10), {"st_mtime_ns": int(mtime * 1e9), "st_ctime_ns": int(ctime * 1e9)})
    assert is_settled(status, 10.0) is expected


def test_a_file_that_changes_between_the_walk_and_the_read(project: Path) -> None:
    selection = select(Context(str(project)), ["src"])
    (project / "src" / "cart.ts").write_text("something else")
    with pytest.raises(Conflict, match=r"src/cart\.ts changed while it was read"):
        selection.digest(MemoryStatCache())


def test_a_file_that_goes_between_the_walk_and_the_read(project: Path) -> None:
    selection = select(Context(str(project)), ["src"])
    (project / "src" / "cart.ts").unlink()
    with pytest.raises(Conflict, match=r"src/cart\.ts changed"):
        selection.digest(MemoryStatCache())


def test_a_link_to_a_file_of_a_layer_is_no_change(tmp_path: Path) -> None:
    """Another build that links the file into its own layer moves its ctime while we read."""
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "file").write_bytes(b"content")
    selection = select(Union([str(layer)]), ["file"])
    os.link(layer / "file", tmp_path / "linked")
    assert selection.digest(MemoryStatCache()).startswith("sha256:")
