"""What a pull or push tells while it goes on: one stream of these values to one callback."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference

State: TypeAlias = Literal["waiting", "moving", "done", "exists", "mounted"]
"""Of a layer: its turn has not come; its bytes are on the way; it is where it is to be; it was there before; the
registry took it from another of its repositories."""


class Began(msgspec.Struct, frozen=True, tag_field="event", tag="began", kw_only=True):
    """An image is being moved: from or to `host`, under this name."""

    reference: Reference
    host: str


class Layers(msgspec.Struct, frozen=True, tag_field="event", tag="layers", kw_only=True):
    """The layers that it has, lowest first."""

    layers: tuple[Descriptor, ...]


class Moved(msgspec.Struct, frozen=True, tag_field="event", tag="moved", kw_only=True):
    """How far a layer is: `done` bytes of `total`, which is 0 where it is not known yet; is_estimate: or about that, as
    one cannot know before a layer is squeezed. `kept` of them were there from an attempt before, and did not go over
    the wire. `done` falls where a layer has to be sent again."""

    digest: Digest
    state: State
    done: int = 0
    total: int = 0
    kept: int = 0
    is_estimate: bool = False


class Ended(msgspec.Struct, frozen=True, tag_field="event", tag="ended", kw_only=True):
    """The image is there. `digest` is what its registry knows it by; `is_new` whether something had to be done."""

    reference: Reference
    digest: Digest
    is_new: bool
    size: int = 0


class PassedOver(msgspec.Struct, frozen=True, tag_field="event", tag="passed-over", kw_only=True):
    """Of all tags of a repository those that are no images: signatures, attestations, caches."""

    tags: tuple[str, ...]


Event: TypeAlias = Began | Layers | Moved | Ended | PassedOver
OnEvent: TypeAlias = Callable[[Event], object]

_PAUSE = 0.05  # seconds between two events about one layer that is on the way


class Pace:
    """Keeps events about layers that are on the way from being too many."""

    def __init__(self) -> None:
        self._told: dict[Digest, float] = {}

    def is_due(self, layer: Digest) -> bool:
        """Whether it is time for one about this layer, which then counts as told."""
        now = time.monotonic()
        if now - self._told.get(layer, 0) < _PAUSE:
            return False
        self._told[layer] = now
        return True
