"""Shell words as Dockerfiles have them: quotes, escapes and variables, with BuildKit's meaning.

The language is the part of sh(1) that BuildKit's lexer knows: `'…'` keeps everything, `"…"` expands variables, the
escape character keeps the next one; `$name`, `${name}` and the operators `- + ?` (with `:` an empty value counts as
unset), `# ## % %%` (cut a prefix or suffix that a pattern matches) and `/ //` (replace). Text is never split unless
`split` is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from onggi.dockerfile.source import SPACES
from onggi.errors import Invalid

_SPECIAL_PARAMETERS = "@*#?-$!"
_DEEPEST = 50
_NAME = re.compile(r"[^\W\d]\w*|\d+")
_MARKS = re.compile(r"[\\`'\"$]")


class ExpansionError(Invalid):
    """A word that cannot be expanded: bad syntax, or `${name:?message}` of a variable that is not there."""


def expand(word: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """The word with variables replaced, quotes and escapes taken away: `"${a:-x} y"` → `x y`."""
    if _MARKS.search(word) is None:  # as most words: they stay as they are
        return word
    return "".join(text for text, _ in _Expander(word, variables, escape).chunks(""))


def expand_text(text: str, variables: Mapping[str, str]) -> str:
    """The text of a heredoc: as `expand`, but quotes are characters like others and a backslash is the escape."""
    return "".join(part for part, _ in _Expander(text, variables, "\\", has_quotes=False).chunks(""))


def split(word: str, variables: Mapping[str, str], escape: str = "\\") -> list[str]:
    """As `expand`, then split at spaces that were not quoted; empty words vanish."""
    words: list[str] = []
    current = ""
    for text, is_quoted in _Expander(word, variables, escape).chunks(""):
        for mark in text:
            if is_quoted or mark not in SPACES:
                current += mark
            elif current:
                words.append(current)
                current = ""
    return [*words, current] if current else words


class _Expander:
    """One pass over one word, left to right."""

    def __init__(self, text: str, variables: Mapping[str, str], escape: str, *, has_quotes: bool = True) -> None:
        self._text = text
        self._at = 0
        self._variables = variables
        self._escape = escape
        self._has_quotes = has_quotes
        self._depth = 0

    def chunks(self, stop: str, *, keep_escapes: bool = False) -> list[tuple[str, bool]]:
        """Expanded text up to the `stop` character ("" is the end), each part with whether it was quoted."""
        found: list[tuple[str, bool]] = []
        while (mark := self._next()) != stop:
            if mark == "":
                raise ExpansionError(f"missing {stop!r} in a ${{…}}")
            if mark == "'" and self._has_quotes:
                found.append((self._single_quoted(), True))
            elif mark == '"' and self._has_quotes:
                found.append((self._double_quoted(), True))
            elif mark == "$":
                found.append((self._variable(), False))
            elif mark == self._escape:
                if keep_escapes:
                    found.append((mark, True))
                found.append((self._next(), True))
            else:
                found.append((mark, False))
        return found

    def _next(self) -> str:
        """The next character, "" at the end."""
        mark = self._text[self._at : self._at + 1]
        self._at += len(mark)
        return mark

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise ExpansionError("a single quote has no partner")
        text = self._text[self._at : end]
        self._at = end + 1
        return text

    def _double_quoted(self) -> str:
        text = ""
        while (mark := self._next()) != '"':
            if mark == "":
                raise ExpansionError("a double quote has no partner")
            if mark == "$":
                text += self._variable()
            elif mark == self._escape and self._peek() in ('"', "$", self._escape):
                text += self._next()
            else:
                text += mark
        return text

    def _variable(self) -> str:
        if self._peek() != "{":
            name = self._name()
            return self._variables.get(name, "") if name else "$"
        self._next()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ExpansionError(f"variables are nested more than {_DEEPEST} deep")
        name = self._name()
        if not name:
            raise ExpansionError("bad substitution: a ${…} needs a name")
        value = self._operate(name)
        self._depth -= 1
        return value

    def _name(self) -> str:
        if self._peek() and self._peek() in _SPECIAL_PARAMETERS:
            return self._next()
        match = _NAME.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()

    def _operate(self, name: str) -> str:
        """What stands between the name and the closing brace, applied."""
        operator = self._next()
        if operator == "}":
            return self._variables.get(name, "")
        is_empty_unset = operator == ":"
        if is_empty_unset:
            operator = self._next()
        value = self._variables.get(name)
        if operator in _CHOICES:
            word = self._until("}")
            is_set = value is not None and not (is_empty_unset and value == "")
            return _CHOICES[operator](name, value if is_set else None, word, "empty" if value == "" else "unset")
        if operator in ("#", "%") and not is_empty_unset:
            is_greedy = self._peek() == operator
            if is_greedy:
                self._next()
            return _cut(value or "", self._until("}", keep_escapes=True), operator, is_greedy)
        if operator == "/" and not is_empty_unset:
            is_every = self._peek() == "/"
            if is_every:
                self._next()
            pattern = self._until("/", keep_escapes=True)
            return _replace(value or "", pattern, self._until("}", keep_escapes=True), is_every)
        if operator == "":
            raise ExpansionError(f"missing '}}' after ${{{name}")
        raise ExpansionError(f"${{{name}…}} has no operator {':' if is_empty_unset else ''}{operator}")

    def _until(self, stop: str, *, keep_escapes: bool = False) -> str:
        return "".join(text for text, _ in self.chunks(stop, keep_escapes=keep_escapes))


def _default(name: str, value: str | None, word: str, why: str) -> str:
    return word if value is None else value


def _alternative(name: str, value: str | None, word: str, why: str) -> str:
    return "" if value is None else word


def _required(name: str, value: str | None, word: str, why: str) -> str:
    if value is None:
        raise ExpansionError(f"{name}: {word or f'must not be {why}'}")
    return value


_CHOICES = {"-": _default, "+": _alternative, "?": _required}


def _pattern(text: str) -> list[str]:
    """A shell pattern (`*`, `?`, backslash escapes; no brackets, as in BuildKit) as pieces of a regular expression."""
    pieces: list[str] = []
    marks = iter(text)
    for mark in marks:
        if mark == "*":
            if pieces[-1:] != [".*"]:
                pieces.append(".*")
        elif mark == "?":
            pieces.append(".")
        elif mark == "\\":
            pieces.append(re.escape(next(marks, "\\")))
        else:
            pieces.append(re.escape(mark))
    return pieces


def _joined(pieces: Sequence[str], *, is_greedy: bool) -> str:
    """The pieces as one regular expression, which from one place of a text takes linear time: what lies between two `*`
    is as good where it is found first as anywhere. is_greedy: of the last `*` as much as can be."""
    chunks = [""]
    for piece in pieces:
        if piece == ".*":
            chunks.append("")
        else:
            chunks[-1] += piece
    first, *further = chunks
    last = f".*{further.pop()}" if further and is_greedy else ""
    return first + "".join(f"(?>.*?{chunk})" for chunk in further) + last


def _cut(value: str, pattern: str, operator: str, is_greedy: bool) -> str:
    """`value` without the shortest or longest prefix (#) or suffix (%) that the pattern matches."""
    pieces = _pattern(pattern)
    if operator == "%":  # a suffix is a prefix of the reverse
        pieces, value = pieces[::-1], value[::-1]
    match = re.match(_joined(pieces, is_greedy=is_greedy), value, re.DOTALL)
    rest = value[match.end() :] if match else value
    return rest[::-1] if operator == "%" else rest


def _replace(value: str, pattern: str, replacement: str, is_every: bool) -> str:
    if not pattern:
        return value
    expression = _joined(_pattern(pattern), is_greedy=True)
    return re.sub(expression, lambda _: replacement, value, count=0 if is_every else 1, flags=re.DOTALL)
