"""What a fuzzer throws bytes at: each target takes any text and holds the language to its promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onggi.dockerfile import format as formatting
from onggi.dockerfile import ignore, words
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, Source
from onggi.dockerfile.syntax import Dockerfile
from onggi.lint.check import check
from onggi.lint.view.facts import Facts

_VARIABLES = {"a": "b c", "empty": "", "PATH": "/bin:/usr/bin", "_1": "*?[x]"}


def parser(text: str) -> None:
    """Any text is a Dockerfile or a DockerfileError with a place in it; what is one can be written and read again, and
    checked."""
    dockerfile = _parsed(text)
    if dockerfile is not None:
        written = formatting.format(text)
        assert formatting.format(written) == written
        try:
            check(dockerfile, Facts(automatic=_VARIABLES))
        except DockerfileError as error:
            _has_place(error)


def heredocs(text: str) -> None:
    """The same behind instructions that take heredocs."""
    for head in ("RUN <<A <<-'B'", 'COPY <<A <<"B" /', "ADD <<-A /x"):
        _parsed(f"FROM scratch\n{head}\n{text}\nA\nB\n")
        _parsed(f"FROM scratch\n{head}{text}")


def expansion(text: str) -> None:
    """Any word expands, or is an ExpansionError."""
    for escape in ("\\", "`"):
        for expand in (words.expand, words.split):
            try:
                expand(text, _VARIABLES, escape)
            except words.ExpansionError:
                pass
    try:
        words.expand_text(text, _VARIABLES)
    except words.ExpansionError:
        pass


def ignoring(text: str) -> None:
    """Any text is a list of patterns, which answer for every path, or a DockerfileError."""
    try:
        patterns = ignore.parse(text)
    except DockerfileError as error:
        _has_place(error)
        return
    matcher = ignore.Matcher(patterns)
    own = (line[:200] for line in text.split("\n")[:3] if line)
    for path in ("a", "a/b", ".git/config", "node_modules/x/y.js", *own):
        assert isinstance(matcher.excludes(path), bool)


def _parsed(text: str) -> Dockerfile | None:
    try:
        return parse(text)
    except DockerfileError as error:
        _has_place(error)
        return None


def _has_place(error: DockerfileError) -> None:
    source: Source = error.source
    assert 1 <= error.span.line <= max(len(source.lines), 1), error
    assert error.span.column >= 1
    assert str(error).startswith(f"{source.name}:{error.span.line}:"), error


TARGETS: Mapping[str, Callable[[str], None]] = {
    "parser": parser,
    "heredocs": heredocs,
    "expansion": expansion,
    "ignoring": ignoring,
}
