"""The build graph: vertices in topological order, and the image that the last of them becomes."""

from __future__ import annotations

import msgspec

from onggi.graph.op import Op
from onggi.oci.config import RunConfig
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform


class Vertex(msgspec.Struct, frozen=True, kw_only=True):
    """`inputs` are indexes of earlier vertices: input 0 is the root file system the op works on.

    stage: its name, or number as text. text: the instruction as people know it (`RUN npm ci`). line: 1-based in the
    Dockerfile, 0 for sources that have no line.
    """

    op: Op
    inputs: tuple[int, ...] = ()
    stage: str = ""
    text: str = ""
    line: int = 0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the image's history. `vertex` is None where the instruction only changed the configuration."""

    created_by: str
    vertex: int | None = None


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """The image to assemble: base history comes from `base` (an ImageSource), then the steps in order."""

    vertex: int
    base: int
    config: RunConfig
    steps: tuple[Step, ...]
    author: str = ""
    platform: Platform


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction as the Dockerfile has it. `vertices` are those that it made, the last one is what came of it; ()
    where it changed the configuration alone. image_id: of what a FROM begins with, if that is an image. is_trigger: the
    base asked for it, by ONBUILD."""

    text: str
    line: int
    vertices: tuple[int, ...] = ()
    image_id: Digest = ""
    is_trigger: bool = False


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """Only what the target needs. `vertices[i].inputs` are all < i. `others`: of a build for several platforms the
    images for the further ones. `clauses`: the instructions that it was made of, in the Dockerfile's order."""

    vertices: tuple[Vertex, ...]
    output: Output
    others: tuple[Output, ...] = ()
    clauses: tuple[Clause, ...] = ()

    @property
    def outputs(self) -> tuple[Output, ...]:
        return (self.output, *self.others)
