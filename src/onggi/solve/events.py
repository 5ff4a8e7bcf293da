"""What a build tells while it runs: one stream of these values to one callback. `vertex` indexes the graph."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from onggi.graph.vertex import Clause


class _Event(msgspec.Struct, frozen=True, tag_field="event", kw_only=True):
    at: float = 0.0  # seconds since the epoch


class Pulling(_Event, frozen=True, tag="pulling"):
    """Before Planned: an image that the build begins with comes from a registry, `done` of `total` bytes up to now. The
    first of these says from which `host`, "" where it turned out to be here."""

    reference: str
    host: str = ""
    done: int = 0
    total: int = 0


class Pulled(_Event, frozen=True, tag="pulled"):
    """It is there; its registry knows it by the digest. is_new: whether the name means another image than before;
    `size` bytes went over the wire."""

    reference: str
    digest: str
    is_new: bool
    size: int
    seconds: float


class Found(_Event, frozen=True, tag="found"):
    """Before Planned: a rule, whose `code`, `title` and page these are, does not hold in the Dockerfile, from the first
    of `lines` to the last."""

    code: str
    message: str
    title: str
    url: str
    lines: tuple[int, int]


class Planned(_Event, frozen=True, tag="planned"):
    """All images are there: stage, text and line of each vertex, in graph order, and the numbers of those it needs; and
    what the Dockerfile says, in its order."""

    build: str
    vertices: tuple[tuple[str, str, int], ...]
    inputs: tuple[tuple[int, ...], ...] = ()
    clauses: tuple[Clause, ...] = ()


class Waiting(_Event, frozen=True, tag="waiting"):
    """Someone else is making the very same: `on` is "another build" or "another step". Kept follows, or Started where
    that one fails."""

    vertex: int
    on: str


class Started(_Event, frozen=True, tag="started"):
    """The cache did not have it; `cause` says in a few words why ("command changed"), "" if that is not known."""

    vertex: int
    cause: str = ""


class Wrote(_Event, frozen=True, tag="wrote"):
    """Output of a running step."""

    vertex: int
    stream: int
    data: bytes


class Kept(_Event, frozen=True, tag="kept"):
    """It was there already; `saved` seconds were not spent.

    by: "definition" or "content" is the key that hit; "store": an image that is in the store; "later": a later step
    that was kept makes it unnecessary, and the cache has forgotten it.
    """

    vertex: int
    saved: float
    by: Literal["definition", "content", "store", "later"]
    detail: str = ""


class Finished(_Event, frozen=True, tag="finished"):
    """It ran, and that took `seconds`. detail: as Watch.detail was told last."""

    vertex: int
    seconds: float
    detail: str = ""


class StepFailed(_Event, frozen=True, tag="failed"):
    """It ran and failed. `exit_code` is its program's; None if what failed was something else."""

    vertex: int
    seconds: float
    message: str
    exit_code: int | None = None


class Cancelled(_Event, frozen=True, tag="cancelled"):
    """It was running or waiting when the build ended early."""

    vertex: int


Way: TypeAlias = Literal["written", "pushed", "cached"]
"""Of an output: to a folder, a file or a stream; an image to a registry; a build cache to wherever it is kept."""


class Exporting(_Event, frozen=True, tag="exporting"):
    """All steps are settled, and an output is on its way `to` a folder (its name ends with a slash), a file, or "-", a
    stream; an image under this name to a registry; or it is the build cache of this name. The first of these has no
    `done`: later ones say that `done` bytes of `total` (0 where it is not known yet) went to a registry."""

    to: str
    way: Way = "written"
    done: int = 0
    total: int = 0


class Exported(_Event, frozen=True, tag="exported"):
    """It is there. `files` of a folder, 0 of what is one file; `size` in bytes, None of a stream; of what was pushed or
    cached it is that of the layers which were lacking there. digest: of what was pushed, by which its registry knows
    it."""

    to: str
    files: int
    size: int | None
    seconds: float
    way: Way = "written"
    digest: str = ""


class Built(_Event, frozen=True, tag="built"):
    """The last event of a build that succeeded. `size` is the image's, `new_size` what this build added, in bytes.
    is_stored: whether the image is in the store."""

    image_id: str
    references: tuple[str, ...]
    size: int
    new_size: int
    seconds: float
    saved: float
    is_stored: bool = True


Event: TypeAlias = (
    Pulling
    | Pulled
    | Found
    | Planned
    | Waiting
    | Started
    | Wrote
    | Kept
    | Finished
    | StepFailed
    | Cancelled
    | Exporting
    | Exported
    | Built
)
