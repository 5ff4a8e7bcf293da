"""Dockerfile + bases + request → Graph. Pure: what is missing is asked for first, with `needs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from onggi.dockerfile.syntax import (
    SCRATCH,
    Add,
    Arg,
    Cmd,
    Copy,
    Dockerfile,
    Entrypoint,
    Env,
    Expose,
    HealthCheck,
    Instruction,
    Label,
    Maintainer,
    OnBuild,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from onggi.graph.builder import GraphBuilder
from onggi.graph.op import ContextSource, ImageSource, Pick
from onggi.graph.op import Copy as CopyOp
from onggi.graph.vertex import Clause, Graph, Output, Vertex
from onggi.lower import configuration
from onggi.lower.copy import add, copy
from onggi.lower.lowering import Lowering
from onggi.lower.needs import unknown_image
from onggi.lower.outline import ContextRoot, ImageRoot, Root, StageOutline, StageRoot, outline
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.run import run
from onggi.lower.scope import PREDEFINED, automatic_arguments, global_arguments
from onggi.lower.state import StageState, start, start_on
from onggi.lower.statement import Statement
from onggi.lower.workdir import workdir
from onggi.oci.config import RunConfig
from onggi.suggest import nearest

_LOWERINGS: Mapping[type[Instruction], Callable[[StageState, Any, Lowering], StageState]] = {
    Add: add,
    Arg: configuration.arg,
    Cmd: configuration.cmd,
    Copy: copy,
    Entrypoint: configuration.entrypoint,
    Env: configuration.env,
    Expose: configuration.expose,
    HealthCheck: configuration.health_check,
    Label: configuration.label,
    Maintainer: configuration.maintainer,
    OnBuild: configuration.on_build,
    Run: run,
    Shell: configuration.shell,
    StopSignal: configuration.stop_signal,
    User: configuration.user,
    Volume: configuration.volume,
    Workdir: workdir,
}


def lower(dockerfile: Dockerfile, bases: Mapping[ImageName, BaseImage], request: LowerRequest) -> Graph:
    """The graph of the target and what it needs. Raises DockerfileError for mistakes and DockerfileUnsupported for
    what is not executed yet, both with their place."""
    plan = outline(dockerfile, request, bases)
    stages = _Stages(dockerfile, bases, request)
    for index, stage in plan.stages.items():
        stages.lower(index, stage)
    return stages.graph(plan.target)


class _Stages:
    """The stages that are done, and the graph so far."""

    def __init__(self, dockerfile: Dockerfile, bases: Mapping[ImageName, BaseImage], request: LowerRequest) -> None:
        self._dockerfile = dockerfile
        self._bases = bases
        self._request = request
        self._defaults = global_arguments(dockerfile, request)
        self._builder = GraphBuilder()
        self._done: dict[int, StageState] = {}
        arguments = (Statement(each, dockerfile.source, each.origin.span.line) for each in dockerfile.arguments)
        self._clauses = [Clause(text=each.text, line=each.line) for each in arguments]

    def lower(self, index: int, outlined: StageOutline) -> None:
        name = outlined.stage.name
        stage = self._start(name, outlined)
        self._clauses.append(self._opening(outlined, stage))
        triggers = len(outlined.statements) - len(outlined.stage.instructions)
        for number, statement in enumerate(outlined.statements):
            below, known = stage.vertex, len(self._builder)
            lowering = Lowering(
                statement,
                self._request,
                self._defaults,
                self._builder,
                outlined.sources[number],
                partial(self._vertex, name, statement),
            )
            stage = _LOWERINGS[type(statement.instruction)](stage, statement.instruction, lowering)
            made = range(known, len(self._builder))
            clause = Clause(
                text=statement.text,
                line=statement.line,
                vertices=()
                if stage.vertex == below
                else (*(each for each in made if each != stage.vertex), stage.vertex),
                is_trigger=number < triggers,
            )
            self._clauses.append(clause)
        self._done[index] = stage

    def _opening(self, outlined: StageOutline, stage: StageState) -> Clause:
        """Of a FROM; one that goes on where another stage ended makes nothing."""
        base = outlined.base
        image = self._bases.get(base.name) if isinstance(base, ImageRoot) else None
        return Clause(
            text=outlined.opening.text,
            line=outlined.opening.line,
            vertices=() if isinstance(base, StageRoot) else (stage.vertex,),
            image_id=image.image_id if image else "",
        )

    def _start(self, name: str, outlined: StageOutline) -> StageState:
        base, platform = outlined.base, outlined.platform
        if isinstance(base, StageRoot):
            return start_on(name, self._done[base.index])
        if isinstance(base, ContextRoot):
            return self._start_on_files(name, base, outlined)
        vertex = self._vertex(name, outlined.opening, base)
        if base.name.reference == SCRATCH:
            return start(name, platform, vertex, RunConfig(working_dir="/"))
        image = self._bases[base.name].config
        return start(name, platform, vertex, image.config, image.author)

    def _start_on_files(self, name: str, root: ContextRoot, outlined: StageOutline) -> StageState:
        """FROM a named context that is a folder: its files, and no configuration."""
        nothing = self._vertex(name, outlined.opening, ImageRoot(ImageName(SCRATCH, outlined.platform)))
        context = self._vertex(name, outlined.opening, root)
        op = CopyOp(sources=(Pick(1, "."),), destination="/", epoch=self._request.epoch)
        text = outlined.opening.text
        files = Vertex(op=op, inputs=(nothing, context), stage=name, text=text, line=outlined.opening.line)
        stage = start(name, outlined.platform, nothing, RunConfig(working_dir="/"))
        return stage.after(text, self._builder.add(files))

    def _vertex(self, name: str, statement: Statement, root: Root) -> int:
        """Where the files of a stage, an image or a context are."""
        match root:
            case StageRoot():
                return self._done[root.index].vertex
            case ContextRoot():
                text = f"the context {root.name}" if root.name else "the build context"
                return self._builder.add(Vertex(op=ContextSource(root.ignore, root.name), text=text))
            case ImageRoot():
                told = root.name.reference
                source = ImageSource(told, "" if told == SCRATCH else self._image(root.name, statement).image_id)
                return self._builder.add(Vertex(op=source, stage=name, text=f"FROM {told}", line=statement.line))

    def _image(self, name: ImageName, statement: Statement) -> BaseImage:
        if name not in self._bases:
            raise unknown_image(name.reference, statement, self._dockerfile)
        image = self._bases[name]
        own, wanted = image.platform, name.platform
        if (own.os, own.architecture) != (wanted.os, wanted.architecture):
            raise statement.wrong_platform(
                f"{name.reference} in the store is for {own}, not for {wanted}",
                hint=f"bring the image for {wanted} into the store, or build with --platform {own}",
            )
        return image

    def graph(self, target: int) -> Graph:
        stage = self._done[target]
        config = stage.with_config(labels={**stage.config.labels, **self._request.labels}).config
        output = Output(
            vertex=stage.vertex,
            base=stage.base,
            config=config,
            steps=stage.steps,
            author=stage.author,
            platform=stage.platform,
        )
        return Graph(vertices=self._builder.vertices(), output=output, clauses=tuple(self._clauses))


def unused_arguments(
    dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage] = {}
) -> dict[str, str | None]:
    """The build arguments that nothing declares: no ARG of the file, nor of the triggers that run in it. Each with the
    name that it may be a slip of."""
    stages = outline(dockerfile, request, bases).stages.values()
    instructions = [
        *dockerfile.arguments,
        *(instruction for stage in dockerfile.stages for instruction in stage.instructions),
        *(statement.instruction for stage in stages for statement in stage.statements),
    ]
    declared = {
        definition.name.text
        for instruction in instructions
        if isinstance(instruction, Arg)
        for definition in instruction.definitions
    }
    known = declared | PREDEFINED | automatic_arguments(dockerfile, request).keys()
    return {name: nearest(name, known) for name in sorted(request.build_args) if name not in known}
