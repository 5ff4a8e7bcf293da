"""A Dockerfile as rules see it: each stage's instructions with what is known where they stand, and what their shell
scripts run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, wraps
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from onggi.dockerfile.parse import parse_instruction
from onggi.dockerfile.scope import Scope, global_scope, stage_scope
from onggi.dockerfile.source import Source, Span
from onggi.dockerfile.syntax import (
    SCRATCH,
    Cmd,
    Dockerfile,
    Entrypoint,
    ExecForm,
    HealthCheck,
    Instruction,
    OnBuild,
    Run,
    Shell,
    Stage,
    User,
    Workdir,
    performed,
)
from onggi.lint.policy import Policy
from onggi.lint.pragma import told_shell
from onggi.lint.shell.commands import Calls, Command, read, read_words
from onggi.lint.shell.script import Script, script
from onggi.lint.view.facts import Base, Facts
from onggi.lint.violation import Fix, Text, Violation
from onggi.oci.config import DEFAULT_PATH

_Found = TypeVar("_Found")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known where an instruction stands. `shell`: the SHELL that the base or the file has set, () if none did;
    `user`: so for USER, "" if none did; `told_shell`: the shell that a comment says is there, "" if none does;
    `has_workdir`: a WORKDIR of this file came before; `is_base_known`: no variable can be there that `scope` does not
    have."""

    scope: Scope
    shell: tuple[str, ...]
    has_workdir: bool
    is_base_known: bool
    user: str = ""
    told_shell: str = ""

    @property
    def has_own_shell(self) -> bool:
        return bool(self.shell)

    @property
    def reader(self) -> tuple[str, ...]:
        """What reads scripts."""
        return (self.told_shell,) if self.told_shell else self.shell

    def before(self, instruction: Instruction) -> Standing:
        """With what the comments above it tell."""
        told = told_shell(instruction.origin.comments)
        return replace(self, told_shell=told) if told else self

    def after(self, instruction: Instruction) -> Standing:
        return Standing(
            scope=self.scope.after(instruction),
            shell=instruction.arguments if isinstance(instruction, Shell) else self.shell,
            told_shell="" if isinstance(instruction, Shell) else self.told_shell,
            user=self._user(instruction) if isinstance(instruction, User) else self.user,
            has_workdir=self.has_workdir or isinstance(instruction, Workdir),
            is_base_known=self.is_base_known,
        )

    def _user(self, instruction: User) -> str:
        """As written, if a variable leaves it open."""
        expansion = self.scope.look_up(instruction.user.text)
        return instruction.user.text if expansion.missed or not expansion.text else expansion.text


class Step(msgspec.Struct, frozen=True, dict=True):
    """One instruction of a stage. `place` is where the file says it: itself, or the FROM whose base has it as a
    trigger; `source` is where its text stands."""

    instruction: Instruction
    place: Instruction
    standing: Standing
    source: Source

    @property
    def is_written(self) -> bool:
        """Whether it stands in this file, and not in the base."""
        return self.place is self.instruction

    @property
    def inner(self) -> Instruction:
        """What it does: at once, or behind ONBUILD in the child."""
        return performed(self.instruction)

    @property
    def run(self) -> Run | None:
        """The RUN that it is, if this file says it and it runs at once."""
        return self.instruction if self.is_written and isinstance(self.instruction, Run) else None

    @cached_property
    def script(self) -> Script | None:
        """What it gives to a shell."""
        return script(self.source, self.standing.scope.escape, self.instruction, self.standing.reader)

    @cached_property
    def calls(self) -> Calls:
        """What it runs, if it is a RUN, CMD, ENTRYPOINT or HEALTHCHECK; also in exec form, and behind ONBUILD."""
        inner = self.inner
        command = inner.command if isinstance(inner, Run | Cmd | Entrypoint | HealthCheck) else None
        if isinstance(command, ExecForm):
            return read_words(command.arguments, self.instruction.origin.span)
        return Calls() if self.script is None else read(self.script)

    @property
    def commands(self) -> tuple[Command, ...]:
        return self.calls.commands

    def violation(self, span: Span, message: Text, fix: Fix | None = None) -> Violation:
        """At `span` of the instruction. A trigger's own text may be nowhere to be seen: then at its place, and not to
        be mended."""
        if not self.is_written:
            return Violation(self.place, self.place.origin.span, message)
        return Violation(self.place, span, message, fix=fix)


