from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError
from onggi.lower.parameters import Argument, Credential, Parameters, parameters
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.targets import Target, targets
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform

AMD64 = Platform("amd64")
REQUEST = LowerRequest(platform=AMD64)

SERVICE = """\
# syntax=docker/dockerfile:1
# NODE is the version of node
ARG NODE=20
ARG VARIANT=-slim
ARG TAG=${NODE}${VARIANT}
ARG UNUSED=1

# base has what all stages need
FROM node:$TAG AS base
ARG HOME_OF=$HOME

FROM base AS deps
# TOKEN_TIMEOUT in seconds
ARG TOKEN_TIMEOUT=10 QUICK
ARG NODE
ARG TARGETARCH
RUN --mount=type=secret,id=npmrc --mount=type=cache,target=/x npm ci
RUN --mount=type=ssh --mount=type=secret,id=npmrc,required git clone x

FROM base AS other
ARG NOT_HERE

# another comment
FROM base
COPY --from=deps /x /x
RUN --mount=type=secret,id=own,required=true true
"""


def of(text: str, request: LowerRequest = REQUEST) -> Parameters:
    return parameters(parse(text), request, {})


def test_targets_are_the_stages() -> None:
    assert targets(parse(SERVICE))[0] == Target(
        name="base",
        description="has what all stages need",
        base="node:$TAG",
        platform="",
        is_default=False,
        lines=(9, 9),
    )
    assert [(target.name, target.is_default, target.lines) for target in targets(parse(SERVICE))[1:]] == [
        ("deps", False, (12, 12)),
        ("other", False, (20, 20)),
        ("", True, (24, 24)),
    ]
    assert targets(parse("FROM --platform=$BUILDPLATFORM \\\n a"))[0].platform == "$BUILDPLATFORM"


def test_arguments_are_those_that_the_target_uses() -> None:
    found = of(SERVICE)
    assert found.target.name == ""
    assert found.arguments == (
        Argument("NODE", "20", "is the version of node", (3, 3)),
        Argument("VARIANT", "-slim", "", (4, 4)),
        Argument("TAG", "20-slim", "", (5, 5)),
        Argument("HOME_OF", "", "", (10, 10)),
        Argument("TOKEN_TIMEOUT", "10", "in seconds", (14, 14)),
        Argument("QUICK", "", "", (14, 14)),
    )


def test_another_target_takes_other_arguments() -> None:
    request = LowerRequest(platform=AMD64, target="base", build_args={"TAG": "edge"})
    assert [(argument.name, argument.value) for argument in of(SERVICE, request).arguments] == [
        ("TAG", "edge"),
        ("HOME_OF", ""),
    ]


def test_the_environment_of_a_known_base_counts() -> None:
    config = RunConfig(env=("HOME=/root",), on_build=("ARG FROM_BASE=$HOME",))
    document = ImageConfig(architecture="amd64", os="linux", rootfs=RootFs("layers", ()), config=config)
    base = BaseImage("sha256:" + "0" * 64, document, AMD64)
    found = parameters(parse("# FROM_BASE x\nFROM a\nARG b=$HOME"), REQUEST, {ImageName("a:latest", AMD64): base})
    assert found.arguments == (Argument("FROM_BASE", "/root", "", (2, 2)), Argument("b", "/root", "", (3, 3)))


def test_secrets_and_agents_are_required_where_any_step_requires_them() -> None:
    found = of(SERVICE)
    assert found.secrets == (Credential("npmrc", True, (17, 17)), Credential("own", True, (26, 26)))
    assert found.agents == (Credential("default", False, (18, 18)),)


def test_what_is_wrong_is_shown() -> None:
    with pytest.raises(DockerfileError, match="type=nothing"):
        of("FROM a\nRUN --mount=type=nothing x")


def test_the_last_stage_is_the_target_stage_as_in_a_build() -> None:
    found = of("FROM a AS final\nARG TARGETSTAGE\nARG what=$TARGETSTAGE")
    assert found.arguments == (Argument("what", "final", "", (3, 3)),)
