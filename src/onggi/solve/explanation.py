"""A build that explains itself: which steps ran for a reason of their own, which only because of those, what it cost.

Pure: two builds' records in, a value out. The text of `onggi explain` and its JSON (docs/explain.md) are made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from onggi.solve.causes import match
from onggi.solve.differences import files_changed
from onggi.solve.ports import Inventories
from onggi.solve.record import Cause, Change, Outcome, VertexRecord

Why: TypeAlias = Literal["changed", "follows", "new", "unfinished", "forgotten", "no-cache", "first"]


class BuildSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A build by its name: started in seconds since the epoch; how it ended, and what it took and saved in seconds."""

    id: str
    started: float
    outcome: str
    seconds: float = 0.0
    saved: float = 0.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was not kept. `line` is 0 for what is no instruction of its own (a heredoc), and then listed only if
    it is a reason.

    why: "changed" (see `changes`); "follows" (only because the step `because` was not kept either; `changes` names the
    files that it got to see changed, as far as that is known); "new" (the build before had no such step); "unfinished"
    (it did not come to its end then); "forgotten" (nothing changed, but the cache no longer has it); "no-cache" (the
    person asked for it); "first" (there was no build before). because: of a step that follows, the one with a reason of
    its own; its vertex. followers: of such a one, the vertices that ran only because of it. cost: seconds, of it and
    its followers.
    """

    vertex: int
    stage: str
    line: int
    text: str
    outcome: Outcome
    seconds: float
    why: Why
    changes: tuple[Change, ...] = ()
    because: int | None = None
    followers: tuple[int, ...] = ()
    cost: float = 0.0


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """`steps` that were not kept, in the order of the graph; `kept` counts the others, of the Dockerfile only.
    compared_with: None for a first build."""

    build: BuildSummary
    context: str
    dockerfile: str
    target: str
    compared_with: BuildSummary | None
    kept: int
    steps: tuple[Step, ...]

    @property
    def reasons(self) -> tuple[Step, ...]:
        """The steps with a reason of their own, the dearest first."""
        return tuple(sorted((step for step in self.steps if step.because is None), key=lambda step: -step.cost))


def steps(
    records: Sequence[VertexRecord], previous: Sequence[VertexRecord], inventories: Inventories | None = None
) -> tuple[Step, ...]:
    """Those of `records` that were not kept, each with its reason. `previous` are the records of the build that they
    were held against."""
    partners = match([each.definition for each in previous], [each.definition for each in records])
    found = {
        record.vertex: _step(record, previous[partners[place]] if place in partners else None, inventories)
        for place, record in enumerate(records)
        if record.outcome != "kept"
    }
    explained = (_with_followers(step, found) for step in found.values())
    return tuple(step for step in explained if step.line or step.because is None)


def _step(record: VertexRecord, old: VertexRecord | None, inventories: Inventories | None) -> Step:
    definition = record.definition
    why, changes, because = _reason(record, old, inventories)
    return Step(
        vertex=record.vertex,
        stage=definition.stage,
        line=definition.line,
        text=definition.text,
        outcome=record.outcome,
        seconds=record.seconds,
        why=why,
        changes=changes,
        because=because,
    )


def _reason(
    record: VertexRecord, old: VertexRecord | None, inventories: Inventories | None
) -> tuple[Why, tuple[Change, ...], int | None]:
    cause = record.cause
    if cause is None:
        return "first", (), None
    if cause.kind != "above":
        return cause.kind, cause.changes, None
    if old is None or not (record.contents and old.contents):  # too old, or it never came so far
        return "follows", (), cause.above
    return _followed(record, old, cause, inventories)


def _followed(
    record: VertexRecord, old: VertexRecord, cause: Cause, inventories: Inventories | None
) -> tuple[Why, tuple[Change, ...], int | None]:
    """What its inputs contain is known of both builds: that, and not what they are made by, decided."""
    differing = [
        position for position, (was, now) in enumerate(zip(old.contents, record.contents, strict=False)) if was != now
    ]
    if not differing:
        return "forgotten", (), None
    inputs = record.definition.inputs
    changes = tuple(
        files_changed(old.selection(position), record.selection(position), inventories)
        for position in differing
        if position and old.selection(position)
    )
    return "follows", changes, inputs[differing[0]] if differing[0] < len(inputs) else cause.above


def _with_followers(step: Step, found: Mapping[int, Step]) -> Step:
    """Its place in the whole: the one at the beginning of what it follows from, or those that follow from it."""
    root = _root(step.vertex, found)
    if root != step.vertex:
        return msgspec.structs.replace(step, because=root)
    followers = tuple(other for other in found if other != root and _root(other, found) == root)
    cost = sum(found[each].seconds for each in (root, *followers))
    return msgspec.structs.replace(step, because=None, followers=followers, cost=cost)


def _root(vertex: int, found: Mapping[int, Step]) -> int:
    """The first step of a chain, each of which ran because of the one before."""
    *_, last = _chain(vertex, found)
    return last


def _chain(vertex: int, found: Mapping[int, Step]) -> Iterator[int]:
    yield vertex
    while (above := found[vertex].because) is not None and above in found:
        yield (vertex := above)
