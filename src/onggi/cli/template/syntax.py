"""The nodes of a template (Go's text/template/parse/node.go). `at` is a character of the source."""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct


class Literal(Struct, frozen=True):
    value: Any


class Dot(Struct, frozen=True):
    pass


class Variable(Struct, frozen=True):
    """`$` is the whole data, `$name` what was declared."""

    name: str
    at: int


class Function(Struct, frozen=True):
    name: str
    at: int


class Fields(Struct, frozen=True):
    """`.A.B` of the value of `source`."""

    source: Operand
    names: tuple[str, ...]
    at: int


class Call(Struct, frozen=True):
    """One command of a pipeline: a function or a field with its arguments, or a bare value."""

    head: Operand
    arguments: tuple[Operand, ...]
    at: int


class Pipe(Struct, frozen=True):
    """`$a := x | y | z`: each result is the last argument of the next call."""

    calls: tuple[Call, ...]
    variables: tuple[str, ...] = ()
    declares: bool = False


Operand: TypeAlias = Literal | Dot | Variable | Function | Fields | Pipe


class Text(Struct, frozen=True):
    text: str


class Show(Struct, frozen=True):
    """An action whose value is printed, unless it sets a variable."""

    pipe: Pipe


class Branch(Struct, frozen=True):
    """`if`, `with` or `range`: `kind` says which."""

    kind: str
    pipe: Pipe
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]
    at: int


class Jump(Struct, frozen=True):
    """`break` or `continue`."""

    kind: str


Node: TypeAlias = Text | Show | Branch | Jump
