"""What a Dockerfile is built into, where nobody has its images: each that it names stands in as a plain one. To see
whether two texts come to the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec.structs import replace

from onggi.dockerfile.parse import parse
from onggi.dockerfile.syntax import Dockerfile
from onggi.errors import OnggiError
from onggi.graph.vertex import Graph
from onggi.lower.lower import lower
from onggi.lower.needs import needs
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform

PLATFORM = Platform("amd64")


def graphs(text: str, images: Mapping[str, str] = {}) -> list[Graph | str]:
    """One for each stage as the target, without the places and texts that are only shown; the sentence of the mistake
    where there is none. `images`: names that mean the image of another."""
    dockerfile = parse(text)
    return [_graph(dockerfile, str(stage.index), images) for stage in dockerfile.stages]


def _graph(dockerfile: Dockerfile, target: str, images: Mapping[str, str]) -> Graph | str:
    request = LowerRequest(platform=PLATFORM, target=target)
    bases: dict[ImageName, BaseImage] = {}
    try:
        while names := needs(dockerfile, request, bases):
            bases |= {name: _image(images.get(name.reference, name.reference), name.platform) for name in names}
        graph = lower(dockerfile, bases, request)
    except OnggiError as error:
        return getattr(error, "sentence", error.message)
    return replace(graph, vertices=tuple(replace(vertex, text="", line=0) for vertex in graph.vertices), clauses=())


def _image(name: str, platform: Platform) -> BaseImage:
    config = RunConfig(env=("PATH=/usr/local/bin:/usr/bin:/bin",), cmd=("sh",))
    document = ImageConfig(architecture=platform.architecture, os="linux", rootfs=RootFs("layers", ()), config=config)
    return BaseImage("sha256:" + hashlib.sha256(name.encode()).hexdigest(), document, platform)
