r"""Name patterns as Go's path/filepath.Match reads them: what Docker documents for COPY, ADD and .dockerignore.

    *    any run of characters except /        [a-z]    one character of a class
    ?    any one character except /            [^a-z]   one character outside it
    \c   the character c

Unlike in Go, a class never matches `/`: a pattern then has as many parts as the paths it matches, and a walk can skip
the folders that no part of it leads to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from onggi.errors import Invalid

_WILDCARD = re.compile(r"[*?\[]")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


class Token(NamedTuple):
    """A piece of a pattern and the regular expression that matches it."""

    kind: Literal["literal", "one", "run", "class"]
    regex: str


_ONE = Token("one", "[^/]")
_RUN = Token("run", "[^/]*")


def has_wildcard(text: str) -> bool:
    """Whether a COPY source is a pattern; if not it is a plain path, in which even a backslash is itself."""
    return _WILDCARD.search(_ESCAPED.sub("", text)) is not None


def escape(path: str) -> str:
    """A source that names just `path`, whatever is in it."""
    if not has_wildcard(path):
        return path
    return re.sub(r"([*?\[])", r"[\1]", path.replace("\\", "\\\\"))


@lru_cache(maxsize=1024)
def compile_part(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression for `fullmatch`. Raises Invalid where it is malformed."""
    return re.compile(joined(tokens(pattern), is_last=True), re.DOTALL)


def joined(tokens: Iterable[Token], *, is_last: bool) -> str:
    """A regular expression whose time is linear: what lies between two runs is looked for from the left, and where it
    is found first is as good as anywhere. is_last: the end of the tokens is the end of the text, so that the last run
    has to reach as far as that."""
    chunks = [""]
    for token in tokens:
        if token.kind != "run":
            chunks[-1] += token.regex
        elif chunks[-1] or len(chunks) == 1:
            chunks.append("")
    first, *further = chunks
    last = f"{_RUN.regex}{further.pop()}" if further and is_last else ""
    return first + "".join(f"(?>{_RUN.regex}?{chunk})" for chunk in further) + last


def tokens(pattern: str) -> Iterator[Token]:
    """The pieces of a pattern, in order. Raises Invalid where it is malformed."""
    at = 0
    while at < len(pattern):
        match pattern[at]:
            case "*":
                yield _RUN
                at += 1
            case "?":
                yield _ONE
                at += 1
            case "[":
                regex, at = _class(pattern, at + 1)
                yield Token("class", regex)
            case _:
                character, at = _character(pattern, at)
                yield Token("literal", re.escape(character))


def _class(pattern: str, at: int) -> tuple[str, int]:
    """The regular expression of the class that opens before `at`, and where it ends."""
    is_negated = pattern.startswith("^", at)
    at += is_negated
    ranges: list[str] = []
    while not ranges or not pattern.startswith("]", at):
        if pattern[at : at + 1] in ("", "-", "]"):
            raise _malformed(pattern)
        low, at = _character(pattern, at)
        high = low
        if pattern.startswith("-", at):
            if pattern[at + 1 : at + 2] in ("", "-", "]"):
                raise _malformed(pattern)
            high, at = _character(pattern, at + 1)
        # A range from high to low is allowed and matches nothing.
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    body = "".join(ranges)
    if is_negated:
        return f"[^/{body}]", at + 1
    return (f"(?!/)[{body}]" if body else "(?!)"), at + 1


def _character(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] != "\\":
        return pattern[at], at + 1
    if at + 1 == len(pattern):
        raise _malformed(pattern)
    return pattern[at + 1], at + 2


def _malformed(pattern: str) -> Invalid:
    return Invalid(
        f"malformed pattern: {pattern!r}",
        hint="a class looks like [a-z] or [^a-z]; a backslash before a character takes away its meaning",
    )
