"""What one build tells → what is told of its vertices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from onggi.api.buildkit.moment import moment
from onggi.api.buildkit.progress import names
from onggi.api.buildkit.progress.vertices import Told, digest
from onggi.api.buildkit.progress.warnings import Dockerfile
from onggi.api.buildkit.wire.control_pb2 import StatusResponse, VertexLog
from onggi.solve.events import (
    Built,
    Cancelled,
    Event,
    Exported,
    Exporting,
    Finished,
    Found,
    Kept,
    Planned,
    Pulled,
    Pulling,
    Started,
    StepFailed,
    Waiting,
    Way,
    Wrote,
)

_PULLING = "pulling layers"
_CANCELLED = "context canceled"
"""By these words clients know it."""


class _Export(msgspec.Struct, frozen=True):
    name: str
    transfer: str


_TARBALL = _Export("exporting to client tarball", "sending tarball")
_EXPORTS: Mapping[Way, _Export] = {
    "written": _Export("exporting to {to}", "copying files"),
    "pushed": _Export("pushing {to}", "pushing layers"),
    "cached": _Export("exporting cache to {to}", "writing layers"),
}


class Story:
    """It is called with the events of a build whose `name` is its own, and says them with `tell`. `failed`: the vertex
    that has failed, and the line of its instruction, once one has."""

    def __init__(self, name: str, tell: Callable[[StatusResponse], object], dockerfile: Dockerfile) -> None:
        self.failed: tuple[str, int] | None = None
        self._name = name
        self._tell = tell
        self._dockerfile = dockerfile
        self._told: dict[object, Told] = {}
        self._plan = Planned(build="", vertices=())
        self._names: dict[int, str] = {}
        self._digests: dict[str, str] = {}
        self._at = 0.0
        self._unsaid: tuple[Told, float] | None = None

    def __call__(self, event: Event) -> None:
        for said in self._said(event):
            self._tell(said)
        self._at = event.at

    def end(self, warnings: Iterable[str]) -> None:
        """It has gone well, and this is left to say."""
        if said := [self._dockerfile.remark(warning) for warning in warnings]:
            self._tell(StatusResponse(warnings=said))

    def fail(self, message: str = _CANCELLED) -> None:
        """It has gone wrong, for this reason: that is what its step tells, and whatever had no end."""
        if self._unsaid is not None:
            vertex, at = self._unsaid
            self._tell(vertex.end(at, error=message))
        for vertex in self._told.values():
            if vertex.is_open:
                self._tell(vertex.end(self._at, error=message))

    def _said(self, event: Event) -> Iterator[StatusResponse]:
        match event:
            case Planned():
                yield self._planned(event)
            case Pulling():
                vertex = self._image(event.reference)
                if not vertex.is_open:
                    yield vertex.start(event.at)
                yield vertex.part(_PULLING, event.at, event.done, event.total)
            case Pulled():
                self._digests[names.image(event.reference)] = event.digest
                yield self._image(event.reference).end(event.at)
            case Found():
                yield StatusResponse(warnings=[self._dockerfile.warning(event)])
            case Exporting() | Exported():
                yield from self._exported(event)
            case Built():
                yield from self._built(event)
            case Waiting() | Started() | Wrote() | Kept() | Finished() | StepFailed() | Cancelled():
                yield from self._step(event)

    def _planned(self, plan: Planned) -> StatusResponse:
        """All that will be told of, so that a client can count."""
        self._plan, self._names = plan, names.of_plan(plan, self._digests)
        for number in self._names:
            needed = (each for each in plan.inputs[number] if each in self._names)
            self._vertex(number).vertex.inputs.extend(self._vertex(each).vertex.digest for each in needed)
        return StatusResponse(vertexes=[self._vertex(number).vertex for number in self._names])

    def _step(
        self, event: Waiting | Started | Wrote | Kept | Finished | StepFailed | Cancelled
    ) -> Iterator[StatusResponse]:
        vertex, at = self._vertex(event.vertex), event.at
        match event:
            case Waiting():
                yield vertex.start(at)
                yield vertex.part(f"waiting for {event.on}", at)
            case Started():
                yield vertex.start(at)
                yield from vertex.end_parts(at)
            case Wrote():
                log = VertexLog(vertex=vertex.vertex.digest, timestamp=moment(at), stream=event.stream, msg=event.data)
                yield StatusResponse(logs=[log])
            case Kept() if event.vertex in self._names or vertex.is_open:
                yield vertex.end(at, is_cached=not self._is_new(event.vertex))
            case Kept():
                pass
            case Finished():
                yield vertex.end(at)
            case StepFailed():  # why, in the words that the whole build fails with, is known when it has
                self.failed = vertex.vertex.digest, self._plan.vertices[event.vertex][2]
                self._unsaid = vertex, at
                yield vertex.start(at)
            case Cancelled() if vertex.is_open:
                yield vertex.end(at, error=_CANCELLED)
            case Cancelled():
                pass

    def _exported(self, event: Exporting | Exported) -> Iterator[StatusResponse]:
        to = names.image(event.to) if event.way == "pushed" else event.to
        told = _TARBALL if event.way == "written" and to == "-" else _EXPORTS[event.way]
        vertex = self._of((event.way, to), told.name.format(to=to))
        if not vertex.is_open:
            yield vertex.start(event.at)
            yield vertex.part(told.transfer, event.at)
        if isinstance(event, Exporting):
            if event.done:
                yield vertex.part(told.transfer, event.at, event.done, event.total)
            return
        if event.size:
            vertex.part(told.transfer, event.at, event.size)
        if event.digest:
            vertex.part(f"pushing manifest for {to}@{event.digest}", event.at)
        yield vertex.end(event.at)

    def _built(self, event: Built) -> Iterator[StatusResponse]:
        if not event.is_stored:
            return
        vertex = self._of("image", "exporting to image")
        vertex.start(self._at)
        vertex.part("exporting layers", self._at)
        vertex.part(f"writing image {event.image_id}", event.at)
        for reference in event.references:
            vertex.part(f"naming to {names.image(reference)}", event.at)
        yield vertex.end(event.at)

    def _is_new(self, number: int) -> bool:
        """Whether it is an image that was pulled for this build."""
        return self._names.get(number, "").rpartition("@")[2] in self._digests.values()

    def _image(self, reference: str) -> Told:
        name = names.image(reference)
        return self._of(name, f"[internal] load metadata for {name}")

    def _vertex(self, number: int) -> Told:
        name = self._names.get(number) or names.helper(self._plan.vertices[number][1])
        return self._of(number, name)

    def _of(self, key: object, name: str) -> Told:
        if key not in self._told:
            self._told[key] = Told(digest(self._name, key), name)
        return self._told[key]
