"""Nodes + data → text (Go's text/template/exec.go)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from onggi.cli.template.errors import Misuse, TemplateError
from onggi.cli.template.functions import FUNCTIONS, HEADER_FUNCTIONS, Definition
from onggi.cli.template.parser import parse_nodes
from onggi.cli.template.syntax import (
    Branch,
    Call,
    Dot,
    Fields,
    Function,
    Jump,
    Literal,
    Node,
    Operand,
    Pipe,
    Show,
    Text,
    Variable,
)
from onggi.cli.template.values import OpenMap, kind, show
from onggi.suggest import did_you_mean


class Template(msgspec.Struct, frozen=True):
    """A template that was read once and can be rendered many times."""

    nodes: tuple[Node, ...]

    def render(self, data: Any) -> str:
        """The text for `data`; raises TemplateError."""
        return _Run(data, FUNCTIONS).text(self.nodes)

    def header(self, names: Mapping[str, str]) -> str:
        """The line above a table: each field shows its name."""
        return _Run(dict(names), HEADER_FUNCTIONS).text(self.nodes)


def parse(source: str) -> Template:
    """Raises TemplateError with the character where it stops making sense."""
    return Template(parse_nodes(source, FUNCTIONS))


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Run:
    def __init__(self, data: Any, functions: Mapping[str, Definition]) -> None:
        self._functions = functions
        self._scopes: list[dict[str, Any]] = [{"$": data}]
        self._out: list[str] = []

    def text(self, nodes: Iterable[Node]) -> str:
        self._nodes(nodes, self._scopes[0]["$"])
        return "".join(self._out)

    def _nodes(self, nodes: Iterable[Node], dot: Any) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self._out.append(node.text)
            elif isinstance(node, Show):
                value = self._pipe(node.pipe, dot)
                if not node.pipe.variables:
                    self._out.append(show(value))
            elif isinstance(node, Jump):
                raise _Break if node.kind == "break" else _Continue
            else:
                self._branch(node, dot)

    def _branch(self, node: Branch, dot: Any) -> None:
        self._scopes.append({})
        depth = len(self._scopes)
        if node.kind == "range":
            self._range(node, dot)
        else:
            value = self._pipe(node.pipe, dot)
            inner = value if node.kind == "with" and value else dot
            self._scoped(node.body if value else node.otherwise, inner)
        del self._scopes[depth - 1 :]

    def _scoped(self, nodes: Iterable[Node], dot: Any) -> None:
        depth = len(self._scopes)
        self._scopes.append({})
        try:
            self._nodes(nodes, dot)
        finally:
            del self._scopes[depth:]

    def _range(self, node: Branch, dot: Any) -> None:
        value = self._value_of(node.pipe, dot)
        items = _items(value, node.at)
        if not items:
            self._scoped(node.otherwise, dot)
            return
        for key, item in items:
            names = node.pipe.variables
            for name, content in zip(names, (item,) if len(names) == 1 else (key, item), strict=False):
                self._set(name, content, node.pipe.declares)
            try:
                self._scoped(node.body, item)
            except _Continue:
                continue
            except _Break:
                break

    # Values

    def _pipe(self, pipe: Pipe, dot: Any) -> Any:
        value = self._value_of(pipe, dot)
        for name in pipe.variables:
            self._set(name, value, pipe.declares)
        return value

    def _value_of(self, pipe: Pipe, dot: Any) -> Any:
        value = self._call(pipe.calls[0], dot, ())
        for call in pipe.calls[1:]:
            value = self._call(call, dot, (value,))
        return value

    def _set(self, name: str, value: Any, declares: bool) -> None:
        scope = self._scopes[-1] if declares else next(s for s in reversed(self._scopes) if name in s)
        scope[name] = value

    def _call(self, call: Call, dot: Any, piped: tuple[Any, ...]) -> Any:
        head = call.head
        if isinstance(head, Function):
            waiting = [partial(self._operand, argument, dot) for argument in call.arguments]
            return self._apply(head, (*waiting, *(partial(_itself, value) for value in piped)))
        arguments = (*(self._operand(argument, dot) for argument in call.arguments), *piped)
        if isinstance(head, Fields):
            return _fields(self._operand(head.source, dot), head, arguments)
        if piped:
            raise TemplateError("only a function or a field can stand after |", call.at)
        return self._operand(head, dot)

    def _operand(self, operand: Operand, dot: Any) -> Any:
        match operand:
            case Literal(value):
                return value
            case Dot():
                return dot
            case Variable(name):
                return next(scope[name] for scope in reversed(self._scopes) if name in scope)
            case Pipe():
                return self._value_of(operand, dot)
            case Fields(source):
                return _fields(self._operand(source, dot), operand, ())
            case Function():
                return self._apply(operand, ())

    def _apply(self, function: Function, arguments: Sequence[Callable[[], Any]]) -> Any:
        definition = self._functions[function.name]
        if len(arguments) < definition.least or (definition.most is not None and len(arguments) > definition.most):
            raise TemplateError(f"{function.name} takes {_arity(definition)}, not {len(arguments)}", function.at)
        values = arguments if definition.is_lazy else [argument() for argument in arguments]
        try:
            return definition.call(*values)
        except Misuse as error:
            raise TemplateError(f"{function.name}: {error}", function.at) from error


def _itself(value: Any) -> Any:
    return value


def _arity(definition: Definition) -> str:
    least, most = definition.least, definition.most
    if most is not None and least != most:
        return f"{least} to {most} arguments"
    return f"{'at least ' if most is None else ''}{least} argument{'s' * (least != 1)}"


def _fields(value: Any, fields: Fields, arguments: tuple[Any, ...]) -> Any:
    at = fields.at
    for index, name in enumerate(fields.names):
        is_last = index == len(fields.names) - 1
        value = _field(value, name, at, fields.names[:index])
        if callable(value):
            value = _invoke(value, name, arguments if is_last else (), at)
        elif is_last and arguments:
            raise TemplateError(f".{name} takes no arguments", at)
        at += len(name) + 1
    return value


def _field(value: Any, name: str, at: int, path: tuple[str, ...]) -> Any:
    if isinstance(value, OpenMap):
        return value.get(name)
    if isinstance(value, dict):
        if name in value:
            return value[name]
        raise _unknown(name, value, at)
    where = "".join(f".{part}" for part in path) or "."
    raise TemplateError(f"{where} is {kind(value)}, it has no field .{name}", at)


def _unknown(name: str, value: Mapping[str, Any], at: int) -> TemplateError:
    guess = did_you_mean(f".{name}", [f".{key}" for key in value])
    return TemplateError(
        f"there is no field .{name}{guess}", at, hint="fields: " + ", ".join(f".{key}" for key in sorted(value))
    )


def _invoke(method: Callable[..., Any], name: str, arguments: tuple[Any, ...], at: int) -> Any:
    """A field that is a method, `.Label "key"`: one string."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise TemplateError(f'.{name} takes one string: .{name} "…"', at)
    return method(arguments[0])


def _items(value: Any, at: int) -> list[tuple[Any, Any]]:
    if value is None:
        return []
    if isinstance(value, dict):
        return sorted((key, item) for key, item in value.items() if not callable(item))
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    raise TemplateError(f"range goes over a list or a map, not {kind(value)}", at)
