"""The few shapes that an instruction's arguments have: flags, quoted words, plain words, a JSON array."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from onggi.dockerfile.source import SPACES, Fragment
from onggi.dockerfile.syntax import Word
from onggi.suggest import did_you_mean

FlagKind: TypeAlias = Literal["text", "texts", "bool"]

_BLANKS = re.compile(r"[\t\v\f\r ]+")
"""BuildKit splits plain words and the old ENV form at these only."""

_PRETTY_FLAG = re.compile(r"[-\u2010-\u2015\u2212]{1,2}([a-z-]+)(?![^=\s])")
_PRETTY_ARRAY = r"\[\s*[\u2018-\u201f«»][^\u2018-\u201f«»]*[\u2018-\u201f«»]\s*[,\]]"


def word(fragment: Fragment) -> Word:
    return Word(fragment.text, fragment.span)


def keyword_and_rest(fragment: Fragment) -> tuple[Fragment, Fragment]:
    """The first word, and what follows it without blanks around."""
    fragment = fragment.strip()
    match = _BLANKS.search(fragment.text)
    if match is None:
        return fragment, fragment.part(len(fragment.text))
    return fragment.part(0, match.start()), fragment.part(match.end()).strip()


def flags(rest: Fragment, known: Mapping[str, FlagKind]) -> tuple[dict[str, tuple[Word, ...]], Fragment]:
    """The `--name=value` words at the beginning, and what follows them. `--` ends the flags."""
    found: dict[str, tuple[Word, ...]] = {}
    _refuse_dashes(rest, known)
    for flag, text, behind in flag_words(rest):
        rest = behind
        if text == "--":
            break
        name, equals, value = text[2:].partition("=")
        if name not in known:
            raise flag.error(
                f"unknown flag --{name}{did_you_mean('--' + name, ['--' + option for option in known])}",
                hint="a program's own flags come after its name" if not known else f"flags here: {_listed(known)}",
            )
        kind = known[name]
        if name in found and kind != "texts":
            raise flag.error(f"the flag --{name} is given twice")
        if not value and (equals or kind != "bool"):
            raise flag.error(f"the flag --{name} needs a value", hint=f"write --{name}=…")
        if kind == "bool":
            value = value.lower() or "true"
            if value not in ("true", "false"):
                raise flag.error(f"the flag --{name} is true or false, not {value!r}")
        found[name] = (*found.get(name, ()), Word(value, flag.span))
        _refuse_dashes(rest, known)
    return found, rest


def flag_words(rest: Fragment) -> Iterator[tuple[Fragment, str, Fragment]]:
    """Each word at the beginning that begins with `--`, up to a lone `--`: the word, without its quotes, and what
    follows it."""
    text = ""
    while rest.text.startswith("--") and text != "--":
        end, text = _unquoted_word(rest.text)
        flag, rest = rest.part(0, end), rest.part(end).strip()
        yield flag, text, rest


def _refuse_dashes(rest: Fragment, known: Mapping[str, FlagKind]) -> None:
    """A flag whose dashes an editor made pretty would be a source or a program's name to BuildKit, which nobody
    meant."""
    match = _PRETTY_FLAG.match(rest.text)
    if match and match[1] in known and not match.group().isascii():
        raise rest.part(0, match.end()).error(
            f"the flag {match.group()} begins with a typographic dash; did you mean --{match[1]}?"
        )


def _listed(known: Mapping[str, FlagKind]) -> str:
    return ", ".join(f"--{name}" for name in known)


def _unquoted_word(text: str) -> tuple[int, str]:
    """Length of the first word, and the word without quotes. Here the escape is always a backslash, as in BuildKit."""
    value: list[str] = []
    quote = ""
    at = 0
    while at < len(text):
        mark = text[at]
        if mark == "\\":
            at += 1
            value.append(text[at : at + 1])
        elif mark == quote:
            quote = ""
        elif not quote and mark in "'\"":
            quote = mark
        elif not quote and mark in SPACES:
            break
        else:
            value.append(mark)
        at += 1
    return min(at, len(text)), "".join(value)


def quoted_words(rest: Fragment, escape: str) -> list[Fragment]:
    """Words split at blanks outside of quotes; quotes and escapes stay in them. An escape at the very end is
    dropped."""
    return split_quoted(rest, escape)[0]


def split_quoted(rest: Fragment, escape: str) -> tuple[list[Fragment], bool]:
    """As `quoted_words`, and whether all quotes are closed."""
    text = rest.text
    words: list[Fragment] = []
    start: int | None = None
    quote = ""
    at = 0
    while at < len(text):
        mark = text[at]
        if start is None:
            if mark in SPACES:
                at += 1
                continue
            start = at
        if mark == escape and quote != "'":
            if at + 1 == len(text):
                break
            at += 1
        elif mark == quote:
            quote = ""
        elif not quote and mark in "'\"":
            quote = mark
        elif not quote and mark in SPACES:
            words.append(rest.part(start, at))
            start = None
        at += 1
    if start is not None and start < min(at, len(text)):
        words.append(rest.part(start, min(at, len(text))))
    return words, not quote


def plain_words(rest: Fragment) -> list[Fragment]:
    """Words split at blanks, whatever quotes there are."""
    words: list[Fragment] = []
    start = 0
    for gap in _BLANKS.finditer(rest.text):
        if gap.start() > start:
            words.append(rest.part(start, gap.start()))
        start = gap.end()
    return [*words, rest.part(start)] if start < len(rest.text) else words


def name_and_rest(rest: Fragment) -> tuple[Fragment, Fragment] | None:
    """`name text` split at the first blanks; None if there are none."""
    gap = _BLANKS.search(rest.text)
    return (rest.part(0, gap.start()), rest.part(gap.end())) if gap else None


def json_array(rest: Fragment) -> tuple[str, ...] | None:
    """The strings of a JSON array. None if this is no JSON array: it is shell text then, as BuildKit has it
    (`RUN [ -f x ] && y`). An array with something else than strings in it is a mistake."""
    if not rest.text.startswith("["):
        return None
    import json

    try:
        values = json.loads(rest.text, parse_int=str.encode, parse_float=str.encode, parse_constant=_refuse)
    except (ValueError, RecursionError):  # nested too deep for us is too deep for BuildKit's shell fallback to matter
        if re.match(_PRETTY_ARRAY, rest.text):  # no shell has a command of such a name
            raise rest.error('the quotes of a JSON array are ", not typographic ones') from None
        return None
    if not all(isinstance(value, str) for value in values):
        raise rest.error("a JSON array here holds only strings", hint='write ["program", "argument"]')
    return tuple(value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for value in values)


def _refuse(constant: str) -> object:
    raise ValueError(constant)
