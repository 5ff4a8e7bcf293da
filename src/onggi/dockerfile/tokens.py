"""An instruction as tokens: what has to stay together, and between them blanks that say nothing, where a line may
break."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from onggi.dockerfile.arguments import flag_words, json_array, keyword_and_rest, plain_words, quoted_words
from onggi.dockerfile.source import SPACES, Fragment
from onggi.dockerfile.syntax import Env, From, HealthCheck, Instruction, Label, OnBuild, Pair

_ARRAY_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\],]')
_QUOTING = frozenset("'\"")


class Token(msgspec.Struct, frozen=True):
    """`text` as it should be written; None is as it is written. `glue` stands between it and the token before, where
    both are on one line."""

    fragment: Fragment
    text: str | None = None
    glue: str = " "


def tokens(whole: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    """Those of an instruction; `whole` is its text. A shell's script is one token, and so is the trigger of an ONBUILD,
    which the image keeps as it is written."""
    keyword, rest = keyword_and_rest(whole)
    yield _keyword(keyword)
    if isinstance(instruction, OnBuild):
        yield Token(rest)
        return
    for flag, _, behind in flag_words(rest):
        rest = behind
        yield Token(flag)
    yield from _SPLITS[instruction.keyword](rest, instruction, escape)


def _keyword(fragment: Fragment) -> Token:
    return Token(fragment, fragment.text.upper())


def _whole(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    if rest.text:
        yield Token(rest)


def _command(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    return _array(rest) if json_array(rest) is not None else _whole(rest, instruction, escape)


def _array(rest: Fragment) -> Iterator[Token]:
    before = ""
    for match in _ARRAY_TOKEN.finditer(rest.text):
        glue = " " if before in ("", ",") and match.group() not in ("]", ",") else ""
        yield Token(rest.part(match.start(), match.end()), glue=glue)
        before = match.group()


def _plain(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    return map(Token, plain_words(rest))


def _files(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    return _array(rest) if json_array(rest) is not None else map(Token, plain_words(rest))


def _quoted(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    return map(Token, quoted_words(rest, escape))


def _pairs(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    if not (isinstance(instruction, Env | Label) and instruction.is_spaced):
        yield from _quoted(rest, instruction, escape)
        return
    yield Token(rest, joined(instruction.pairs[0], escape))


def joined(pair: Pair, escape: str) -> str | None:
    """A name and a value that a blank parts, as `name=value`; None where quotes or escapes would be read otherwise
    there."""
    name, value = pair.name.text, pair.value.text
    if (_QUOTING | {escape}) & {*name, *value} or set(name) & set(SPACES):
        return None
    return f'{name}="{value}"' if set(value) & set(SPACES) else f"{name}={value}"


def _from(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    assert isinstance(instruction, From)
    image, *named = plain_words(rest)
    yield Token(image)
    if named:
        yield _keyword(named[0])
        yield Token(named[1])


def _healthcheck(rest: Fragment, instruction: Instruction, escape: str) -> Iterator[Token]:
    assert isinstance(instruction, HealthCheck)
    kind, command = keyword_and_rest(rest)
    yield _keyword(kind)
    yield from _command(command, instruction, escape)


_SPLITS: Mapping[str, Callable[[Fragment, Instruction, str], Iterator[Token]]] = {
    "ADD": _files,
    "ARG": _quoted,
    "CMD": _command,
    "COPY": _files,
    "ENTRYPOINT": _command,
    "ENV": _pairs,
    "EXPOSE": _plain,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _whole,
    "RUN": _command,
    "SHELL": _command,
    "STOPSIGNAL": _whole,
    "USER": _whole,
    "VOLUME": _files,
    "WORKDIR": _whole,
}
