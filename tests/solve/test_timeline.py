"""What the build had to wait for."""

from __future__ import annotations

import msgspec

from onggi.solve.record import Definition, Outcome, VertexRecord
from onggi.solve.timeline import Bar, timeline

BEGAN = 1000.0


def record(
    vertex: int,
    *inputs: int,
    at: tuple[float, float, float],
    stage: str = "0",
    outcome: Outcome = "ran",
) -> VertexRecord:
    """`at` is when it was ready, started and ended, in seconds since the build began."""
    ready, started, ended = (BEGAN + seconds for seconds in at)
    return VertexRecord(
        vertex=vertex,
        definition=Definition(
            stage=stage, text=f"RUN {vertex}", line=vertex + 1, op="{}", inputs=inputs, parts=(), key=str(vertex)
        ),
        outcome=outcome,
        seconds=ended - started,
        ready=ready,
        started=started,
        ended=ended,
    )


TWO_STAGES = (
    record(0, at=(0.1, 0.1, 0.1), outcome="kept"),
    record(1, 0, at=(0.1, 0.1, 4.0), stage="slow"),
    record(2, 0, at=(0.1, 1.0, 2.0), stage="quick"),
    record(3, 1, 2, at=(4.0, 4.0, 5.0), stage="end"),
)


def bars(records: tuple[VertexRecord, ...]) -> dict[str, Bar]:
    return {bar.text: bar for lane in timeline(records, BEGAN, 5.5).lanes for bar in lane.bars}


def test_stages_are_lanes_and_times_are_since_the_beginning() -> None:
    drawn = timeline(TWO_STAGES, BEGAN, 5.5)
    assert [lane.stage for lane in drawn.lanes] == ["0", "slow", "quick", "end"]
    assert drawn.seconds == 5.5
    assert drawn.prepared == bars(TWO_STAGES)["RUN 0"].ready
    quick = bars(TWO_STAGES)["RUN 2"]
    assert [round(seconds, 3) for seconds in (quick.ready, quick.start, quick.end)] == [0.1, 1.0, 2.0]


def test_the_critical_path_goes_through_the_inputs_that_came_last() -> None:
    assert [text for text, bar in bars(TWO_STAGES).items() if bar.is_critical] == ["RUN 1", "RUN 3"]


def test_records_without_times_are_drawn_as_if_each_began_as_soon_as_it_could() -> None:
    old = tuple(msgspec.structs.replace(each, ready=0.0, started=0.0, ended=0.0) for each in TWO_STAGES)
    drawn = timeline(old, BEGAN, 5.5)
    assert not drawn.is_measured
    assert round(bars(old)["RUN 3"].start, 3) == 3.9
    assert bars(old)["RUN 1"].is_critical


def test_a_build_without_steps_is_an_empty_picture() -> None:
    assert timeline((), BEGAN, 0.0).lanes == ()
