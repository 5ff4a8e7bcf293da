"""What becomes of a result: a client's exporters → outputs of a build, and what the client is told of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from onggi.api.buildkit.wire.control_pb2 import Exporter
from onggi.engine.types import BuildResult


class Exports(msgspec.Struct, frozen=True):
    names: tuple[str, ...]


def of_request(exporters: Iterable[Exporter]) -> Exports:
    return Exports(tuple(name for each in exporters for name in each.attrs.get("name", "").split(",") if name))


def response(results: Sequence[BuildResult]) -> dict[str, str]:
    """By the names that clients look for (moby/buildkit, exporter/containerimage/exptypes)."""
    said: dict[str, str] = {}
    for made in results:
        said["containerimage.config.digest"] = made.image_id
        if made.descriptor is not None:
            said["containerimage.digest"] = made.descriptor.digest
        if made.references:
            said["image.name"] = ",".join(made.references)
    return said
