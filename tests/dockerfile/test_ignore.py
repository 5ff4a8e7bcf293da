from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onggi.dockerfile.ignore import Matcher, parse
from onggi.dockerfile.source import DockerfileError
from onggi.errors import Invalid

# What Docker's pattern matcher answers for one pattern: its own table, as far as its paths are clean.
DOCKER = [
    ("**", "file", True),
    ("**/", "file", True),
    ("**", "dir/file", True),
    ("**/**", "dir/file", True),
    ("dir/**", "dir/file", True),
    ("dir/**", "dir/dir2/file", True),
    ("dir/**", "dir", False),
    ("**/dir", "dir", True),
    ("**/dir", "dir/file", True),
    ("**/dir2/*", "dir/dir2/file", True),
    ("**/dir2/**", "dir/dir2/dir3/file", True),
    ("**file", "file", True),
    ("**file", "dir/dir/file", True),
    ("**file", "dir/profile", True),
    ("**/file", "dir/dir/file", True),
    ("**/file", "dir/profile", False),
    ("**/file*.txt*", "dir/dir/file.txt", True),
    ("**/**/*.txt", "file.txt", True),
    ("**/**/*.txt2", "dir/dir/file.txt", False),
    ("a**/*.txt", "a/file.txt", True),
    ("a**/*.txt", "a/dir/dir/file.txt", True),
    ("a/*.txt", "a/dir/file.txt", False),
    ("a/*.txt", "a/file.txt", True),
    ("a/*.txt**", "a/file.txt", True),
    ("a[b-d]e", "ae", False),
    ("a[b-d]e", "ace", True),
    ("a[^b-d]e", "aze", True),
    (".*", ".foo", True),
    (".*", "foo", False),
    ("abc.def", "abcZdef", False),
    ("abc?def", "abcZdef", True),
    ("**/foo/bar", "dir/dir2/foo/bar", True),
    ("**/.foo", ".foo", True),
    ("**/.foo", "bar.foo", False),
    ("a(b)c/def", "a(b)c/def", True),
    ("a.|)$(}+{bc", "a.|)$(}+{bc", True),
    ("dist/proxy.py-2.4.0rc3+g0-py3-none-any.whl", "dist/proxy.py-2.4.0rc3+g0-py3-none-any.whl", True),
    ("a\\*b", "a*b", True),
    ("docs", "docs/README.md", True),
    ("docs/", "docs/README.md", True),
    ("./docs", "docs/a/b", True),
    ("a/../docs", "docs", True),
    ("", "anything", False),
    (".", "anything", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), DOCKER)
def test_one_pattern(pattern: str, path: str, expected: bool) -> None:
    assert Matcher([pattern]).excludes(path) is expected


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (["**", "!util/docker/web"], "util/docker/web/foo", False),
        (["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", True),
        (["!fileutils.go", "*.go"], "fileutils.go", True),
        (["*.go", "!fileutils.go"], "fileutils.go", False),
        (["docs", "!docs/README.md"], "docs/README.md", False),
        (["docs", "!docs/README.md"], "docs/other.md", True),
        (["docs/*", "!docs/README.md"], "docs/README.md", False),
        (["*", "!src", "src/**/*.log"], "src/a/b.log", True),
        (["*", "!src", "src/**/*.log"], "src/a/b.ts", False),
        (["  !keep  ", "keep"], "keep", True),
    ],
)
def test_order_and_exceptions(patterns: list[str], path: str, expected: bool) -> None:
    assert Matcher(patterns).excludes(path) is expected


@pytest.mark.parametrize("pattern", ["[", "a[", "[a-", "!", "!  "])
def test_malformed(pattern: str) -> None:
    with pytest.raises(Invalid):
        Matcher([pattern])


def test_a_malformed_line_is_named() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("# logs\n*.log\nfoo[\r\n", "app.dockerignore")
    place, line, carets = str(caught.value).splitlines()
    assert place == "app.dockerignore:3:1: malformed pattern: 'foo['"
    assert (line, carets) == ("   3 | foo[", "     | ^^^^")
    assert "a class looks like" in caught.value.hint
    with pytest.raises(DockerfileError, match=r"^\.dockerignore:2:1: "):
        parse("a\n !\n")


