"""A stage while it is lowered: a value that each instruction turns into the next one."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from onggi.graph.vertex import Step
from onggi.oci.config import DEFAULT_PATH, RunConfig
from onggi.oci.platform import Platform

DEFAULT_SHELL = ("/bin/sh", "-c")


class StageState(msgspec.Struct, frozen=True, kw_only=True):
    """`variables`: what words expand to and RUN steps see: the image's environment and the stage's arguments.
    `arguments`: names that ARG declared here or in the stages below, with what they were then. `base` is the vertex
    of the image below all; `steps` tells what happened since. `has_cmd`: CMD was set in this very stage."""

    name: str
    platform: Platform
    vertex: int
    base: int
    config: RunConfig
    author: str = ""
    variables: Mapping[str, str] = {}
    arguments: Mapping[str, str] = {}
    steps: tuple[Step, ...] = ()
    has_cmd: bool = False

    def after(self, created_by: str, vertex: int | None = None) -> StageState:
        """One more line of history, and the vertex that made its layer."""
        steps = (*self.steps, Step(created_by=created_by, vertex=vertex))
        return replace(self, steps=steps, vertex=self.vertex if vertex is None else vertex)

    def with_config(self, **changes: object) -> StageState:
        return replace(self, config=replace(self.config, **changes))

    def with_variable(self, name: str, value: str) -> StageState:
        return replace(self, variables={**self.variables, name: value})

    def with_environment(self, name: str, value: str) -> StageState:
        """ENV: the image keeps it. A name that is there already stays at its place in the list."""
        environment = {entry.partition("=")[0]: entry for entry in self.config.env}
        environment[name] = f"{name}={value}"
        return self.with_config(env=tuple(environment.values())).with_variable(name, value)

    def shell(self) -> tuple[str, ...]:
        return self.config.shell or DEFAULT_SHELL


def start(name: str, platform: Platform, vertex: int, config: RunConfig, author: str = "") -> StageState:
    """A stage that begins on an image. Triggers do not pass on to its children."""
    variables = dict(entry.partition("=")[::2] for entry in config.env)
    state = StageState(
        name=name,
        platform=platform,
        vertex=vertex,
        base=vertex,
        config=replace(config, on_build=()),
        author=author,
        variables=variables,
    )
    return state if "PATH" in variables else state.with_environment("PATH", DEFAULT_PATH)


def start_on(name: str, below: StageState) -> StageState:
    """A stage that begins on another one, and goes on where that ended."""
    return replace(below, name=name, config=replace(below.config, on_build=()), has_cmd=False)
