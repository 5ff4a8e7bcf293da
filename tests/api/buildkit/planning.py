"""The plan of a Dockerfile, without a store: each image has a configuration that says nothing."""

from __future__ import annotations

from hashlib import sha256

from onggi.dockerfile.parse import parse
from onggi.graph.merge import merge
from onggi.graph.vertex import Graph
from onggi.lower.lower import lower
from onggi.lower.needs import needs
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.oci import platform
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform
from onggi.solve.events import Planned


def planned(text: str, *platforms: str, on_build: tuple[str, ...] = ()) -> Planned:
    """At second 0; `on_build`: the triggers of all images."""
    graph = merge([_graph(text, platform.parse(each), on_build) for each in platforms or ("linux/amd64",)])
    vertices = tuple((each.stage, each.text, each.line) for each in graph.vertices)
    inputs = tuple(each.inputs for each in graph.vertices)
    return Planned(build="7f3a", vertices=vertices, inputs=inputs, clauses=graph.clauses)


def _graph(text: str, wanted: Platform, on_build: tuple[str, ...]) -> Graph:
    dockerfile, request = parse(text), LowerRequest(platform=wanted)
    bases: dict[ImageName, BaseImage] = {}
    while names := needs(dockerfile, request, bases):
        bases |= {name: _base(name, on_build) for name in names}
    return lower(dockerfile, bases, request)


def _base(name: ImageName, on_build: tuple[str, ...]) -> BaseImage:
    config = ImageConfig(
        architecture=name.platform.architecture,
        os="linux",
        rootfs=RootFs("layers", ()),
        config=RunConfig(on_build=on_build),
    )
    return BaseImage(f"sha256:{sha256(repr(name).encode()).hexdigest()}", config, name.platform)
