"""Solve: make what the client's build is to become, or tell of its Dockerfile. What was made is lent to the client
until it goes, for it may build upon it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from onggi.api.buildkit.frontend import build, definitions, inquiries
from onggi.api.buildkit.frontend.attempt import Solve, attempt
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.definition_pb2 import Definition
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest, BridgeSolveResponse, Ref, RefMap, Result
from onggi.engine.output import LentOutput
from onggi.engine.types import BuildResult
from onggi.image.index import platform_of
from onggi.oci import platform as platforms
from onggi.store.images import StoredImage

_CONFIG = "containerimage.config"
_PLATFORMS = "refs.platforms"


def _handle(asked: Asked, request: BridgeSolveRequest) -> BridgeSolveResponse:
    job = asked.find_job()
    solve = Solve.of_bridge(request)
    if inquiries.is_asked(solve):
        return BridgeSolveResponse(result=_told(inquiries.answer(asked.hub, job, solve)))
    if not solve.frontend:
        return BridgeSolveResponse(result=_given_back(request.definition))
    images: list[StoredImage] = []
    with attempt(asked.hub, job, solve) as begun:
        asked.stream.when_ended(begun.cancel.set)
        made = build.build(begun, LentOutput(lambda image: images.append(asked.loan.take(image))))
    return BridgeSolveResponse(result=_result(made, images))


def _given_back(definition: Definition) -> Result:
    """A client's debugger (BUILDX_EXPERIMENTAL) asks again for what it has. Raises as definitions.image_of."""
    return Result(ref=Ref(id=definitions.image_of(definition), definition=definition))


def _told(told: inquiries.Answer) -> Result:
    """With what a target needs that is asked about, too, and begins with this one."""
    nothing = Ref(id=definitions.NOT_BUILT, definition=definitions.of_image(definitions.NOT_BUILT, platforms.of_host()))
    return Result(ref=nothing, metadata={name: text.encode() for name, text in told.items()})


def _result(made: BuildResult, images: Sequence[StoredImage]) -> Result:
    """Of an index each image is told by its platform."""
    if [each.id for each in images] == [made.image_id]:
        return Result(ref=_ref(images[0]), metadata={_CONFIG: images[0].raw_config()})
    named = {str(platform_of(each)): each for each in images}
    metadata = {f"{_CONFIG}/{name}": each.raw_config() for name, each in named.items()}
    metadata[_PLATFORMS] = json.dumps({"Platforms": [_platform(each) for each in images]}).encode()
    return Result(refs=RefMap(refs={name: _ref(each) for name, each in named.items()}), metadata=metadata)


def _ref(image: StoredImage) -> Ref:
    return Ref(id=image.id, definition=definitions.of_image(image.id, platform_of(image)))


def _platform(image: StoredImage) -> dict[str, Any]:
    platform = platform_of(image)
    return {"ID": str(platform), "Platform": msgspec.to_builtins(platform)}


METHOD = Method(BridgeSolveRequest, _handle)
