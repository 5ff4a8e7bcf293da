from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onggi.dockerfile.ignore import Line, Matcher, parse, parse_lines
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
PATTERN_PARTS = st.sampled_from(
    ["a", "b", "ab", "*", "a*", "?", "[ab]", "[^a]", "**", "**b", "a**", "*a*", "A", "\\a", "\\*", "**\\a"]
)
NAMES = st.lists(PATTERN_PARTS, min_size=1, max_size=4).filter(
    lambda parts: sum("**" in part and part != "**" for part in parts) <= 3  # more are refused
)
PATTERNS = st.tuples(st.sampled_from(["", "!"]), NAMES.map("/".join)).map("".join)


def reference(patterns: list[str], path: str) -> bool:
    """BuildKit's walk, pattern by pattern: from the top down, what decided for a folder decides for what is in it; a
    pattern that would change nothing is not tried, and so passes nothing on."""
    names = path.split("/")
    passed_on = [False] * len(patterns)
    answer = False
    for length in range(1, len(names) + 1):
        answer = False
        for index, pattern in enumerate(patterns):
            is_exception = pattern.startswith("!")
            if not passed_on[index] and is_exception == answer:
                passed_on[index] = matches(pattern.removeprefix("!"), "/".join(names[:length]))
            if passed_on[index]:
                answer = not is_exception
    return answer


def matches(pattern: str, path: str) -> bool:
    """`**` at the very beginning and nothing special behind it means "ends with"; the rest is eaten from the left."""
    if pattern.startswith("**") and not re.search(r"[*?\[\]\\]", pattern[2:]):
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
    pattern = pattern.removeprefix("\\")
    return path.startswith(pattern[0]) and eats(pattern[1:], path[1:])


@given(st.lists(PATTERNS, max_size=4), PATHS)
@example(["**/a", "!**b"], "b/a/b")
@example(["a/**b"], "a/ab")
@example(["a/b", "!a"], "a/b")
@example(["a", "!a/b", "a/b/a"], "a/b/a")
@example(["**\\a"], "ba")
def test_agrees_with_the_rules_one_by_one(patterns: list[str], path: str) -> None:
    assert Matcher(patterns).excludes(path) is reference(patterns, path)


@given(st.lists(PATTERNS, max_size=4), PATHS)
def test_the_pattern_that_ignores_a_path_is_one_that_matches_it(patterns: list[str], path: str) -> None:
    names = path.split("/")
    culprit = Matcher(patterns).culprit(path)
    assert (culprit is not None) is reference(patterns, path)
    if culprit is not None:
        assert not patterns[culprit].startswith("!")
        assert any(matches(patterns[culprit], "/".join(names[:length])) for length in range(1, len(names) + 1))
        assert not any(
            pattern.startswith("!") and matches(pattern.removeprefix("!"), path) for pattern in patterns[culprit:]
        ), "no exception behind it holds"


BLANKS = st.sampled_from(["", " ", "\t"])
LINES = st.one_of(
    st.sampled_from(["", "  ", "# a", "#a", "!"]),
    st.tuples(
        BLANKS,
        st.sampled_from(["", "!", "! "]),
        st.sampled_from(["", "/", "./", "//", "../"]),
        PATHS,
        st.sampled_from(["", "/", "//", "/.", "/./a", "/../b"]),
        BLANKS,
    ).map("".join),
)


def cleaned(path: str) -> str:
    """As Go's filepath.Clean, by eliminating the parts that say nothing."""
    is_rooted = path.startswith("/")
    kept: list[str] = []
    for part in path.split("/"):
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif part not in ("", ".") and not (part == ".." and is_rooted):
            kept.append(part)
    return "/" * is_rooted + "/".join(kept) or "."


@given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lines_are_read_as_they_are_documented(lines: list[str], end: str, has_mark: bool) -> None:
    """Comments begin in the first column; blanks around a pattern, a slash before it and one behind it say nothing."""
    expected = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if line.startswith("#") or not text:
            continue
        sign, text = ("!", text[1:].strip()) if text.startswith("!") else ("", text)
        if not text:
            with pytest.raises(DockerfileError):
                parse_lines(end.join(lines))
            return
        path = cleaned(text)
        expected.append(Line(number, sign + (path[1:] if len(path) > 1 and path.startswith("/") else path)))
    assert parse_lines("\ufeff" * has_mark + end.join(lines)) == tuple(expected)


@given(st.lists(PATTERNS, max_size=4), PATHS, PATHS)
def test_nothing_wanted_is_beneath_a_folder_that_may_be_pruned(patterns: list[str], folder: str, inner: str) -> None:
    matcher = Matcher(patterns)
    if matcher.may_prune(folder):
        assert matcher.excludes(f"{folder}/{inner}")
        assert matcher.culprit(f"{folder}/") is not None


def test_prunes_what_no_exception_leads_to() -> None:
    matcher = Matcher(["node_modules", "docs", "!docs/api/*.md", "!vendor"])
    assert matcher.may_prune("node_modules")
    assert matcher.may_prune("docs/guide")
    assert not matcher.may_prune("docs")
    assert not matcher.may_prune("docs/api")
    assert not matcher.may_prune("src")
    assert not Matcher(["node_modules", "!**/*.md"]).may_prune("node_modules")
    assert Matcher(["**/node_modules/**"]).may_prune("web/node_modules")
    assert not Matcher(["node_modules/*"]).may_prune("node_modules"), "it is worth no effort"


def test_stars_without_end_are_matched_in_linear_time() -> None:
    """Where each star tried every place again, this would not end."""
    assert not Matcher(["*a" * 40 + "b"]).excludes("a" * 200)
    assert Matcher(["**/*a*/" * 12 + "x"]).excludes("xax/" * 12 + "x")
    assert not Matcher(["**/*a*/" * 12 + "x"]).excludes("xax/" * 30 + "y")


def test_double_stars_inside_of_names_are_few() -> None:
    assert Matcher(["a**b**c"]).excludes("a/x/b/c")
    with pytest.raises(Invalid, match="too many"):
        Matcher(["a**" * 9 + "b"])
