"""A stage with the stages that it begins on: all that comes to be in its image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

import msgspec

from onggi.dockerfile.syntax import Cmd, Command, Copy, Entrypoint, ExecForm, Instruction, Run
from onggi.lint.knowledge.images import PublicImage, is_root, public_image
from onggi.lint.pattern import Pattern
from onggi.lint.view.facts import Base
from onggi.lint.view.mounts import mounts
from onggi.lint.view.subject import StageSteps, Step, Subject, once

_T = TypeVar("_T", bound=Instruction)
_MOST_STAGES = 127
"""Below a stage: overlayfs takes no more layers. What lies deeper in a longer chain is not looked at, so that the time
for a file stays in proportion to its length."""

_ROOT = frozenset({"", "root", "0"})
_NOT_FOR_PRODUCTION = Pattern(
    r"(?:.*[-_.])?(?:dev|devel|develop|development|debug|test|tests|testing|lint|ci|watch|local|e2e|build|builder|sdk)"
    r"(?:[-_.].*)?"
)
_DEVELOPMENT_WORDS = Pattern(
    r"(?:.*[\s/:])?(?:dev|develop|watch|nodemon|ts-node-dev|vite|test|pytest|jest|storybook|--reload|air)(?:[\s:].*)?"
)


class Lineage(msgspec.Struct, frozen=True, dict=True):
    """`stages` go from the one that begins on an image to the stage itself. `image` is that image, None where a
    variable leaves its name open; `base` what it says, None where that is not known."""

    stages: tuple[StageSteps, ...]
    image: PublicImage | None
    base: Base | None

    @property
    def stage(self) -> StageSteps:
        return self.stages[-1]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All that leave something in the image, in their order."""
        return tuple(step for stage in self.stages for step in stage.steps)

    def of(self, kind: type[_T]) -> Iterator[tuple[Step, _T]]:
        for step in self.steps:
            if isinstance(step.instruction, kind):
                yield step, step.instruction

    def last(self, kind: type[_T]) -> tuple[Step, _T] | None:
        """The one that counts."""
        return next(reversed(tuple(self.of(kind))), None)

    @property
    def begins_as_root(self) -> bool:
        """Whether the image below is known to be root's where nobody says USER."""
        if self.base is not None:
            return self.base.user.partition(":")[0] in _ROOT
        return self.image is not None and is_root(self.image) is True

    def is_root(self, step: Step) -> bool:
        """Whether a step of its stage is known to run as root."""
        user = step.standing.user
        return user.partition(":")[0] in _ROOT if user else self.begins_as_root

    @cached_property
    def is_started(self) -> bool:
        """Whether the file says what it runs."""
        return self.last(Cmd) is not None or self.last(Entrypoint) is not None

    @cached_property
    def is_for_production(self) -> bool:
        """Whether it is started, and neither its name nor what it runs says that it is to develop or test with."""
        if not self.is_started or _NOT_FOR_PRODUCTION.fullmatch(self.stage.stage.name):
            return False
        started = (found[1].command for found in (self.last(Entrypoint), self.last(Cmd)) if found is not None)
        return not any(_DEVELOPMENT_WORDS.fullmatch(word) for command in started for word in _words(command))


def _words(command: Command) -> tuple[str, ...]:
    """A script is one."""
    return command.arguments if isinstance(command, ExecForm) else (command.text,)


@once
def lineages(subject: Subject) -> tuple[Lineage, ...]:
    """Of each stage."""
    found: list[Lineage] = []
    by_name: dict[str, Lineage] = {}
    for stage in subject.stages:
        name = base_name(subject, stage)
        base = subject.facts.bases.get(stage.stage.index)
        below = by_name.get(name.lower()) if base is None else None
        if below is None:
            own = Lineage((stage,), public_image(name), base)
        else:
            own = Lineage((*below.stages[-_MOST_STAGES:], stage), below.image, below.base)
        found.append(own)
        if stage.stage.base.name is not None:
            by_name[stage.stage.base.name.text] = own
    return tuple(found)


def targets(subject: Subject) -> Iterator[Lineage]:
    """Of each stage that no other begins on, copies or mounts from: what a build is asked for."""
    found = lineages(subject)
    begun = {stage.stage.index for lineage in found for stage in lineage.stages[:-1]}
    taken = {name.lower() for step in subject.steps() for name in sources(step)}
    for lineage in found:
        stage = lineage.stage.stage
        if stage.index not in begun and not taken & {stage.name.lower(), str(stage.index)}:
            yield lineage


def sources(step: Step) -> Iterator[str]:
    """The stages and images that a step takes files from, as COPY --from and mounts name them."""
    match step.instruction:
        case Copy(stage=stage) if stage is not None:
            yield stage.text
        case Run() as run:
            yield from (mount.stage for mount in mounts(run) if mount.stage)


def inherited(subject: Subject) -> Iterator[StageSteps]:
    """The last stage and those that another begins on. What others leave behind gets nowhere."""
    found = lineages(subject)
    begun = {id(stage) for lineage in found for stage in lineage.stages[:-1]}
    yield from (stage for stage in subject.stages if id(stage) in begun or stage is subject.stages[-1])


def final(subject: Subject) -> Lineage | None:
    """The stage that becomes the image; None for a file without any."""
    return next(reversed(lineages(subject)), None)


def base_name(subject: Subject, stage: StageSteps) -> str:
    """What its FROM names, with the variables replaced; "" where one has no value."""
    expansion = subject.outer.look_up(stage.stage.base.image.text)
    return "" if expansion.missed else expansion.text
