"""What a shell script runs: its commands with their words, each with its place. Read by tree-sitter's grammar of bash,
which goes on behind what it does not understand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from onggi.dockerfile.source import Span
from onggi.lint.pattern import Pattern
from onggi.lint.shell.script import Script

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_READ_BY_BASH = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"})
_PYTHON = Pattern(r"python\d?(?:\.\d+)?")
_SCRIPT_OPTION = Pattern(r"-[A-Za-z]*c")
_EFFECTIVE = frozenset({"command", "builtin", "busybox", "exec", "time"})
_EXPANSIONS = frozenset(
    {"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion", "process_substitution"}
)
_WORDS = _EXPANSIONS | {
    "ansi_c_string",
    "brace_expression",
    "concatenation",
    "extglob_pattern",
    "number",
    "raw_string",
    "string",
    "translated_string",
    "word",
}


class Argument(msgspec.Struct, frozen=True):
    """A word of a command: `text` without its quotes, variables as written (`$VERSION`)."""

    text: str
    span: Span
    has_variable: bool = False

    @property
    def is_flag(self) -> bool:
        return self.text.startswith("-") and self.text not in ("-", "--")


class Command(msgspec.Struct, frozen=True, dict=True):
    """A simple command. `name` is the word that it is called by (`/usr/bin/curl`), `place` that word's; `span` is
    everything from there to the last argument. `assignments` are the names set just for it. `is_piped`: its output goes
    into another command. `is_chained`: the script is one chain of `&&`, or one command, and it is a link of that."""

    name: str
    place: Span
    arguments: tuple[Argument, ...]
    span: Span
    assignments: tuple[str, ...] = ()
    is_piped: bool = False
    is_chained: bool = False

    @property
    def program(self) -> str:
        """Its name without a folder: `curl` of `/usr/bin/curl`."""
        return self.name.rpartition("/")[2]

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """The names of its flags: `--a=b` is `a`, `-xy` is `x` and `y`."""
        found: list[str] = []
        for argument in self.arguments:
            if argument.text.startswith("--"):
                if argument.text != "--":
                    found.append(argument.text[2:].partition("=")[0])
            elif argument.is_flag:
                found.extend(argument.text[1:])
        return tuple(found)

    @cached_property
    def operands(self) -> tuple[Argument, ...]:
        """The arguments that are no flags. The value of a flag that stands apart from it is one of them."""
        return tuple(argument for argument in self.arguments if not argument.is_flag)

    @property
    def is_placed(self) -> bool:
        """Whether each word has a place of its own, so that it can be mended there; the exec form has one for all."""
        return not self.arguments or self.arguments[-1].span != self.place

    def has_flag(self, *names: str) -> bool:
        return any(name in self.flags for name in names)

    def has_argument(self, *texts: str) -> bool:
        return any(argument.text in texts for argument in self.arguments)

    def as_module(self) -> Command:
        """`python3 -m pip install` as `pip install`; any other one as it is."""
        if not _PYTHON.fullmatch(self.name):
            return self
        option = next((place for place, word in enumerate(self.arguments[:-1]) if word.text == "-m"), None)
        if option is None:
            return self
        return msgspec.structs.replace(
            self, name=self.arguments[option + 1].text, arguments=self.arguments[option + 2 :]
        )

    def without_values(self, *flags: str) -> Command:
        """Without the words that are values of these flags: `-t stable` for `t`."""
        kept: list[Argument] = []
        is_value = False
        for argument in self.arguments:
            if is_value and not argument.is_flag:
                is_value = False
                continue
            kept.append(argument)
            is_value = argument.is_flag and "=" not in argument.text and _is_last_flag(argument.text, flags)
        return msgspec.structs.replace(self, arguments=tuple(kept))


class Calls(msgspec.Struct, frozen=True):
    """All that a script runs, in the order it is written; what stands within another command comes after it.
    `pipes` are the places of each `|` between two commands. `is_understood`: there is no error of syntax."""

    commands: tuple[Command, ...] = ()
    pipes: tuple[Span, ...] = ()
    is_understood: bool = True


def read(script: Script) -> Calls:
    """Nothing of a script that is not for a shell of this family."""
    if script.shell not in _READ_BY_BASH:
        return Calls()
    reader = _Reader(script)
    root = _parser().parse(reader.data).root_node
    commands = tuple(reader.commands(root))
    return Calls(commands, tuple(reader.pipes), not root.has_error)


def read_words(words: Sequence[str], span: Span) -> Calls:
    """The exec form: one command, all of it at one place; if that is a shell with a script (`bash -c …`), what the
    script runs."""
    if not words:
        return Calls()
    arguments = tuple(Argument(word, span) for word in words[1:])
    return Calls(tuple(_of_script(words, span)) or (Command(words[0], span, arguments, span),))


def _of_script(words: Sequence[str], span: Span) -> Iterator[Command]:
    name = words[0].rpartition("/")[2]
    option = next((place for place, word in enumerate(words[:-1]) if _SCRIPT_OPTION.fullmatch(word)), None)
    if name not in _READ_BY_BASH or option is None:
        return
    for command in read(Script(name, words[option + 1], 1, 1)).commands:
        arguments = tuple(msgspec.structs.replace(argument, span=span) for argument in command.arguments)
        yield msgspec.structs.replace(command, place=span, arguments=arguments, span=span)


def _is_last_flag(text: str, names: Sequence[str]) -> bool:
    """Whether what follows a word of flags is the value of one of these. In `-tstable` the rest of the word is."""
    if text.startswith("--"):
        return text[2:] in names
    return text[-1] in names and not any(flag in names for flag in text[1:-1])


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class _Spot(NamedTuple):
    """A node and where it hangs. The grammar's own way up begins at the root, each time. `is_chained`: nothing is above
    it but the only chain of `&&` of a script without errors."""

    node: Node
    above: _Spot | None
    is_chained: bool


class _Reader:
    def __init__(self, script: Script) -> None:
        self.data = script.text.encode()
        self.pipes: list[Span] = []
        self._script = script
        self._is_ascii = script.text.isascii()

    def commands(self, root: Node) -> Iterator[Command]:
        todo = [_Spot(root, None, not root.has_error and len(_statements(root)) == 1)]
        while todo:
            spot = todo.pop()
            node = spot.node
            if node.type == "pipeline":
                self.pipes += (self._span(child) for child in node.children if child.type in ("|", "|&"))
            if node.type == "command":
                command = self._command(spot)
                if command is not None:
                    yield command
            elif node.type == "declaration_command":
                yield self._declaration(node)
            is_chained = spot.is_chained and _is_chain(node)
            todo.extend(_Spot(child, spot, is_chained) for child in reversed(node.children))

    def _command(self, spot: _Spot) -> Command | None:
        node = spot.node
        name = node.child_by_field_name("name")
        if name is None or not name.children:
            return None
        assignments: list[str] = []
        words: list[Node] = []
        for child in node.children:
            if child.type == "variable_assignment":
                assignments.append(_text(child.children[0]))
            elif child.type == "command_name":
                words.append(child.children[0])
            elif child.type in _WORDS:
                words.append(child)
        words += self._behind_redirects(spot)
        arguments = tuple(map(self._argument, words))
        if arguments[0].text in _EFFECTIVE and len(arguments) > 1 and not arguments[1].is_flag:
            arguments = arguments[1:]
        first, last = arguments[0].span, arguments[-1].span
        span = Span(first.line, first.column, last.end_line, last.end_column)
        return Command(
            arguments[0].text, first, arguments[1:], span, tuple(assignments), _is_piped(spot), spot.is_chained
        )

    def _behind_redirects(self, spot: _Spot) -> list[Node]:
        """In `cmd > file word` the grammar gives the word to the redirection."""
        parent = None if spot.above is None else spot.above.node
        if parent is None or parent.type != "redirected_statement" or parent.children[0] != spot.node:
            return []
        return [
            word
            for redirect in parent.children[1:]
            if redirect.type == "file_redirect"
            for word in redirect.children_by_field_name("destination")[1:]
        ]

    def _declaration(self, node: Node) -> Command:
        keyword, *rest = node.children
        arguments = tuple(self._argument(child) for child in rest if child.is_named)
        return Command(_text(keyword), self._span(keyword), arguments, self._span(node))

    def _argument(self, node: Node) -> Argument:
        return Argument(_plain(node), self._span(node), _has_variable(node))

    def _span(self, node: Node) -> Span:
        return self._script.span(self._position(*node.start_point), self._position(*node.end_point))

    def _position(self, row: int, column: int) -> tuple[int, int]:
        """The grammar counts bytes, people characters."""
        if self._is_ascii:
            return row, column
        return row, column - bisect_left(self._continuing[row], column)

    @cached_property
    def _continuing(self) -> list[list[int]]:
        """Of each row, where bytes stand that are not the first of their character."""
        return [[place for place, byte in enumerate(row) if byte & 0xC0 == 0x80] for row in self.data.split(b"\n")]


def _is_piped(spot: _Spot) -> bool:
    above = spot.above
    while above is not None and above.node.type == "redirected_statement":
        spot, above = above, above.above
    return above is not None and above.node.type == "pipeline" and above.node.children[-1] != spot.node


def _statements(root: Node) -> list[Node]:
    return [child for child in root.children if child.is_named and child.type != "comment"]


def _is_chain(node: Node) -> bool:
    """Whether what is right below runs whenever all before it worked, and stops the script if it does not."""
    if node.type == "list":
        return node.children[1].type == "&&"
    return node.type in ("program", "redirected_statement")


def _has_variable(node: Node) -> bool:
    return node.type in _EXPANSIONS or any(_has_variable(child) for child in node.children)


def _plain(node: Node) -> str:
    """A word without its quotes and the backslashes that quote a character or join lines."""
    match node.type:
        case "raw_string":
            return _text(node)[1:-1]
        case "ansi_c_string":
            return _text(node)[2:-1]
        case "string":
            return _text(node)[1:-1].replace("\\\n", "").replace('\\"', '"')
        case "word":
            return _unquoted(_text(node))
        case "concatenation":
            return "".join(map(_plain, node.children))
        case _:
            return _text(node)


def _unquoted(text: str) -> str:
    if "\\" not in text:
        return text
    text = text.replace("\\\n", "")
    parts = text.split("\\")
    return parts[0] + "".join(parts[1:])


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
