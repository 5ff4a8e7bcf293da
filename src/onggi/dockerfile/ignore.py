"""`.dockerignore`: which paths of the build context are not there as far as a build is concerned.

The meaning is that of Docker's pattern matcher: patterns are read in order, each decides for the path it matches and
for all beneath it, `!` makes an exception, `**` stands for any number of folders, and the last pattern that matches
wins.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from onggi.dockerfile import glob
from onggi.dockerfile.source import DockerfileError, Source, Span
from onggi.errors import Invalid


def parse(text: str, name: str = ".dockerignore") -> tuple[str, ...]:
    """The patterns of a `.dockerignore` file: without comments and blank lines, relative to the context, cleaned.
    Raises DockerfileError, with the line of the file `name`, where one is malformed."""
    source = Source.of(text, name)  # not splitlines: a name may hold what Python takes for the end of a line
    return tuple(
        pattern
        for number, line in enumerate(source.lines, 1)
        if not line.startswith("#") and (pattern := _checked(source, number))
    )


def _checked(source: Source, number: int) -> str:
    line = source.lines[number - 1]
    pattern = _normalized(line.strip())
    try:
        if pattern:
            _Rule(pattern)
    except Invalid as error:
        raise DockerfileError(error.message, source, Span(number, 1, number, len(line) + 1), hint=error.hint) from error
    return pattern


def _normalized(line: str) -> str:
    sign = line[:1] if line.startswith("!") else ""
    pattern = line.removeprefix("!").strip()
    if pattern:
        pattern = _clean(pattern)
        pattern = pattern.removeprefix("/") or pattern
    return sign + pattern


def _clean(path: str) -> str:
    # POSIX lets two leading slashes mean something else, so normpath keeps them.
    return posixpath.normpath(re.sub("^/+", "/", path))


class Matcher:
    """Answers for paths relative to the context, with `/` and without a leading one.

    >>> Matcher(["node_modules", "!node_modules/keep"]).excludes("node_modules/left-pad/index.js")
    True
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """Raises Invalid where a pattern is malformed."""
        rules = [_Rule(pattern) for text in patterns if (pattern := text.strip())]
        rules.reverse()  # the last one that matches wins
        self._rules = rules
        # Neighbours of one sign are one regular expression: most files are nothing but exclusions.
        self._decisions = [
            (not is_exception, re.compile(f"(?:{'|'.join(rule.regex for rule in group)})(?:/.*)?", re.DOTALL))
            for is_exception, group in groupby(rules, key=lambda rule: rule.is_exception)
        ]

    def excludes(self, path: str) -> bool:
        """Whether `path` is left out of the context."""
        for is_excluded, regex in self._decisions:
            if regex.fullmatch(path):
                return is_excluded
        return False

    def may_prune(self, folder: str) -> bool:
        """Whether nothing beneath `folder` can be wanted, so that it needn't be opened."""
        if not self.excludes(folder):
            return False
        parts = folder.split("/")
        return not any(rule.is_exception and rule.may_match_beneath(parts) for rule in self._rules)


class _Rule:
    def __init__(self, text: str) -> None:
        self.is_exception = text.startswith("!")
        pattern = text.removeprefix("!")
        if not pattern:
            raise Invalid('"!" alone is not a pattern of .dockerignore', hint="name what to keep: !src/keep.txt")
        pattern = _clean(pattern)
        self.regex = _regex(list(glob.tokens(pattern)))
        self._parts = pattern.split("/")

    def may_match_beneath(self, folder: Sequence[str]) -> bool:
        """Whether the pattern could match a path inside `folder`. True where it is not worth finding out."""
        for part, name in zip(self._parts, folder, strict=False):
            if "**" in part:
                return True
            if not glob.compile_part(part).fullmatch(name):
                return False
        return len(self._parts) > len(folder)


def _regex(tokens: Sequence[glob.Token]) -> str:
    """One pattern as a regular expression. `**/` is any number of folders, `**` at the end anything at all."""
    if _is_suffix(tokens):
        return _suffix(tokens[2:])
    parts = []
    at = 0
    while at < len(tokens):
        if not _is_double_star(tokens, at):
            parts.append(tokens[at].regex)
            at += 1
            continue
        at += 3 if at + 2 < len(tokens) and tokens[at + 2].regex == "/" else 2
        parts.append("(?:.*/)?" if at < len(tokens) else ".*")
    return "".join(parts)


def _is_suffix(tokens: Sequence[glob.Token]) -> bool:
    """Docker's matcher reads `**` before plain characters as "ends with": `**.log` matches `a/b.log` and `b.log`."""
    return _is_double_star(tokens, 0) and all(token.kind == "literal" for token in tokens[2:])


def _suffix(tokens: Sequence[glob.Token]) -> str:
    text = "".join(token.regex for token in tokens)
    return f"(?:.*/)?{text.removeprefix('/')}" if text.startswith("/") else f".*{text}"


def _is_double_star(tokens: Sequence[glob.Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at].kind == tokens[at + 1].kind == "run"
