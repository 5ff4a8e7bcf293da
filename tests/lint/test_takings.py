from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.lint.view.context import MemoryContext
from onggi.lint.view.facts import Facts
from onggi.lint.view.subject import subject
from onggi.lint.view.takings import Taking, printable, takings


def taken(text: str, *files: str) -> tuple[Taking, ...]:
    context = MemoryContext(dict.fromkeys(files, ""))
    return takings(subject(parse(f"FROM scratch\n{text}\n"), Facts(automatic={}, context=context)))


@pytest.mark.parametrize(
    "words, path, expected",
    [
        (".", "a/b", True),
        ("./", "a", True),
        ("/", "a", True),
        ("a", "a", True),
        ("a/", "a/b", True),
        ("a", "ab", False),
        ("a/b", "a", False),
        ("a*", "abc/d", True),
        ("a/*/c", "a/b/c/d", True),
        ("a/*/c", "a/b/d", False),
        ("a/../b", "b/c", True),
        ("--exclude=c a", "a/c", False),
        ("--exclude=c a", "a/b/c", True),
        ("--exclude=**/c .", "a/b/c", False),
        ("--exclude=a a", "a", True),
        ("--exclude=ab a*", "ab", False),
    ],
)
def test_what_a_source_takes(words: str, path: str, expected: bool) -> None:
    (taking,) = taken(f"COPY {words} /x", "a/b", "b/c")
    assert taking.takes(path) is expected


@pytest.mark.parametrize(
    "words, path, expected",
    [(".", "a", True), ("a", "a/b", True), ("a", "a", False), ("a/", "a", False), ("*", "a", True), ("a*", "a", False)],
)
def test_what_comes_along_without_being_named(words: str, path: str, expected: bool) -> None:
    (taking,) = taken(f"COPY {words} /x", "a/b")
    assert taking.sweeps(path) is expected


@pytest.mark.parametrize(
    "line",
    [
        "COPY --from=x . /",
        "COPY $unset /",
        "COPY ${unset:-.} /",
        "COPY ../a /",
        "ADD https://example.com/a /",
        "ADD git@example.com:a/b.git /",
        "COPY <<x /a\ny\nx",
        "ONBUILD COPY . /",
        "COPY --parents **/a /",
        "COPY [a-] /",
        f"COPY {'a' * 5000} /",
    ],
)
def test_what_takes_nothing_that_could_be_told(line: str) -> None:
    assert taken(line, "a") == ()


def test_variables_and_several_sources() -> None:
    found = taken('ARG d=src\nENV e=lib\nADD $d/ "$e" /x/\nCOPY ["a b", "/y"]', "src/a", "lib/b")
    assert [taking.path for taking in found] == ["src", "lib", "a b"]


def test_a_context_that_lacks_most_of_the_named_files_is_another_one() -> None:
    assert taken("COPY api/a /\nCOPY . /", "b") == ()
    assert taken("COPY api/a api/b b /\nCOPY . /", "b") == ()
    assert len(taken("COPY api/a b /\nCOPY . /", "b")) == 3
    assert len(taken("COPY . /", "b")) == 1
    assert len(taken("COPY a* /", "b")) == 1


def test_triggers_of_a_stage_take_where_it_is_built_on() -> None:
    context = MemoryContext({"a": ""})
    text = "FROM scratch AS s\nONBUILD COPY . /x\nFROM s\n"
    (taking,) = takings(subject(parse(text), Facts(automatic={}, context=context)))
    assert (taking.path, taking.step.place.origin.span.line) == (".", 3)


def test_names_are_shown_as_they_can_be() -> None:
    assert printable("한글/a\nb\x1b\udcff") == "한글/a\ufffdb\ufffd\ufffd"
