"""`builds …` and `explain`: what builds did, from the records that they left."""

from __future__ import annotations

from operator import itemgetter

import msgspec

from onggi.engine.build.ledger import Ledger
from onggi.engine.types import Pruned, Removed
from onggi.errors import Conflict, NotFound
from onggi.solve.explanation import BuildSummary, Explanation, steps
from onggi.solve.record import VertexRecord, numbers
from onggi.solve.timeline import Timeline, timeline
from onggi.store.prune_filter import EVERYTHING, PruneFilter
from onggi.store.records import BuildRecord
from onggi.store.store import Store


class StepName(msgspec.Struct, frozen=True):
    """A step of a build, as people know it."""

    vertex: int
    stage: str
    text: str


class Builds:
    """The build records of one store. A build is named by its ID or the beginning of one; "" is the newest."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, name: str = "") -> BuildRecord:
        """All that is known of a build. Raises NotFound, Invalid."""
        if name:
            return self._store.records.get(name)
        newest = self._store.records.newest()
        if newest is None:
            raise NotFound("no build was recorded yet", hint="onggi build CONTEXT")
        return newest

    def explain(self, name: str = "") -> Explanation:
        """Why its steps ran, compared with the newest build of the same Dockerfile and target before it."""
        record = self.get(name)
        previous = self._previous(record)
        ledger = Ledger(self._store.inventories)
        ledger.open(record.id, previous)
        return Explanation(
            build=_told(record),
            context=record.context,
            dockerfile=record.dockerfile,
            target=record.target,
            compared_with=_told(previous) if previous else None,
            kept=sum(vertex.outcome == "kept" and bool(vertex.definition.line) for vertex in record.vertices),
            steps=steps(record.vertices, previous.vertices if previous else (), ledger),
        )

    def steps(self, name: str = "") -> dict[int, StepName]:
        """Its steps by number."""
        record = self.get(name)
        if record.vertices:
            return {number: _step_name(vertex) for number, vertex in record.numbered.items()}
        plan = self._store.records.read_plan(record.id)
        known = numbers([line for _, _, line in plan])
        found = (StepName(vertex, stage, text) for vertex, (stage, text, _) in enumerate(plan))
        return dict(sorted(zip(known, found, strict=True), key=itemgetter(0)))

    def log(self, name: str, number: int) -> bytes:
        """All that a step wrote, also in a build that failed or was killed; b"" if nothing. Raises NotFound."""
        record = self.get(name)
        steps = self.steps(record.id)
        if number not in steps:
            hint = f"`onggi builds show {record.id}` lists them"
            raise NotFound(f"build {record.id} has no step {number}", hint=hint)
        return self._store.records.read_log(record.id, steps[number].vertex)

    def logged(self, name: str = "") -> list[int]:
        """The numbers of the steps that wrote something."""
        record = self.get(name)
        vertices = set(self._store.records.logged(record.id))
        return [number for number, step in self.steps(record.id).items() if step.vertex in vertices]

    def timeline(self, name: str = "") -> Timeline:
        """When its steps waited and ran."""
        record = self.get(name)
        return timeline(record.vertices, record.started, record.seconds)

    def remove(self, name: str) -> str:
        """Forget a build, with its logs; its ID. Raises NotFound, and Conflict while it runs."""
        record = self._store.records.get(name)
        if record.outcome == "running":
            raise Conflict(f"build {record.id} is running", hint="forget it when it has ended")
        self._store.records.remove(record.id)
        return record.id

    def prune(self, only: PruneFilter = EVERYTHING) -> Pruned:
        """Forget the builds that have ended; what they made stays in the build cache."""
        ended = [build for build, started in self._store.records.ended().items() if only.takes(started, {})]
        freed = sum(self._store.records.remove(build) for build in ended)
        return Pruned(tuple(Removed("deleted", build) for build in ended), freed)

    def _previous(self, record: BuildRecord) -> BuildRecord | None:
        """What it was compared with then, if that is still known."""
        try:
            return self._store.records.get(record.previous) if record.previous else None
        except NotFound:
            return None

    # Last, because its name hides the type in what follows.
    def list(self) -> list[BuildRecord]:
        """Newest first."""
        return self._store.records.list()


def _told(record: BuildRecord) -> BuildSummary:
    return BuildSummary(
        id=record.id, started=record.started, outcome=record.outcome, seconds=record.seconds, saved=record.saved
    )


def _step_name(record: VertexRecord) -> StepName:
    return StepName(record.vertex, record.definition.stage, record.definition.text)
