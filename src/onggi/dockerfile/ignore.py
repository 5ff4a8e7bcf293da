"""`.dockerignore`: which paths of the build context are not there as far as a build is concerned.

The meaning is that of BuildKit's walk over a context. Patterns are read in order; each decides for the path it matches
and for all beneath it, `!` makes an exception, `**` stands for any number of folders, and the last pattern that matches
wins. One case is not as it is documented: an exception counts only where something was ignored. With `a/b` and then
`!a`, a/b stays ignored, since a was not ignored when it was met, and `!a` says nothing of a/b itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from onggi.dockerfile import glob
from onggi.dockerfile.source import DockerfileError, Source, Span
from onggi.errors import Invalid

_FOLDERS = "(?:.*?/)??"
_MOST_GLUED = 3  # double stars inside of names: each one may square the time of a match
_SPECIAL = re.compile(r"[*?\[\]\\]")


class Line(msgspec.Struct, frozen=True):
    """A pattern, relative to the context and cleaned, and the number of its line."""

    number: int
    pattern: str


def parse(text: str, name: str = ".dockerignore") -> tuple[str, ...]:
    """The patterns of a `.dockerignore` file. Raises as `parse_lines`."""
    return tuple(line.pattern for line in parse_lines(text, name))


def parse_lines(text: str, name: str = ".dockerignore") -> tuple[Line, ...]:
    """A `.dockerignore` file without comments and blank lines. Raises DockerfileError, with the line of the file
    `name`, where a pattern is malformed."""
    source = Source.of(text, name)  # not splitlines: a name may hold what Python takes for the end of a line
    return tuple(
        Line(number, pattern)
        for number, line in enumerate(source.lines, 1)
        if not line.startswith("#") and (pattern := _checked(source, number))
    )


def _checked(source: Source, number: int) -> str:
    line = source.lines[number - 1]
    pattern = _normalized(line.strip())
    try:
        if pattern:
            _Rule(0, pattern)
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
    """Answers for paths relative to the context, with `/` and without a leading one. Remembers folders, so that each
    is looked at once.

    >>> Matcher(["node_modules", "!node_modules/keep"]).excludes("node_modules/left-pad/index.js")
    True
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """Raises Invalid where a pattern is malformed."""
        rules = [_Rule(index, pattern) for index, text in enumerate(patterns) if (pattern := text.strip())]
        # Neighbours of one sign are one regular expression: most files are nothing but exclusions.
        self._groups = [_Group(sign, list(group)) for sign, group in groupby(rules, key=lambda rule: rule.is_exception)]
        # Folder → for each group whether it decided for the folder, and so for all beneath it.
        self._decided: dict[str, tuple[bool, ...]] = {"": (False,) * len(self._groups)}

    def excludes(self, path: str) -> bool:
        """Whether `path` is left out of the context. Asked of every file of a context, so it does no more than it
        must."""
        is_excluded = False
        if self._groups:
            for group, was in zip(self._groups, self._inherited(path.rpartition("/")[0]), strict=True):
                if was or (group.is_exception == is_excluded and group.fullmatch(path) is not None):
                    is_excluded = not group.is_exception
        return is_excluded

    def culprit(self, path: str) -> int | None:
        """The index of the pattern that leaves `path` out, None if it is not left out. With a slash at its end it means
        what is in that folder."""
        group = self._deciding(path)
        if group is None or group.is_exception:
            return None
        names = path.split("/")
        prefixes = ["/".join(names[:length]) for length in range(1, len(names) + 1)]
        return next(rule.index for prefix in prefixes for rule in group.rules if rule.matches(prefix))

    def may_prune(self, folder: str) -> bool:
        """Whether nothing beneath `folder` can be wanted, so that it needn't be opened. With a pattern like `folder/**`
        the folder itself can be."""
        group = self._deciding(f"{folder}/")
        if group is None or group.is_exception:
            return False
        parts = folder.split("/")
        exceptions = (rule for group in self._groups if group.is_exception for rule in group.rules)
        return (self.excludes(folder) or group.empties(folder)) and not any(
            rule.may_match_beneath(parts) for rule in exceptions
        )

    def _deciding(self, path: str) -> _Group | None:
        """The last group that decides for `path`."""
        decided = self._decide(path, self._inherited(path.rpartition("/")[0]))
        return next(
            (group for group, is_it in zip(reversed(self._groups), reversed(decided), strict=True) if is_it), None
        )

    def _inherited(self, folder: str) -> tuple[bool, ...]:
        if known := self._decided.get(folder):
            return known
        unknown = []
        while folder not in self._decided:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        decided = self._decided[folder]
        for path in reversed(unknown):
            decided = self._decided[path] = self._decide(path, decided)
        return decided

    def _decide(self, path: str, inherited: tuple[bool, ...]) -> tuple[bool, ...]:
        """For each group whether it decides for `path`. One that would change nothing is not asked, and then nothing
        beneath inherits from it either."""
        decided = []
        is_excluded = False
        for group, was in zip(self._groups, inherited, strict=True):
            is_it = was or (group.is_exception == is_excluded and group.fullmatch(path) is not None)
            if is_it:
                is_excluded = not group.is_exception
            decided.append(is_it)
        return tuple(decided)


