"""Dockerfile + bases + request → Graph. Pure: what is missing is asked for first, with `needs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onggi.dockerfile.syntax import (
    Add,
    Arg,
    Cmd,
    Copy,
    Dockerfile,
    Entrypoint,
    Env,
    Expose,
    From,
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
from onggi.errors import Invalid
from onggi.graph.op import ImageSource
from onggi.graph.vertex import Graph, Output, Vertex
from onggi.lower import configuration, files
from onggi.lower.builder import GraphBuilder
from onggi.lower.lowering import Lowering
from onggi.lower.needs import unknown_image
from onggi.lower.outline import SCRATCH, ImageRoot, Root, StageOutline, StageRoot, outline
from onggi.lower.request import BaseImage, LowerRequest
from onggi.lower.scope import PREDEFINED, global_arguments, platform_arguments
from onggi.lower.state import StageState, start, start_on
from onggi.lower.statement import Statement
from onggi.oci import platform as platforms
from onggi.oci.config import RunConfig

_LOWERINGS: Mapping[type[Instruction], Callable[[StageState, Any, Lowering], StageState]] = {
    Add: files.add,
    Arg: configuration.arg,
    Cmd: configuration.cmd,
    Copy: files.copy,
    Entrypoint: configuration.entrypoint,
    Env: configuration.env,
    Expose: configuration.expose,
    HealthCheck: configuration.health_check,
    Label: configuration.label,
    Maintainer: configuration.maintainer,
    OnBuild: configuration.on_build,
    Run: files.run,
    Shell: configuration.shell,
    StopSignal: configuration.stop_signal,
    User: configuration.user,
    Volume: configuration.volume,
    Workdir: files.workdir,
}


def lower(dockerfile: Dockerfile, bases: Mapping[str, BaseImage], request: LowerRequest) -> Graph:
    """The graph of the target and what it needs. Raises DockerfileError for mistakes and DockerfileUnsupported for
    what is not executed yet, both with their place."""
    plan = outline(dockerfile, request, bases)
    stages = _Stages(dockerfile, bases, request)
    for index, stage in plan.stages.items():
        stages.lower(index, stage)
    return stages.graph(plan.target)


class _Stages:
    """The stages that are done, and the graph so far."""

    def __init__(self, dockerfile: Dockerfile, bases: Mapping[str, BaseImage], request: LowerRequest) -> None:
        self._dockerfile = dockerfile
        self._bases = bases
        self._request = request
        self._defaults = global_arguments(dockerfile, request)
        self._builder = GraphBuilder()
        self._done: dict[int, StageState] = {}

    def lower(self, index: int, outlined: StageOutline) -> None:
        name = outlined.stage.name
        self._check_platform(outlined.stage.base, outlined.opening)
        stage = self._start(name, outlined.base, outlined.opening)
        for number, statement in enumerate(outlined.statements):
            root = outlined.sources.get(number)
            source = None if root is None else self._vertex(name, root, statement)
            lowering = Lowering(statement, self._request, self._defaults, self._builder, source)
            stage = _LOWERINGS[type(statement.instruction)](stage, statement.instruction, lowering)
        self._done[index] = stage

    def _start(self, name: str, base: Root, statement: Statement) -> StageState:
        if isinstance(base, StageRoot):
            return start_on(name, self._done[base.index])
        vertex = self._vertex(name, base, statement)
        if base.reference == SCRATCH:
            return start(name, vertex, RunConfig(working_dir="/"), "")
        image = self._bases[base.reference].config
        return start(name, vertex, image.config, image.author)

    def _vertex(self, name: str, root: Root, statement: Statement) -> int:
        """Where the files of a stage or an image are."""
        if isinstance(root, StageRoot):
            return self._done[root.index].vertex
        image_id = "" if root.reference == SCRATCH else self._image(root, statement).image_id
        source = ImageSource(root.reference, image_id)
        return self._builder.add(Vertex(op=source, stage=name, text=f"FROM {root.reference}", line=statement.line))

    def _image(self, root: ImageRoot, statement: Statement) -> BaseImage:
        if root.reference not in self._bases:
            raise unknown_image(root.reference, statement, self._dockerfile)
        image = self._bases[root.reference]
        own, wanted = image.platform, self._request.platform
        if (own.os, own.architecture) != (wanted.os, wanted.architecture):
            raise statement.unsupported(
                f"building for {wanted} on {root.reference}, which is for {own},",
                hint="use an image for this machine",
            )
        return image

    def _check_platform(self, base: From, statement: Statement) -> None:
        if base.platform is None:
            return
        text = statement.expand(base.platform, self._defaults)
        try:
            platform = platforms.parse(text)
        except Invalid as error:
            raise statement.error(str(error), at=base.platform, hint=error.hint) from error
        if platform != self._request.platform:
            raise statement.unsupported(
                f"FROM --platform={text} on a {self._request.platform} machine",
                at=base.platform,
                hint="leave --platform out, or use $BUILDPLATFORM",
            )

    def graph(self, target: int) -> Graph:
        stage = self._done[target]
        config = stage.with_config(labels={**stage.config.labels, **self._request.labels}).config
        output = Output(
            vertex=stage.vertex,
            base=stage.base,
            config=config,
            steps=stage.steps,
            author=stage.author,
            platform=self._request.platform,
        )
        return Graph(vertices=self._builder.vertices(), output=output)


def unused_arguments(
    dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[str, BaseImage] = {}
) -> tuple[str, ...]:
    """The build arguments that nothing declares: no ARG of the file, nor of the triggers that run in it."""
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
    known = declared | PREDEFINED | platform_arguments(request.platform, "").keys()
    return tuple(name for name in sorted(request.build_args) if name not in known)
