"""A build's events as lines that clients of the classic builder read."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onggi.api.classic import Classic
from onggi.engine.types import BuildResult
from onggi.graph.vertex import Clause
from onggi.solve.events import Cancelled, Event, Finished, Kept, Planned, Pulled, Pulling, Started, StepFailed, Wrote

IMAGE = "sha256:" + "0123456789ab" + "c" * 52
BASE = "sha256:" + "abcdef" * 10 + "0000"
PLAN = Planned(
    build="b1",
    vertices=(
        ("0", "context", 0),
        ("0", "FROM busybox", 1),
        ("0", "RUN make", 3),
        ("1", "RUN test", 5),
        ("1", "COPY a /", 6),
    ),
    clauses=(
        Clause(text="FROM busybox AS made", line=1, vertices=(1,), image_id=BASE),
        Clause(text="ENV A=1", line=2),
        Clause(text="RUN make", line=3, vertices=(2,)),
        Clause(text="FROM made", line=4),
        Clause(text="RUN test", line=5, vertices=(3,)),
        Clause(text="COPY a /", line=6, vertices=(4,)),
        Clause(text="CMD x", line=7),
    ),
)
HERE = Kept(vertex=1, saved=0, by="store")
BEGINNING = "Step 1/7 : FROM busybox AS made\n ---> abcdefabcdef\nStep 2/7 : ENV A=1\n"
MADE = "Step 3/7 : RUN make\n ---> Running in b1\n"
TESTED = "Step 4/7 : FROM made\nStep 5/7 : RUN test\n ---> Running in b1\n"


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
        HERE,
        Started(vertex=2),
        wrote(2, "made\n"),
        Finished(vertex=2, seconds=1),
        Kept(vertex=3, saved=1, by="definition"),
        Started(vertex=4),
        Finished(vertex=4, seconds=1),
        warnings=("One or more build-args [X] were not consumed",),
    )
    assert lines == [
        {"stream": "Pulling busybox from docker.io\n"},
        {"stream": "busybox: Downloaded newer image\n"},
        {"stream": "Step 1/7 : FROM busybox AS made\n ---> abcdefabcdef\n"},
        {"stream": "Step 2/7 : ENV A=1\n"},
        {"stream": "Step 3/7 : RUN make\n ---> Running in b1\n"},
        {"stream": "made\n"},
        {"stream": "Step 4/7 : FROM made\n"},
        {"stream": "Step 5/7 : RUN test\n ---> Using cache\n"},
        {"stream": "Step 6/7 : COPY a /\n"},
        {"stream": "Step 7/7 : CMD x\n"},
        {"stream": " ---> 0123456789ab\n"},
        {"aux": {"ID": IMAGE}},
        {"stream": "[Warning] One or more build-args [X] were not consumed\n"},
        {"stream": "Successfully built 0123456789ab\n"},
        {"stream": "Successfully tagged shop:1\n"},
        {"stream": "Successfully tagged shop:2\n"},
    ]


def test_a_quiet_build() -> None:
    events = (PLAN, HERE, Started(vertex=2), wrote(2, "made\n"))
    assert told(*events, Finished(vertex=2, seconds=1), is_quiet=True) == [{"stream": f"{IMAGE}\n"}]
    failing = told(*events, StepFailed(vertex=2, seconds=1, message=""), is_quiet=True, fails=True)
    assert said(failing) == BEGINNING + MADE + "made\n"


def test_what_runs_at_the_same_time_is_told_one_after_the_other() -> None:
    lines = told(
        PLAN,
        HERE,
        Started(vertex=3),
        wrote(3, "three\n"),
        Started(vertex=2),
        wrote(2, "two\n"),
        Kept(vertex=4, saved=0, by="content"),
        wrote(3, "more\n"),
        Finished(vertex=2, seconds=1),
        wrote(3, "last\n"),
        Finished(vertex=3, seconds=1),
    )
    head = (
        f"{BEGINNING}{MADE}two\n{TESTED}three\nmore\nlast\nStep 6/7 : COPY a /\n ---> Using cache\nStep 7/7 : CMD x\n"
    )
    assert said(lines).startswith(f"{head} ---> 0123456789ab\n")


def test_what_failed_while_another_was_told_of_is_told_too() -> None:
    lines = told(
        PLAN,
        HERE,
        Started(vertex=2),
        Started(vertex=3),
        wrote(3, "no such thing\n"),
        StepFailed(vertex=3, seconds=1, message="", exit_code=1),
        Cancelled(vertex=2),
        Cancelled(vertex=4),
        fails=True,
    )
    assert said(lines) == f"{BEGINNING}{MADE}Step 5/7 : RUN test\n ---> Running in b1\nno such thing\n"


def test_what_cannot_be_begun_is_told_by_its_instruction() -> None:
    lines = told(PLAN, StepFailed(vertex=4, seconds=0, message="a is not there"), fails=True)
    assert said(lines) == "Step 6/7 : COPY a /\n"


def test_what_a_step_takes_is_told_of_where_it_cannot_be_had() -> None:
    plan = Planned(
        build="b1",
        vertices=(("0", "FROM scratch", 1), ("0", "fetch http://x/y", 2), ("0", "ADD http://x/y /", 2)),
        clauses=(
            Clause(text="FROM scratch", line=1, vertices=(0,)),
            Clause(text="ADD http://x/y /", line=2, vertices=(1, 2)),
        ),
    )
    here = Kept(vertex=0, saved=0, by="store")
    ended = (Started(vertex=2), Finished(vertex=2, seconds=1))
    whole = told(plan, here, Started(vertex=1), wrote(1, "…"), Finished(vertex=1, seconds=1), *ended)
    assert said(whole).startswith("Step 1/2 : FROM scratch\nStep 2/2 : ADD http://x/y /\n --->")
    broken = told(plan, here, StepFailed(vertex=1, seconds=0, message="no"), Cancelled(vertex=2), fails=True)
    assert said(broken) == "Step 1/2 : FROM scratch\nStep 2/2 : ADD http://x/y /\n"


def test_triggers_and_what_is_made_already() -> None:
    lines = told(
        Planned(
            build="b1",
            vertices=(("0", "FROM onbuild", 1), ("0", "RUN a (ONBUILD of onbuild)", 1)),
            clauses=(
                Clause(text="FROM onbuild AS x", line=1, vertices=(0,), image_id=BASE),
                Clause(text="ENV A=1 (ONBUILD of onbuild)", line=1, is_trigger=True),
                Clause(text="RUN a (ONBUILD of onbuild)", line=1, vertices=(1,), is_trigger=True),
                Clause(text="FROM onbuild", line=2, vertices=(0,), image_id=BASE),
                Clause(text="ENV A=1 (ONBUILD of onbuild)", line=2, is_trigger=True),
                Clause(text="RUN a (ONBUILD of onbuild)", line=2, vertices=(1,), is_trigger=True),
            ),
        ),
        Kept(vertex=0, saved=0, by="store"),
        Started(vertex=1),
        wrote(1, "a\n"),
        Finished(vertex=1, seconds=1),
    )
    assert said(lines).startswith(
        "Step 1/2 : FROM onbuild AS x\n ---> abcdefabcdef\n# Executing 2 build triggers\n ---> Running in b1\na\n"
        "Step 2/2 : FROM onbuild\n ---> abcdefabcdef\n# Executing 2 build triggers\n ---> Using cache\n ---> 0123"
    )


def test_a_build_that_ends_with_steps_unsaid_keeps_no_file_open() -> None:
    lines: list[Any] = []
    with Classic(lines.append, is_quiet=False) as classic:
        for event in (PLAN, HERE, Started(vertex=2), Started(vertex=3), wrote(3, "x" * (1 << 20))):
            classic(event)
    assert said(lines) == BEGINNING + MADE


@given(st.text(), st.lists(st.integers(0, 40)))
def test_characters_may_come_in_pieces(text: str, cuts: list[int]) -> None:
    data = text.encode(errors="replace")
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    lines = told(PLAN, HERE, Started(vertex=2), *(wrote(2, piece) for piece in pieces), fails=True)
    assert said(lines) == BEGINNING + MADE + data.decode()
