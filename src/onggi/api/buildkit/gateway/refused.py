"""What clients ask for that put graphs together themselves, or look into results. `ping` says that it is not served;
who asks all the same is told why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from onggi.api.buildkit.grpc.status import UNIMPLEMENTED, CallError
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.gateway_pb2 import InputsRequest

_FILES = "the files of a result are not shown (`docker buildx build --output type=local,dest=FOLDER` writes them)"
_CONTAINERS = "containers are not run for a client's build (`onggi debug` opens a shell in what a failed step has left)"
_IMAGES = "base images are looked up by the build itself"


def _refuse(asked: Asked, request: InputsRequest) -> NoReturn:
    name = asked.stream.path.rpartition("/")[2]
    raise CallError(UNIMPLEMENTED, f"{name}: {_WHY[name]}")


_WHY: Mapping[str, str] = {
    "ResolveImageConfig": _IMAGES,
    "ResolveSourceMeta": _IMAGES,
    "ReadFile": _FILES,
    "ReadDir": _FILES,
    "StatFile": _FILES,
    "NewContainer": _CONTAINERS,
    "ReleaseContainer": _CONTAINERS,
    "ExecProcess": _CONTAINERS,
    "ReadFileContainer": _CONTAINERS,
    "ReadDirContainer": _CONTAINERS,
    "StatFileContainer": _CONTAINERS,
}
METHODS: Mapping[str, Method] = {name: Method(InputsRequest, _refuse) for name in _WHY}
"""By name. What they are asked is not looked at: every message can be read as one without fields."""
