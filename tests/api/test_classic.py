"""A build's events as lines that clients of the classic builder read."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onggi.api.classic import Classic
from onggi.engine.types import BuildResult
from onggi.solve.events import Cancelled, Event, Finished, Kept, Planned, Pulled, Pulling, Started, StepFailed, Wrote

IMAGE = "sha256:" + "0123456789ab" + "c" * 52
PLAN = Planned(
    build="b1",
    vertices=(
        ("0", "context", 0),
        ("0", "FROM busybox", 1),
        ("0", "RUN make", 2),
        ("1", "RUN test", 4),
        ("1", "COPY a /", 5),
    ),
)


def result(*warnings: str) -> BuildResult:
    return BuildResult(
        image_id=IMAGE,
        references=("shop:1", "shop:2"),
        build="b1",
        size=1,
        new_size=1,
        seconds=1,
        saved=0,
        warnings=warnings,
    )


def told(*events: Event, is_quiet: bool = False, fails: bool = False, warnings: tuple[str, ...] = ()) -> list[Any]:
    lines: list[Any] = []
    with Classic(lines.append, is_quiet=is_quiet) as classic:
        for event in events:
            classic(event)
        if fails:
            classic.fail()
        else:
            classic.end(result(*warnings))
    return lines


def said(lines: list[Any]) -> str:
    return "".join(line.get("stream", "") for line in lines)


def wrote(vertex: int, text: str | bytes, stream: int = 1) -> Wrote:
    return Wrote(vertex=vertex, stream=stream, data=text.encode() if isinstance(text, str) else text)


def test_a_build() -> None:
    lines = told(
        Pulling(reference="busybox", host="docker.io"),
        Pulling(reference="busybox", done=1, total=2),
        Pulled(reference="busybox", digest=IMAGE, is_new=True, size=1, seconds=1),
        PLAN,
        Kept(vertex=1, saved=0, by="store"),
        Started(vertex=2),
        wrote(2, "made\n"),
        Finished(vertex=2, seconds=1),
        Kept(vertex=3, saved=1, by="definition"),
        Started(vertex=4),
        Finished(vertex=4, seconds=1),
        warnings=("--build-arg X: no ARG declares it",),
    )
    assert lines == [
        {"stream": "Pulling busybox from docker.io\n"},
        {"stream": "busybox: Downloaded newer image\n"},
        {"stream": "Step 1/4 : FROM busybox\n"},
        {"stream": "Step 2/4 : RUN make\n ---> Running\n"},
        {"stream": "made\n"},
        {"stream": "Step 3/4 : RUN test\n ---> Using cache\n"},
        {"stream": "Step 4/4 : COPY a /\n"},
        {"stream": "[Warning] --build-arg X: no ARG declares it\n"},
        {"aux": {"ID": IMAGE}},
        {"stream": "Successfully built 0123456789ab\n"},
        {"stream": "Successfully tagged shop:1\n"},
        {"stream": "Successfully tagged shop:2\n"},
    ]


def test_a_quiet_build() -> None:
    events = (PLAN, Started(vertex=2), wrote(2, "made\n"))
    assert told(*events, Finished(vertex=2, seconds=1), is_quiet=True) == [{"stream": f"{IMAGE}\n"}]
    failing = told(*events, StepFailed(vertex=2, seconds=1, message=""), is_quiet=True, fails=True)
    assert said(failing) == "Step 2/4 : RUN make\n ---> Running\nmade\n"


def test_what_runs_at_the_same_time_is_told_one_after_the_other() -> None:
    lines = told(
        PLAN,
        Started(vertex=2),
        Started(vertex=3),
        wrote(3, "three\n"),
        wrote(2, "two\n"),
        Kept(vertex=4, saved=0, by="content"),
        wrote(3, "more\n"),
        Finished(vertex=2, seconds=1),
        wrote(3, "last\n"),
        Finished(vertex=3, seconds=1),
        fails=True,
    )
    assert said(lines) == (
        "Step 2/4 : RUN make\n ---> Running\ntwo\n"
        "Step 3/4 : RUN test\n ---> Running\nthree\nmore\nlast\n"
        "Step 4/4 : COPY a /\n ---> Using cache\n"
    )


def test_what_failed_while_another_was_told_of_is_told_too() -> None:
    lines = told(
        PLAN,
        Started(vertex=2),
        Started(vertex=3),
        wrote(3, "no such thing\n"),
        StepFailed(vertex=3, seconds=1, message="", exit_code=1),
        Cancelled(vertex=2),
        Cancelled(vertex=4),
        fails=True,
    )
    assert said(lines).endswith("Step 3/4 : RUN test\n ---> Running\nno such thing\n")


def test_a_build_that_ends_with_steps_unsaid_keeps_no_file_open() -> None:
    assert said(told(PLAN, Started(vertex=2), Started(vertex=3), wrote(3, "x" * (1 << 20)), fails=True)) == (
        "Step 2/4 : RUN make\n ---> Running\n"
    )


@given(st.text(), st.lists(st.integers(0, 40)))
def test_characters_may_come_in_pieces(text: str, cuts: list[int]) -> None:
    data = text.encode(errors="replace")
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    lines = told(PLAN, Started(vertex=2), *(wrote(2, piece) for piece in pieces), fails=True)
    assert said(lines[1:]) == data.decode()
