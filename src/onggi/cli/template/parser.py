"""Tokens → nodes, by recursive descent."""

from __future__ import annotations

from collections.abc import Collection

from onggi.cli.template.errors import TemplateError
from onggi.cli.template.lex import Token, tokens
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
from onggi.suggest import did_you_mean

_BRANCHES = frozenset(("if", "with", "range"))
_JUMPS = frozenset(("break", "continue"))
_KEYWORDS = _BRANCHES | _JUMPS | {"else", "end", "define", "template", "block"}
_CONSTANTS = {"true": True, "false": False, "nil": None}
_DEEPEST = 100


def parse_nodes(source: str, functions: Collection[str]) -> tuple[Node, ...]:
    """The nodes of the whole template; raises TemplateError."""
    return _Parser(source, functions).whole()


class _Parser:
    def __init__(self, source: str, functions: Collection[str]) -> None:
        self._tokens = list(tokens(source))
        self._tokens.append(Token("eof", "the end", len(source)))
        self._next = 0
        self._functions = functions
        self._scopes: list[list[str]] = [["$"]]
        self._loops = 0
        self._depth = 0

    def whole(self) -> tuple[Node, ...]:
        nodes = self._nodes()
        token = self._take()
        if token.kind != "eof":
            raise TemplateError(f"{{{{{token.value}}}}} without an if, range or with", token.at)
        return nodes

    # Reading tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _accept(self, kind: str, value: str | None = None) -> bool:
        if self._token.kind != kind or (value is not None and self._token.value != value):
            return False
        self._take()
        return True

    def _expect_end(self, after: str) -> None:
        if not self._accept("end"):
            raise TemplateError(f"{_name(self._token)} is not expected after {after}", self._token.at)

    # Nodes

    def _nodes(self) -> tuple[Node, ...]:
        """Up to, and not with, `else`, `end` or the end of the template."""
        self._enter()
        nodes: list[Node] = []
        while self._token.kind != "eof" and not self._at_keyword("else", "end"):
            token = self._token
            if self._accept("text"):
                nodes.append(Text(token.value))
            else:
                nodes.append(self._action())
        self._depth -= 1
        return tuple(nodes)

    def _at_keyword(self, *names: str) -> bool:
        return self._token.kind == "name" and self._token.value in names

    def _action(self) -> Node:
        token = self._token
        if token.kind == "name" and token.value in _BRANCHES:
            self._take()
            return self._branch(token.value, token.at)
        if token.kind == "name" and token.value in _JUMPS:
            self._take()
            if not self._loops:
                raise TemplateError(f"{token.value} outside a range", token.at)
            self._expect_end(token.value)
            return Jump(token.value)
        pipe = self._pipe(most_variables=1)
        self._expect_end("a value")
        return Show(pipe)

    def _branch(self, kind: str, at: int) -> Branch:
        self._enter()
        self._scopes.append([])
        pipe = self._pipe(most_variables=2 if kind == "range" else 1)
        self._expect_end("a condition")
        self._loops += kind == "range"
        body = self._block()
        self._loops -= kind == "range"
        otherwise: tuple[Node, ...] = ()
        if self._at_keyword("else"):
            otherwise = self._otherwise(kind, at)
        else:
            self._end_of(kind, at)
        self._scopes.pop()
        self._depth -= 1
        return Branch(kind, pipe, body, otherwise, at)

    def _otherwise(self, kind: str, at: int) -> tuple[Node, ...]:
        self._take()
        chained = self._token
        if chained.kind == "name" and chained.value == kind and kind != "range":
            self._take()
            return (self._branch(kind, chained.at),)
        self._expect_end("else")
        nodes = self._block()
        self._end_of(kind, at)
        return nodes

    def _end_of(self, kind: str, at: int) -> None:
        if not self._at_keyword("end"):
            raise TemplateError(f"{kind} without its {{{{end}}}}", at)
        self._take()
        self._expect_end("end")

    def _block(self) -> tuple[Node, ...]:
        self._scopes.append([])
        nodes = self._nodes()
        self._scopes.pop()
        return nodes

    # Pipelines

    def _pipe(self, most_variables: int = 0) -> Pipe:
        self._enter()
        variables, declares = self._variables(most_variables)
        calls = [self._call()]
        while self._accept("|"):
            calls.append(self._call())
            if isinstance(calls[-1].head, (Literal, Dot, Variable)):
                raise TemplateError("only a function or a field can stand after |", calls[-1].at)
        if declares:
            self._scopes[-1].extend(variables)
        self._depth -= 1
        return Pipe(tuple(calls), variables, declares)

    def _variables(self, most: int) -> tuple[tuple[str, ...], bool]:
        """`$v :=`, `$v =`, and in a range also `$i, $v :=`."""
        start = self._next
        names: list[str] = []
        while len(names) < most and self._token.kind == "variable":
            token = self._take()
            names.append(token.value)
            if self._accept(":="):
                return tuple(names), True
            if self._accept("="):
                for name in names:
                    self._check_variable(name, token.at)
                return tuple(names), False
            if not self._accept(","):
                break
        self._next = start
        return (), False

    def _check_variable(self, name: str, at: int) -> None:
        if not any(name in scope for scope in self._scopes):
            raise TemplateError(f"there is no variable {name}", at)

    def _call(self) -> Call:
        at = self._token.at
        head = self._operand()
        if head is None:
            raise TemplateError(f"a value is expected, not {_name(self._token)}", at)
        arguments: list[Operand] = []
        while (argument := self._operand()) is not None:
            arguments.append(argument)
        if arguments and not isinstance(head, (Function, Fields)):
            raise TemplateError("only a function or a field takes arguments", at)
        return Call(head, tuple(arguments), at)

    def _operand(self) -> Operand | None:
        """One value with the fields that follow it, or None if none stands here."""
        operand = self._term()
        if operand is None:
            return None
        at, names = self._token.at, []
        while self._token.kind == "field" and self._token.joined:
            names.append(self._take().value)
        if isinstance(operand, Fields):
            return Fields(operand.source, (*operand.names, *names), operand.at)
        if names and isinstance(operand, (Literal, Function)):
            raise TemplateError("a constant or a function has no fields; put a call in parentheses", at)
        return Fields(operand, tuple(names), at) if names else operand

    def _term(self) -> Operand | None:
        token = self._token
        if self._accept("field"):
            return Fields(Dot(), (token.value,), token.at)
        if self._accept("."):
            return Dot()
        if self._accept("literal"):
            return Literal(token.value)
        if self._accept("variable"):
            self._check_variable(token.value, token.at)
            return Variable(token.value, token.at)
        if self._accept("("):
            pipe = self._pipe()
            if not self._accept(")"):
                raise TemplateError(f"( without its ), before {_name(self._token)}", token.at)
            return pipe
        if token.kind == "name":
            return self._named(self._take())
        return None

    def _named(self, token: Token) -> Operand:
        if token.value in _CONSTANTS:
            return Literal(_CONSTANTS[token.value])
        if token.value in _KEYWORDS:
            raise TemplateError(f"{token.value} is not expected here", token.at)
        if token.value not in self._functions:
            guess = did_you_mean(token.value, self._functions)
            raise TemplateError(
                f"there is no function {token.value}{guess}", token.at, hint=f"a field is written .{token.value}"
            )
        return Function(token.value, token.at)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TemplateError("nested too deeply", self._token.at)


def _name(token: Token) -> str:
    return {"end": "}}", "eof": "the end", "text": "text"}.get(token.kind, str(token.value))
