"""What one build tells → what is told of its vertices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

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

Said: TypeAlias = Iterator[StatusResponse]
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
    """It is called with the events of a build whose `name` is its own, and says with `tell` what they mean for its
    vertices. `failed`: the vertex that has failed, and the line of its instruction, once one has."""

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
        for said in _SAYINGS[type(event)](self, event):
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

    def _plan_of(self, plan: Planned) -> Said:
        """All that will be told of, so that a client can count."""
        self._plan, self._names = plan, names.of_plan(plan, self._digests)
        for number in self._names:
            needed = (each for each in plan.inputs[number] if each in self._names)
            self._vertex(number).vertex.inputs.extend(self._vertex(each).vertex.digest for each in needed)
        yield StatusResponse(vertexes=[self._vertex(number).vertex for number in self._names])

    def _pull(self, event: Pulling) -> Said:
        vertex = self._image(event.reference)
        if not vertex.is_open:
            yield vertex.start(event.at)
        yield vertex.part(_PULLING, event.at, event.done, event.total)

    def _end_pull(self, event: Pulled) -> Said:
        self._digests[names.image(event.reference)] = event.digest
        yield self._image(event.reference).end(event.at)

    def _warn(self, event: Found) -> Said:
        yield StatusResponse(warnings=[self._dockerfile.warning(event)])

    def _wait(self, event: Waiting) -> Said:
        vertex = self._vertex(event.vertex)
        yield vertex.start(event.at)
        yield vertex.part(f"waiting for {event.on}", event.at)

    def _start(self, event: Started) -> Said:
        vertex = self._vertex(event.vertex)
        yield vertex.start(event.at)
        yield from vertex.end_parts(event.at)

    def _log(self, event: Wrote) -> Said:
        vertex, at = self._vertex(event.vertex), moment(event.at)
        yield StatusResponse(
            logs=[VertexLog(vertex=vertex.vertex.digest, timestamp=at, stream=event.stream, msg=event.data)]
        )

    def _keep(self, event: Kept) -> Said:
        """One that no instruction is made of was not told of, and need not be."""
        vertex = self._vertex(event.vertex)
        if event.vertex in self._names or vertex.is_open:
            yield vertex.end(event.at, is_cached=not self._is_pulled(event.vertex))

    def _finish(self, event: Finished) -> Said:
        yield self._vertex(event.vertex).end(event.at)

    def _fail_step(self, event: StepFailed) -> Said:
        """Why, in the words that the whole build fails with, is known when it has."""
        vertex = self._vertex(event.vertex)
        self.failed = vertex.vertex.digest, self._plan.vertices[event.vertex][2]
        self._unsaid = vertex, event.at
        yield vertex.start(event.at)

    def _cancel(self, event: Cancelled) -> Said:
        vertex = self._vertex(event.vertex)
        if vertex.is_open:
            yield vertex.end(event.at, error=_CANCELLED)

    def _export(self, event: Exporting) -> Said:
        vertex, transfer = self._output(event)
        yield from _begun(vertex, transfer, event.at)
        if event.done:
            yield vertex.part(transfer, event.at, event.done, event.total)

    def _end_export(self, event: Exported) -> Said:
        vertex, transfer = self._output(event)
        yield from _begun(vertex, transfer, event.at)
        if event.size:
            vertex.part(transfer, event.at, event.size)
        if event.digest:
            vertex.part(f"pushing manifest for {names.image(event.to)}@{event.digest}", event.at)
        yield vertex.end(event.at)

    def _store(self, event: Built) -> Said:
        """It is told when it has been done, which was begun with the end of what was told before."""
        if not event.is_stored:
            return
        vertex = self._of("image", "exporting to image")
        vertex.start(self._at)
        vertex.part("exporting layers", self._at)
        vertex.part(f"writing image {event.image_id}", event.at)
        for reference in event.references:
            vertex.part(f"naming to {names.image(reference)}", event.at)
        yield vertex.end(event.at)

    def _is_pulled(self, number: int) -> bool:
        """For this build: it is no hit of the cache."""
        return names.base(self._plan.vertices[number][1]) in self._digests

    def _output(self, event: Exporting | Exported) -> tuple[Told, str]:
        """Its vertex, and what its bytes are called on their way."""
        to = names.image(event.to) if event.way == "pushed" else event.to
        export = _TARBALL if event.way == "written" and to == "-" else _EXPORTS[event.way]
        return self._of((event.way, to), export.name.format(to=to)), export.transfer

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


def _begun(vertex: Told, transfer: str, at: float) -> Said:
    if not vertex.is_open:
        yield vertex.start(at)
        yield vertex.part(transfer, at)


_SAYINGS: Mapping[type[Event], Callable[[Story, Any], Said]] = {
    Planned: Story._plan_of,
    Pulling: Story._pull,
    Pulled: Story._end_pull,
    Found: Story._warn,
    Waiting: Story._wait,
    Started: Story._start,
    Wrote: Story._log,
    Kept: Story._keep,
    Finished: Story._finish,
    StepFailed: Story._fail_step,
    Cancelled: Story._cancel,
    Exporting: Story._export,
    Exported: Story._end_export,
    Built: Story._store,
}
