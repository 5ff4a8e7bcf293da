"""When each step of a build waited and ran, and which of them the build had to wait for. Pure: a value of records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from onggi.solve.record import Outcome, VertexRecord, numbers


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One step. Seconds since the build began: from `ready`, when its inputs were there, it waited for a slot or for
    another build until `start`; it was settled at `end`. is_critical: had it been quicker, so had the build."""

    number: int
    stage: str
    text: str
    outcome: Outcome
    ready: float
    start: float
    end: float
    saved: float = 0.0
    exit_code: int | None = None
    is_critical: bool = False


class Lane(msgspec.Struct, frozen=True):
    """A stage and its steps, in the order of the Dockerfile."""

    stage: str
    bars: tuple[Bar, ...]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """`seconds` that the whole build took. `prepared`: seconds until the first step was ready; before that the context
    was read and the cache asked. is_measured: False for records of older versions, which say how long steps took but
    not when; they are drawn as if each had begun as soon as it could."""

    lanes: tuple[Lane, ...]
    seconds: float
    prepared: float
    is_measured: bool = True


def timeline(records: Sequence[VertexRecord], began: float, seconds: float) -> Timeline:
    """`began` is in seconds since the epoch."""
    is_measured = all(record.ended for record in records)
    spans = _measured(records, began) if is_measured else _reconstructed(records)
    critical = _critical(records, spans)
    known = numbers([record.definition.line for record in records])
    bars = [
        _bar(record, number, spans[record.vertex], record.vertex in critical)
        for number, record in zip(known, records, strict=True)
        if record.definition.line or record.vertex in critical
    ]
    stages = dict.fromkeys(bar.stage for bar in bars)
    return Timeline(
        lanes=tuple(Lane(stage, tuple(bar for bar in bars if bar.stage == stage)) for stage in stages),
        seconds=max(seconds, *(span.end for span in spans.values()), 0.0),
        prepared=min((span.ready for span in spans.values()), default=0.0) if is_measured else 0.0,
        is_measured=is_measured,
    )


class _Span(msgspec.Struct, frozen=True):
    ready: float
    start: float
    end: float


def _measured(records: Sequence[VertexRecord], began: float) -> dict[int, _Span]:
    return {record.vertex: _span(record, began) for record in records}


def _span(record: VertexRecord, began: float) -> _Span:
    """What was kept or never came to run has no time of its own: it waited until it was settled."""
    end = max(record.ended - began, 0.0)
    start = record.started - began if record.started else end
    ready = record.ready - began if record.ready else start
    return _Span(max(min(ready, start), 0.0), max(start, 0.0), end)


def _reconstructed(records: Sequence[VertexRecord]) -> dict[int, _Span]:
    spans: dict[int, _Span] = {}
    for record in records:
        start = max((spans[each].end for each in record.definition.inputs if each in spans), default=0.0)
        spans[record.vertex] = _Span(start, start, start + record.seconds)
    return spans


def _critical(records: Sequence[VertexRecord], spans: Mapping[int, _Span]) -> frozenset[int]:
    """From the step that ended last back along the inputs that were there last, those that took time."""
    inputs = {record.vertex: record.definition.inputs for record in records}
    ran = {record.vertex for record in records if record.outcome in ("ran", "failed")}
    last = max(ran, key=lambda vertex: spans[vertex].end, default=None)
    return frozenset(vertex for vertex in _chain(last, inputs, spans) if vertex in ran)


def _chain(last: int | None, inputs: Mapping[int, Sequence[int]], spans: Mapping[int, _Span]) -> Iterator[int]:
    while last is not None:
        yield last
        below = [each for each in inputs[last] if each in spans]
        last = max(below, key=lambda vertex: spans[vertex].end, default=None)


def _bar(record: VertexRecord, number: int, span: _Span, is_critical: bool) -> Bar:
    return Bar(
        number=number,
        stage=record.definition.stage,
        text=record.definition.text,
        outcome=record.outcome,
        ready=span.ready,
        start=span.start,
        end=span.end,
        saved=record.saved,
        exit_code=record.exit_code,
        is_critical=is_critical,
    )
