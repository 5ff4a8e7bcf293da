"""`/system/df`: what takes up space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.wire import disk_usage as wire
from onggi.api.wire import image, summary


class UsageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """type: what is asked for; none is all. verbose: the sums have the things in them."""

    type: tuple[str, ...] = ()
    verbose: bool = False


def usage(call: Call[UsageQuery, None]) -> wire.DiskUsage:
    """The images, containers, volumes and pieces of the build cache, each with its size, and sums of them."""
    for name in call.query.type:
        if name not in _KINDS:
            raise Refusal(400, f"unknown object type: {name}")
    found: dict[str, Any] = {}
    for name in call.query.type or _KINDS:
        kind = _KINDS[name]
        measured = kind.measure(call)
        if not call.query.verbose:
            found[kind.items] = measured.items
            found |= {} if kind.sum is None else {kind.sum: measured.total_size}
            measured = replace(measured, items=UNSET)
        found[f"{kind.usage}_usage"] = measured
    return wire.DiskUsage(**found)


def _containers(call: Call[UsageQuery, None]) -> wire.ContainerUsage:
    found = call.engine.containers.list(all=True, size=True, endpoints=True)
    return wire.of_containers(found, (summary.of(each, call.engine.volumes.mountpoint) for each in found))


def _images(call: Call[UsageQuery, None]) -> wire.ImageUsage:
    """Whose containers are counted for clients of any version, other than in a list."""
    found = call.engine.images.list()
    items = (
        replace(image.of_summary(each, call.version, has_shared_size=True), containers=each.containers)
        for each in found
    )
    return wire.of_images(found, call.engine.system.layers_size(), items)


def _volumes(call: Call[UsageQuery, None]) -> wire.VolumeUsage:
    return wire.of_volumes(call.engine.volumes.list(size=True))


def _build_cache(call: Call[UsageQuery, None]) -> wire.CacheUsage:
    return wire.of_cache(call.engine.system.cached())


class _Kind(NamedTuple):
    """How it is measured, and the fields of the answer: its sums, the things, and what they take up where that was a
    field of its own."""

    measure: Callable[[Call[UsageQuery, None]], Any]
    usage: str
    items: str
    sum: str | None = None


_KINDS: Mapping[str, _Kind] = {
    "container": _Kind(_containers, "container", "containers"),
    "image": _Kind(_images, "image", "images", "layers_size"),
    "volume": _Kind(_volumes, "volume", "volumes"),
    "build-cache": _Kind(_build_cache, "build_cache", "build_cache", "builder_size"),
}
"""What can be asked for."""

ROUTES = (
    Route(
        method="GET",
        path="/system/df",
        handler=usage,
        query=UsageQuery,
        answer=wire.DiskUsage,
        since=(1, 25),
        kind="waits",
    ),
)