class _Group:
    """Patterns of one sign that follow each other."""

    def __init__(self, is_exception: bool, rules: Sequence[_Rule]) -> None:
        self.is_exception = is_exception
        self.rules = rules
        self.fullmatch = re.compile("|".join(f"(?:{rule.regex})" for rule in rules), re.DOTALL).fullmatch

    def empties(self, folder: str) -> bool:
        """Whether a pattern that ends with /** matches all that can be in `folder`."""
        return any(rule.is_open and rule.matches(f"{folder}/") for rule in self.rules)


class _Rule:
    """`index` is its place among the patterns."""

    def __init__(self, index: int, text: str) -> None:
        self.index = index
        self.is_exception = text.startswith("!")
        pattern = text.removeprefix("!")
        if not pattern:
            raise Invalid('"!" alone is not a pattern of .dockerignore', hint="name what to keep: !src/keep.txt")
        pattern = _clean(pattern)
        self.regex = _regex(pattern)
        self._parts = pattern.split("/")
        self.is_open = self._parts[-1] == "**"

    def matches(self, path: str) -> bool:
        return re.fullmatch(self.regex, path, re.DOTALL) is not None

    def may_match_beneath(self, folder: Sequence[str]) -> bool:
        """Whether the pattern could match a path inside `folder`. True where it is not worth finding out."""
        for part, name in zip(self._parts, folder, strict=False):
            if "**" in part:
                return True
            if not glob.compile_part(part).fullmatch(name):
                return False
        return len(self._parts) > len(folder)


def _regex(pattern: str) -> str:
    """One pattern as a regular expression. `**/` is any number of folders, `**` at the end anything at all."""
    tokens = list(glob.tokens(pattern))
    if pattern.startswith("**") and _SPECIAL.search(pattern, 2) is None:
        return _suffix(tokens[2:])
    stretches: list[list[glob.Token]] = [[]]
    at = 0
    while at < len(tokens):
        if not _is_double_star(tokens, at):
            stretches[-1].append(tokens[at])
            at += 1
            continue
        at += 3 if at + 2 < len(tokens) and tokens[at + 2].regex == "/" else 2
        if stretches[-1] or len(stretches) == 1:  # two in a row are as one
            stretches.append([])
    if sum(map(_is_glued, stretches[:-1])) > _MOST_GLUED:
        raise Invalid(f"pattern {pattern!r} has too many ** inside of names", hint="** stands for folders: a/**/b")
    *before, last = stretches
    end = ".*" if before and not last else f"{_FOLDERS if before else ''}{glob.joined(last, is_last=True)}"
    return "".join(_stretch(each, is_first=not number) for number, each in enumerate(before)) + end


def _stretch(tokens: Sequence[glob.Token], *, is_first: bool) -> str:
    """What stands before a double star. Where it is found first is as good as anywhere, unless it ends within a name:
    then the double star may be nothing, and the next character has to follow."""
    folders = "" if is_first else _FOLDERS
    if _is_glued(tokens):
        return folders + glob.joined(tokens, is_last=True)
    return f"(?>{folders}{glob.joined(tokens, is_last=False)})"


def _is_glued(tokens: Sequence[glob.Token]) -> bool:
    return bool(tokens) and tokens[-1].regex != "/"


def _suffix(tokens: Sequence[glob.Token]) -> str:
    """Docker's matcher reads `**` before plain characters as "ends with": `**.log` matches `a/b.log` and `b.log`."""
    text = "".join(token.regex for token in tokens)
    return f"(?:.*/)?{text.removeprefix('/')}" if text.startswith("/") else f".*{text}"


def _is_double_star(tokens: Sequence[glob.Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at].kind == tokens[at + 1].kind == "run"