class StageSteps(msgspec.Struct, frozen=True):
    """A stage's instructions in the order they run, triggers of its base first, and what is known after them."""

    stage: Stage
    steps: tuple[Step, ...]
    end: Standing


class Subject(msgspec.Struct, frozen=True, dict=True):
    """`outer` is what FROM sees; `stages` are those that the build needs, or all. `codes` are those of all rules that
    take part."""

    dockerfile: Dockerfile
    facts: Facts
    outer: Scope
    stages: tuple[StageSteps, ...]
    codes: frozenset[str] = frozenset()

    def steps(self) -> Iterator[Step]:
        for stage in self.stages:
            yield from stage.steps

    def runs(self) -> Iterator[Step]:
        """The RUN instructions of this file, those behind ONBUILD too."""
        return iter(self._runs)

    @cached_property
    def _runs(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps() if step.is_written and isinstance(step.inner, Run))

    @property
    def policy(self) -> Policy:
        return self.facts.policy

    @cached_property
    def kept(self) -> dict[Callable[[Subject], object], Any]:
        """What was found in it already, by what found it."""
        return {}


def once(find: Callable[[Subject], _Found]) -> Callable[[Subject], _Found]:
    """Many rules ask the same of a subject: it is found for the first of them, and kept for the others."""

    @wraps(find)
    def found(subject: Subject) -> _Found:
        if find not in subject.kept:
            subject.kept[find] = find(subject)
        known: _Found = subject.kept[find]
        return known

    return found


def subject(dockerfile: Dockerfile, facts: Facts, codes: Iterable[str] = ()) -> Subject:
    outer = global_scope(dockerfile, facts.automatic, facts.build_args)
    at_the_top = told_shell(comment for each in _until_from(dockerfile) for comment in each.origin.comments)
    found: list[StageSteps] = []
    by_name: dict[str, StageSteps] = {}
    for stage in dockerfile.stages:
        found.append(_walk(dockerfile.source, stage, by_name, outer, facts, at_the_top))
        if stage.base.name is not None:
            by_name[stage.base.name.text] = found[-1]
    wanted = range(len(found)) if facts.stages is None else sorted(facts.stages)
    return Subject(dockerfile, facts, outer, tuple(found[index] for index in wanted), frozenset(codes))


def _until_from(dockerfile: Dockerfile) -> list[Instruction]:
    """Up to the first FROM, which it includes: what is told here holds for all stages."""
    return [*dockerfile.arguments, *(stage.base for stage in dockerfile.stages[:1])]


def _walk(
    source: Source, stage: Stage, earlier: Mapping[str, StageSteps], outer: Scope, facts: Facts, told: str
) -> StageSteps:
    name = outer.expand(stage.base.image.text)
    below = earlier.get(name.lower())
    triggers: list[tuple[Instruction, Source]]
    if stage.index in facts.bases or below is None:
        base = facts.bases.get(stage.index)
        standing = _begin(outer, base or Base(), told, is_known=base is not None or name == SCRATCH)
        texts = [Source.of(text, f"ONBUILD of {name}") for text in (base.triggers if base else ())]
        triggers = [(parse_instruction(text), text) for text in texts]
    else:
        standing = below.end
        triggers = [(item.trigger, source) for item in below.stage.instructions if isinstance(item, OnBuild)]
    standing = standing.before(stage.base)
    steps: list[Step] = []
    for instruction, place, text in (
        *((trigger, stage.base, text) for trigger, text in triggers),
        *((instruction, instruction, source) for instruction in stage.instructions),
    ):
        standing = standing.before(instruction)
        steps.append(Step(instruction, place, standing, text))
        standing = standing.after(instruction)
    return StageSteps(stage, tuple(steps), standing)


def _begin(outer: Scope, base: Base, told: str, *, is_known: bool) -> Standing:
    scope = stage_scope(outer, {"PATH": DEFAULT_PATH, **base.environment})
    return Standing(
        scope=scope,
        shell=base.shell,
        user=base.user,
        told_shell=told,
        has_workdir=False,
        is_base_known=is_known,
    )
