"""`/system/df`: what takes up space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.versions import has
from onggi.api.wire import disk_usage as wire
from onggi.api.wire import image, summary, volume


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """type: what is asked for; none is all."""

    type: tuple[str, ...] = ()


def usage(call: Call[Query, None]) -> wire.DiskUsage:
    """The images, containers, volumes and pieces of the build cache, each with its size."""
    for kind in call.query.type:
        if kind not in _KINDS:
            raise Refusal(400, f"unknown object type: {kind}")
    found: dict[str, Any] = {}
    for kind in call.query.type or _KINDS:
        found |= _KINDS[kind](call)
    if not has(call.version, "disk usage has no sum of the build cache"):
        found["builder_size"] = sum(record.size for record in found["build_cache"])
    return wire.DiskUsage(**found)


def _containers(call: Call[Query, None]) -> dict[str, Any]:
    engine = call.engine
    has_annotations = has(call.version, "summaries have annotations")
    found = engine.containers.list(all=True, size=True, endpoints=True)
    return {
        "containers": tuple(
            summary.of(container, engine.volumes.mountpoint, has_annotations=has_annotations) for container in found
        )
    }


def _images(call: Call[Query, None]) -> dict[str, Any]:
    """Whose containers are counted for clients of any version, other than in a list."""
    found = tuple(
        replace(image.of_summary(each, call.version, has_shared_size=True), containers=each.containers)
        for each in call.engine.images.list()
    )
    return {"layers_size": call.engine.system.layers_size(), "images": found}


def _volumes(call: Call[Query, None]) -> dict[str, Any]:
    found = call.engine.volumes.list(size=True)
    return {"volumes": tuple(volume.of_summary(each, has_usage=True) for each in found)}


def _build_cache(call: Call[Query, None]) -> dict[str, Any]:
    return {"build_cache": tuple(map(wire.of_cached, call.engine.system.cached()))}


_KINDS: Mapping[str, Callable[[Call[Query, None]], dict[str, Any]]] = {
    "container": _containers,
    "image": _images,
    "volume": _volumes,
    "build-cache": _build_cache,
}
"""What can be asked for → the fields that answer."""

ROUTES = (
    Route(
        method="GET", path="/system/df", handler=usage, query=Query, answer=wire.DiskUsage, since=(1, 25), waits=True
    ),
)
