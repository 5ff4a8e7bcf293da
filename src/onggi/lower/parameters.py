"""What a build of a target takes: arguments, secrets and SSH agents. `--call outline` shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.dockerfile.comments import description
from onggi.dockerfile.scope import Scope, global_scope, stage_scope
from onggi.dockerfile.syntax import Arg, Definition, Dockerfile, Instruction, Run
from onggi.graph.op import SecretMount, SshMount
from onggi.lower import mounts
from onggi.lower.outline import ImageRoot, Outline, StageOutline, StageRoot, outline
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.scope import automatic_arguments
from onggi.lower.statement import Statement
from onggi.lower.targets import Target, targets

Lines: TypeAlias = tuple[int, int]


class Argument(msgspec.Struct, frozen=True):
    """A build argument that the target uses, and what it is in this build; "" if it has no value."""

    name: str
    value: str
    description: str
    lines: Lines


class Credential(msgspec.Struct, frozen=True):
    """A secret or an SSH agent that a step asks for."""

    name: str
    is_required: bool
    lines: Lines


class Parameters(msgspec.Struct, frozen=True):
    """All in the order of the file's lines."""

    target: Target
    arguments: tuple[Argument, ...]
    secrets: tuple[Credential, ...]
    agents: tuple[Credential, ...]


def parameters(dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage] = {}) -> Parameters:
    """Of the request's target and the stages it needs. Raises DockerfileError for what cannot be resolved. Values that
    come from the environment of an image which `bases` lacks are empty."""
    plan = outline(dockerfile, request, bases)
    stages = _Stages(dockerfile, request, bases)
    uses = {index: stages.uses(index, outlined) for index, outlined in plan.stages.items()}
    nearest_first = [uses[index] for index in _nearest_first(plan)]
    return Parameters(
        targets(dockerfile)[plan.target],
        _arguments(found.arguments for found in nearest_first),
        _credentials(found.secrets for found in nearest_first),
        _credentials(found.agents for found in nearest_first),
    )


def _arguments(found: Iterable[Mapping[str, Argument]]) -> tuple[Argument, ...]:
    """The first of each name, by line."""
    merged: dict[str, Argument] = {}
    for arguments in found:
        for name, argument in arguments.items():
            merged.setdefault(name, argument)
    return tuple(sorted(merged.values(), key=lambda argument: argument.lines))


def _credentials(found: Iterable[Mapping[str, Credential]]) -> tuple[Credential, ...]:
    merged: dict[str, Credential] = {}
    for credentials in found:
        for credential in credentials.values():
            _use_credential(merged, credential)
    return tuple(sorted(merged.values(), key=lambda credential: credential.lines))


def _nearest_first(plan: Outline) -> Iterator[int]:
    """The target, what it is built on, then what it copies from."""
    seen: dict[int, None] = {}
    waiting = [plan.target]
    while waiting:
        index = waiting.pop()
        if index not in seen:
            seen[index] = None
            stage = plan.stages[index]
            roots = [stage.base, *(root for source in stage.sources.values() for root in source.values())]
            waiting += [root.index for root in reversed(roots) if isinstance(root, StageRoot)]
    return iter(seen)


class _Uses(msgspec.Struct, frozen=True):
    """What one stage uses, by name."""

    arguments: dict[str, Argument] = {}
    secrets: dict[str, Credential] = {}
    agents: dict[str, Credential] = {}


class _Global(msgspec.Struct, frozen=True):
    """An ARG before the first FROM, and the names that its value is made of."""

    argument: Argument
    parts: tuple[str, ...]


class _Stages:
    """Reads the needed stages, lowest first."""

    def __init__(self, dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage]) -> None:
        self._dockerfile = dockerfile
        self._bases = bases
        automatic = automatic_arguments(dockerfile, request)
        self._outer = global_scope(dockerfile, automatic, request.build_args)
        self._globals = self._read_globals()
        self._ends: dict[int, Scope] = {}

    def _read_globals(self) -> dict[str, _Global]:
        found: dict[str, _Global] = {}
        for arg in self._dockerfile.arguments:
            for definition in arg.definitions:
                name = definition.name.text
                parts: tuple[str, ...] = ()
                if definition.default is not None and name not in self._outer.build_args:
                    parts = self._outer.look_up(definition.default.text).found
                told = description(self._dockerfile, arg, name)
                found[name] = _Global(_argument(definition, self._outer, told, _lines(arg)), parts)
        return found

    def uses(self, index: int, outlined: StageOutline) -> _Uses:
        found = _Uses()
        base = outlined.stage.base
        for word in (base.image, base.platform):
            if word is not None:
                self._use_globals(found, self._outer.look_up(word.text).found)
        scope = self._begin(outlined)
        for statement in outlined.statements:
            if isinstance(statement.instruction, Arg):
                self._use_definitions(found, statement, statement.instruction, scope)
            elif isinstance(statement.instruction, Run):
                _use_credentials(found, statement, statement.instruction, scope)
            scope = scope.after(statement.instruction)
        self._ends[index] = scope
        return found

    def _begin(self, outlined: StageOutline) -> Scope:
        base = outlined.base
        if isinstance(base, StageRoot):
            return self._ends[base.index]
        image = self._bases.get(base.name) if isinstance(base, ImageRoot) else None
        entries = () if image is None else image.config.config.env
        return stage_scope(self._outer, dict(entry.partition("=")[::2] for entry in entries))

    def _use_globals(self, found: _Uses, names: Iterable[str]) -> None:
        """And those that their values are made of."""
        waiting = list(names)
        while waiting:
            used = self._globals.get(waiting.pop())
            if used is not None and used.argument.name not in found.arguments:
                found.arguments[used.argument.name] = used.argument
                waiting += used.parts

    def _use_definitions(self, found: _Uses, statement: Statement, arg: Arg, scope: Scope) -> None:
        for definition in arg.definitions:
            scope = scope.declare(definition)
            name = definition.name.text
            is_given = definition.default is not None or name in scope.build_args
            if is_given or name not in scope.defaults:
                is_in_file = statement.source is self._dockerfile.source
                told = description(self._dockerfile, arg, name) if is_in_file else ""
                found.arguments[name] = _argument(definition, scope, told, _lines_of(statement))
            else:
                self._use_globals(found, [name])


def _argument(definition: Definition, scope: Scope, told: str, lines: Lines) -> Argument:
    name = definition.name.text
    return Argument(name, scope.variables.get(name, ""), told, lines)


def _use_credentials(found: _Uses, statement: Statement, run: Run, scope: Scope) -> None:
    for word in run.mounts:
        match mounts.parse(word, statement, mounts.Setting(variables=scope.variables, position=0)):
            case SecretMount(id=name, required=is_required):
                _use_credential(found.secrets, Credential(name, is_required, _lines_of(statement)))
            case SshMount(id=name, required=is_required):
                _use_credential(found.agents, Credential(name, is_required, _lines_of(statement)))


def _use_credential(credentials: dict[str, Credential], asked: Credential) -> None:
    """Where it is asked for first; required if any step requires it."""
    known = credentials.setdefault(asked.name, asked)
    credentials[asked.name] = replace(known, is_required=known.is_required or asked.is_required)


def _lines_of(statement: Statement) -> Lines:
    """A trigger of an image stands where the image is named."""
    first, last = _lines(statement.instruction)
    return statement.line, statement.line + last - first


def _lines(instruction: Instruction) -> Lines:
    return instruction.origin.span.line, instruction.origin.span.end_line
