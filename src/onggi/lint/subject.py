"""A Dockerfile as rules see it: each stage's instructions with what is known where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from onggi.dockerfile.parse import parse_instruction
from onggi.dockerfile.scope import Scope, global_scope, stage_scope
from onggi.dockerfile.source import Source, Span
from onggi.dockerfile.syntax import SCRATCH, Dockerfile, Instruction, OnBuild, Shell, Stage, Workdir
from onggi.lint.facts import Base, Facts
from onggi.lint.violation import Text, Violation
from onggi.oci.config import DEFAULT_PATH


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known where an instruction stands. `has_shell`: SHELL was set, by the base or since; `has_workdir`: a
    WORKDIR of this file came before; `is_base_known`: no variable can be there that `scope` does not have."""

    scope: Scope
    has_shell: bool
    has_workdir: bool
    is_base_known: bool

    def after(self, instruction: Instruction) -> Standing:
        return Standing(
            scope=self.scope.after(instruction),
            has_shell=self.has_shell or isinstance(instruction, Shell),
            has_workdir=self.has_workdir or isinstance(instruction, Workdir),
            is_base_known=self.is_base_known,
        )


class Step(msgspec.Struct, frozen=True):
    """One instruction of a stage. `place` is where the file says it: itself, or the FROM whose base has it as a
    trigger."""

    instruction: Instruction
    place: Instruction
    standing: Standing

    def violation(self, span: Span, message: Text) -> Violation:
        """At `span` of the instruction. A trigger's own text may be nowhere to be seen: then at its place."""
        return Violation(self.place, span if self.place is self.instruction else self.place.origin.span, message)


class StageSteps(msgspec.Struct, frozen=True):
    """A stage's instructions in the order they run, triggers of its base first, and what is known after them."""

    stage: Stage
    steps: tuple[Step, ...]
    end: Standing


class Subject(msgspec.Struct, frozen=True):
    """`outer` is what FROM sees; `stages` are those that the build needs, or all."""

    dockerfile: Dockerfile
    facts: Facts
    outer: Scope
    stages: tuple[StageSteps, ...]

    def instructions(self) -> Iterator[Instruction]:
        """Every FROM and what follows it, as written; without the ARGs before the first one."""
        for stage in self.dockerfile.stages:
            yield stage.base
            yield from stage.instructions

    def steps(self) -> Iterator[Step]:
        for stage in self.stages:
            yield from stage.steps


def subject(dockerfile: Dockerfile, facts: Facts) -> Subject:
    outer = global_scope(dockerfile, facts.automatic, facts.build_args)
    found: list[StageSteps] = []
    by_name: dict[str, StageSteps] = {}
    for stage in dockerfile.stages:
        found.append(_walk(stage, by_name, outer, facts))
        if stage.base.name is not None:
            by_name[stage.base.name.text] = found[-1]
    wanted = range(len(found)) if facts.stages is None else sorted(facts.stages)
    return Subject(dockerfile, facts, outer, tuple(found[index] for index in wanted))


def _walk(stage: Stage, earlier: Mapping[str, StageSteps], outer: Scope, facts: Facts) -> StageSteps:
    name = outer.expand(stage.base.image.text)
    below = earlier.get(name.lower())
    if stage.index in facts.bases or below is None:
        base = facts.bases.get(stage.index)
        standing = _begin(outer, base or Base(), is_known=base is not None or name == SCRATCH)
        triggers = () if base is None else base.triggers
        instructions = [parse_instruction(Source.of(text, f"ONBUILD of {name}")) for text in triggers]
    else:
        standing = below.end
        instructions = [item.trigger for item in below.stage.instructions if isinstance(item, OnBuild)]
    steps: list[Step] = []
    for instruction, place in (
        *((trigger, stage.base) for trigger in instructions),
        *((instruction, instruction) for instruction in stage.instructions),
    ):
        steps.append(Step(instruction, place, standing))
        standing = standing.after(instruction)
    return StageSteps(stage, tuple(steps), standing)


def _begin(outer: Scope, base: Base, *, is_known: bool) -> Standing:
    scope = stage_scope(outer, {"PATH": DEFAULT_PATH, **base.environment})
    return Standing(scope=scope, has_shell=base.has_shell, has_workdir=False, is_base_known=is_known)
