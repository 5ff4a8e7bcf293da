"""Builds for several platforms: what their graphs have in common is there once."""

from __future__ import annotations

from onggi.dockerfile.parse import parse
from onggi.graph.merge import merge
from onggi.graph.vertex import Graph
from onggi.lower.lower import lower
from onggi.lower.request import LowerRequest
from onggi.oci.platform import Platform

AMD, ARM = Platform("amd64"), Platform("arm64")
DOCKERFILE = """\
FROM scratch AS common
COPY a /a
FROM scratch
ARG TARGETARCH
COPY --from=common /a /$TARGETARCH/
ENV ARCH=$TARGETARCH
"""


def graphs() -> list[Graph]:
    return [
        lower(parse(DOCKERFILE, "Dockerfile"), {}, LowerRequest(platform=each, build_platform=AMD))
        for each in (AMD, ARM)
    ]


def test_one_graph_stays_as_it_is() -> None:
    first, _ = graphs()
    assert merge([first]) is first


def test_what_is_equal_is_once_and_belongs_to_the_first() -> None:
    first, second = graphs()
    both = merge([first, second])
    assert len(both.vertices) == len(first.vertices) + 1
    copies = [(vertex.stage, vertex.text) for vertex in both.vertices if vertex.text.startswith("COPY")]
    assert copies == [
        ("linux/amd64 common", "COPY a /a"),
        ("linux/amd64 1", "COPY --from=common /a /$TARGETARCH/"),
        ("linux/arm64 1", "COPY --from=common /a /$TARGETARCH/"),
    ]
    assert all(index < number for number, vertex in enumerate(both.vertices) for index in vertex.inputs)


def test_each_platform_has_its_image() -> None:
    both = merge(graphs())
    assert [(output.platform, output.config.env[-1]) for output in both.outputs] == [
        (AMD, "ARCH=amd64"),
        (ARM, "ARCH=arm64"),
    ]
    for output in both.outputs:
        made = both.vertices[output.vertex].op
        assert getattr(made, "destination", "") == f"/{output.platform.architecture}/"
        assert [step.vertex for step in output.steps if step.vertex is not None] == [output.vertex]
