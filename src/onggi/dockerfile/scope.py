"""Which variables the words of an instruction see: a value that each ARG and ENV turns into the next one.

For those who read a Dockerfile without building it. A word that cannot be expanded comes to nothing here; that it is
wrong, and why, is for the build to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from onggi.dockerfile import words
from onggi.dockerfile.syntax import Arg, Definition, Dockerfile, Env, Instruction
from onggi.dockerfile.variables import Variables


class Lookups(Mapping[str, str]):
    """Variables that remember which names were `found` and which were `missed`, in the order they were asked for."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.found: dict[str, None] = {}
        self.missed: dict[str, None] = {}

    def __getitem__(self, name: str) -> str:
        asked = self.found if name in self._variables else self.missed
        asked[name] = None
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class Expansion(msgspec.Struct, frozen=True):
    """What a word comes to, and the names it asked for."""

    text: str
    found: tuple[str, ...]
    missed: tuple[str, ...]


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """`variables` are what words expand to; `declared` has the names that an ARG declared, with or without a value.
    `build_args` are the caller's, `defaults` what an ARG without a value takes. `escape` is the file's."""

    variables: Variables
    declared: Variables
    build_args: Mapping[str, str] = {}
    defaults: Mapping[str, str] = {}
    escape: str = "\\"

    def look_up(self, word: str) -> Expansion:
        """The word expanded."""
        return self._look_up(lambda variables: words.expand(word, variables, self.escape))

    def look_up_text(self, text: str) -> Expansion:
        """The text of a heredoc expanded."""
        return self._look_up(lambda variables: words.expand_text(text, variables))

    def _look_up(self, expand: Callable[[Mapping[str, str]], str]) -> Expansion:
        lookups = Lookups(self.variables)
        try:
            text = expand(lookups)
        except words.ExpansionError:
            text = ""
        return Expansion(text, tuple(lookups.found), tuple(lookups.missed))

    def expand(self, word: str) -> str:
        return self.look_up(word).text

    def split(self, word: str) -> list[str]:
        """As `expand`, then split at spaces that were not quoted."""
        try:
            return words.split(word, self.variables, self.escape)
        except words.ExpansionError:
            return []

    def declare(self, definition: Definition) -> Scope:
        """After one name of an ARG: the caller's value wins, then the default, then what is inherited."""
        name = definition.name.text
        value = self.build_args.get(name)
        if value is None:
            value = self.defaults.get(name) if definition.default is None else self.expand(definition.default.text)
        variables = self.variables if value is None else self.variables.set(name, value)
        return replace(self, variables=variables, declared=self.declared.set(name, ""))

    def after(self, instruction: Instruction) -> Scope:
        """What the next instruction sees. All values of one ENV see the variables as they were before it; each name of
        an ARG sees the ones before."""
        scope = self
        if isinstance(instruction, Arg):
            for definition in instruction.definitions:
                scope = scope.declare(definition)
        elif isinstance(instruction, Env):
            variables = self.variables
            for pair in instruction.pairs:
                variables = variables.set(self.expand(pair.name.text), self.expand(pair.value.text))
            scope = replace(self, variables=variables)
        return scope


def global_scope(dockerfile: Dockerfile, automatic: Mapping[str, str], build_args: Mapping[str, str]) -> Scope:
    """What FROM sees. `automatic` are the arguments that are there without an ARG (TARGETPLATFORM and its like)."""
    values = Variables({name: build_args.get(name, value) for name, value in automatic.items()})
    scope = Scope(variables=values, declared=Variables({}), build_args=build_args, escape=dockerfile.escape)
    for arg in dockerfile.arguments:
        scope = scope.after(arg)
    return scope


def stage_scope(outer: Scope, environment: Mapping[str, str]) -> Scope:
    """What a stage sees that begins on an image with this environment. `outer` is the global scope."""
    return replace(outer, variables=Variables(environment), declared=Variables({}), defaults=outer.variables)