def test_parse() -> None:
    text = "\ufeff# comment\n\n  node_modules/  \r\n/build\n!/build/keep\n! ./x/../y\n # no comment\n./a//b/\n"
    assert parse(text) == ("node_modules", "build", "!build/keep", "!y", "# no comment", "a/b")
    assert parse("one\u2028name\nother") == ("one\u2028name", "other")


PARTS = st.text("ab", min_size=1, max_size=2)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
PATTERN_PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "?", "[ab]", "[^a]", "**", "**b", "a**", "*a*"])
PATTERNS = st.tuples(st.sampled_from(["", "!"]), st.lists(PATTERN_PARTS, min_size=1, max_size=4).map("/".join)).map(
    "".join
)


def reference(patterns: list[str], path: str) -> bool:
    """The rules one by one: each pattern is tried on the path and on all its parents; the last that matches
    decides."""
    parts = path.split("/")
    parents = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    answer = False
    for pattern in patterns:
        if any(matches(pattern.removeprefix("!"), parent) for parent in parents):
            answer = not pattern.startswith("!")
    return answer


def matches(pattern: str, path: str) -> bool:
    """`**` at the very beginning and nothing special behind it means "ends with"; the rest is eaten from the left."""
    if pattern.startswith("**") and not re.search(r"[*?\[]", pattern[2:]):
        rest = pattern[2:]
        return path.endswith(rest) or (rest.startswith("/") and path == rest[1:])
    return eats(pattern, path)


def eats(pattern: str, path: str) -> bool:
    """Eats the pattern from the left, trying every way a star can go."""
    if not pattern:
        return not path
    if pattern.startswith("**"):
        rest = pattern[3:] if pattern.startswith("**/") else pattern[2:]
        if not rest:
            return True
        cuts = [0, *(index + 1 for index, character in enumerate(path) if character == "/")]
        return any(eats(rest, path[cut:]) for cut in cuts)
    if pattern.startswith("*"):
        for length in range(len(path) + 1):
            if "/" in path[:length]:
                return False
            if eats(pattern[1:], path[length:]):
                return True
        return False
    if pattern.startswith("["):
        members = pattern[1 : pattern.index("]")]
        rest = pattern[pattern.index("]") + 1 :]
        is_member = path[:1] in members.removeprefix("^")
        return path[:1] not in ("", "/") and is_member != members.startswith("^") and eats(rest, path[1:])
    if pattern.startswith("?"):
        return path[:1] not in ("", "/") and eats(pattern[1:], path[1:])
    return path.startswith(pattern[0]) and eats(pattern[1:], path[1:])


@given(st.lists(PATTERNS, max_size=4), PATHS)
@example(["**/a", "!**b"], "b/a/b")
@example(["a/**b"], "a/ab")
def test_agrees_with_the_rules_one_by_one(patterns: list[str], path: str) -> None:
    assert Matcher(patterns).excludes(path) is reference(patterns, path)


@given(st.lists(PATTERNS, max_size=4), PATHS, PATHS)
def test_nothing_wanted_is_beneath_a_folder_that_may_be_pruned(patterns: list[str], folder: str, inner: str) -> None:
    matcher = Matcher(patterns)
    if matcher.may_prune(folder):
        assert matcher.excludes(folder)
        assert matcher.excludes(f"{folder}/{inner}")


def test_prunes_what_no_exception_leads_to() -> None:
    matcher = Matcher(["node_modules", "docs", "!docs/api/*.md", "!vendor"])
    assert matcher.may_prune("node_modules")
    assert matcher.may_prune("docs/guide")
    assert not matcher.may_prune("docs")
    assert not matcher.may_prune("docs/api")
    assert not matcher.may_prune("src")
    assert not Matcher(["node_modules", "!**/*.md"]).may_prune("node_modules")
