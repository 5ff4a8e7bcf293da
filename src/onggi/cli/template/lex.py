"""A template as tokens: text between actions, and the words of each action (Go's text/template/parse/lex.go)."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

from onggi.cli.template.errors import TemplateError


class Token(NamedTuple):
    """`kind` is text, end (of an action), field, variable, name, literal, or the mark itself: | ( ) , = := `.`

    `joined`: no space before it, so that `(x).Name` and `$v.Name` can be told from `x .Name`.
    """

    kind: str
    value: Any
    at: int
    joined: bool = False


_TOKEN = re.compile(
    r"""
      (?P<field>\.[^\W\d]\w*)
    | (?P<variable>\$\w*)
    | (?P<hexadecimal>[+-]?0[xX][0-9a-fA-F]+)
    | (?P<decimal>[+-]?\d+\.\d*(?:[eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+)
    | (?P<integer>[+-]?\d+)
    | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
    | (?P<raw>`[^`]*`)
    | (?P<character>'(?:[^'\\\n]|\\[^\n]{1,8})')
    | (?P<name>[^\W\d]\w*)
    | (?P<mark>:=|[=|(),.])
    """,
    re.VERBOSE,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_OPEN = re.compile(r"\{\{(?:-(?=[ \t\r\n]))?")
_CLOSE = re.compile(r"(?:(?<=[ \t\r\n])-)?\}\}")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


def tokens(source: str) -> Iterator[Token]:
    """Raises TemplateError for an action that does not end, and for what is not a word of the language."""
    at, trims = 0, False
    while at < len(source):
        opening = _OPEN.search(source, at)
        text = source[at : opening.start() if opening else len(source)]
        if trims:
            text = text.lstrip(" \t\r\n")
        if opening and opening.group().endswith("-"):
            text = text.rstrip(" \t\r\n")
        if text:
            yield Token("text", text, at)
        if not opening:
            return
        at = opening.end()
        comment = _COMMENT.match(source, _after_space(source, at))
        if comment:
            closing = _end_of_comment(source, comment.end())
        else:
            closing = yield from _action(source, at)
        at, trims = closing.end(), closing.group().startswith("-")


def _end_of_comment(source: str, at: int) -> re.Match[str]:
    closing = _CLOSE.match(source, _after_space(source, at))
    if not closing:
        raise TemplateError("a comment fills its {{ }} alone", at)
    return closing


def _action(source: str, at: int) -> Generator[Token, None, re.Match[str]]:
    """The words of one action; returns the match of its }}."""
    start = at
    while True:
        spaced = _after_space(source, at)
        closing = _CLOSE.match(source, spaced)
        if closing:
            yield Token("end", "}}", spaced)
            return closing
        found = _TOKEN.match(source, spaced)
        if spaced >= len(source):
            raise TemplateError("{{ without its }}", start - 2)
        if not found:
            raise TemplateError(f"{source[spaced]!r} is not expected here", spaced)
        yield _token(found, joined=spaced == at and at > start)
        at = found.end()


def _after_space(source: str, at: int) -> int:
    found = _SPACE.match(source, at)
    return found.end() if found else at


def _token(found: re.Match[str], joined: bool) -> Token:
    kind, text, at = found.lastgroup or "", found.group(), found.start()
    if kind == "field":
        return Token("field", text[1:], at, joined)
    if kind in ("variable", "name"):
        return Token(kind, text, at, joined)
    if kind == "mark":
        return Token(text, text, at, joined)
    return Token("literal", _LITERALS[kind](text, at), at, joined)


def _unquote(text: str, at: int) -> str:
    def unescape(found: re.Match[str]) -> str:
        code = found.group(1)
        if code in _ESCAPES:
            return _ESCAPES[code]
        number = int(code[1:], 16) if code[0] in "xuU" and len(code) > 1 else int(code, 8) if len(code) == 3 else -1
        if not 0 <= number <= 0x10FFFF or 0xD800 <= number < 0xE000:
            raise TemplateError(f"\\{code} means nothing in a string", at + 1 + found.start())
        return chr(number)

    return _ESCAPE.sub(unescape, text[1:-1])


def _character(text: str, at: int) -> int:
    letter = _unquote(text, at)
    if len(letter) != 1:
        raise TemplateError(f"{text} is not one character", at)
    return ord(letter)


def _integer(text: str, at: int) -> int:
    if len(text) > 20 or not -(2**63) <= (number := int(text, 16 if "x" in text.lower() else 10)) < 2**63:
        raise TemplateError("this number is too large", at)
    return number


_LITERALS = {
    "hexadecimal": _integer,
    "decimal": lambda text, at: float(text),
    "integer": _integer,
    "string": _unquote,
    "raw": lambda text, at: text[1:-1],
    "character": _character,
}
