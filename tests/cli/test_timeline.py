"""The picture is well-formed, says everything in words, and trusts no text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as some

from onggi.cli.timeline import svg
from onggi.solve.timeline import Bar, Lane, Timeline

_SVG = "{http://www.w3.org/2000/svg}"
_TEXT = some.text(max_size=80)
seconds = some.floats(0, 10_000)


@some.composite
def bars(draw: some.DrawFn) -> Bar:
    ready, start, end = sorted((draw(seconds), draw(seconds), draw(seconds)))
    return Bar(
        number=draw(some.integers(1, 999)),
        stage="build",
        text=f"RUN {draw(_TEXT)}",
        outcome=draw(some.sampled_from(["kept", "ran", "failed", "cancelled"])),
        ready=ready,
        start=start,
        end=end,
        exit_code=draw(some.none() | some.integers(1, 255)),
        is_critical=draw(some.booleans()),
    )


@given(some.lists(some.tuples(_TEXT, some.lists(bars(), min_size=1, max_size=4)), max_size=3), _TEXT)
def test_whatever_is_in_it_the_picture_is_well_formed(lanes: list[tuple[str, list[Bar]]], title: str) -> None:
    end = max((bar.end for _, found in lanes for bar in found), default=0.0)
    drawn = Timeline(lanes=tuple(Lane(stage, tuple(found)) for stage, found in lanes), seconds=end, prepared=0.0)
    ET.fromstring(svg(drawn, title, "built"))


def test_it_reads_without_colour() -> None:
    def bar(number: int, **more: object) -> Bar:
        plain = {"stage": "build", "text": f"RUN step {number}", "ready": 0.0, "start": 1.0, "end": 2.0}
        return Bar(number=number, **{**plain, **more})  # type: ignore[arg-type]

    found = (
        bar(1, outcome="kept", saved=41.0),
        bar(2, outcome="ran", is_critical=True),
        bar(3, outcome="failed", exit_code=3),
        bar(4, outcome="cancelled", start=2.0),
    )
    root = ET.fromstring(svg(Timeline(lanes=(Lane("build", found),), seconds=2.0, prepared=0.0), "b & c", "built"))
    texts = {element.text: element.get("class", "") for element in root.iter(f"{_SVG}text")}
    assert {"saved 41.0 s", "1.0 s", "exit code 3", "cancelled", "b & c", "build"} <= texts.keys()
    assert "bold" in texts["#2 RUN step 2"] and "dim" in texts["#1 RUN step 1"]
    marks = [element.get("class") for element in root.iter() if element.get("class")]
    assert {"waiting", "kept", "critical", "failed", "cross"} <= set(marks)
