"""What a build looks like: on a terminal, in a log, to a program."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from onggi.cli.progress import Renderer, can_draw, renderer, words
from onggi.cli.progress.board import Board, Row, State, fit
from onggi.cli.progress.json import document as document_of
from onggi.cli.progress.json_lines import JsonLines
from onggi.cli.progress.lines import Lines
from onggi.cli.progress.listing import Listing
from onggi.cli.progress.plain import Plain
from onggi.cli.progress.tree import Tree
from onggi.solve.events import (
    Built,
    Cancelled,
    Event,
    Exported,
    Exporting,
    Finished,
    Kept,
    Planned,
    Pulled,
    Pulling,
    Started,
    StepFailed,
    Waiting,
    Wrote,
)

DOCKERFILE = """FROM node:18-slim AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci \\
    --omit=dev
COPY . .
RUN npm run build

FROM node:18-slim AS prod
COPY --from=build /app/dist ./dist
"""
PLANNED = Planned(
    build="7f3a",
    vertices=(
        ("build", "FROM node:18-slim", 1),
        ("", "the build context", 0),
        ("build", "COPY package*.json ./", 3),
        ("build", "RUN npm ci \\\n    --omit=dev", 4),
        ("build", "COPY . .", 6),
        ("build", "RUN npm run build", 7),
        ("prod", "COPY --from=build /app/dist ./dist", 10),
    ),
    at=100.0,
)
BEGUN: tuple[Event, ...] = (
    PLANNED,
    Kept(vertex=0, saved=0.0, by="store", at=100.1),
    Kept(vertex=2, saved=0.1, by="definition", detail="2 files, 41 kB", at=100.1),
    Kept(vertex=3, saved=41.2, by="definition", at=100.1),
    Started(vertex=4, cause="files changed", at=100.2),
    Finished(vertex=4, seconds=0.2, detail="412 files, 1.8 MB", at=100.4),
    Started(vertex=5, at=100.4),
    Wrote(vertex=5, stream=1, data=b"\n> build\n\x1b[32m> tsc\x1b[0m -p tsconfig.", at=101.0),
    Wrote(vertex=5, stream=1, data=b"build.json\n", at=101.1),
)
ENDED: tuple[Event, ...] = (
    *BEGUN,
    Finished(vertex=5, seconds=6.1, at=106.5),
    Started(vertex=6, at=106.5),
    Finished(vertex=6, seconds=0.1, detail="3 files, 20 kB", at=106.6),
    Built(
        image_id="sha256:51c2" + "ab" * 30,
        references=("shop/api:latest",),
        size=183_000_000,
        new_size=3_100_000,
        seconds=8.4,
        saved=43.2,
        at=108.4,
    ),
)
FAILED: tuple[Event, ...] = (
    *BEGUN,
    Wrote(vertex=5, stream=2, data=b"src/cart.ts(31,7): error TS2304: Cannot find name 'pirce'.", at=103.0),
    StepFailed(vertex=5, seconds=3.0, message="RUN npm run build: exit code 2", exit_code=2, at=103.4),
    Cancelled(vertex=6, at=103.4),
)


def screen(text: str) -> list[str]:
    """The lines of a picture, without colours."""
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", line).rstrip() for line in text.split("\n")[:-1]]


class Terminal:
    """A tree on a terminal of some size, at a moment that stands still."""

    def __init__(self, *events: Event, width: int = 80, height: int = 24, now: float = 106.5) -> None:
        self.stream = io.StringIO()
        self.console = Console(
            file=self.stream, force_terminal=True, width=width, height=height, color_system="standard"
        )
        self.tree = Tree(self.stream, Listing("Dockerfile", DOCKERFILE), now=lambda: now, console=self.console)
        for event in events:
            self.tree(event)

    def picture(self) -> list[str]:
        paper = Console(file=io.StringIO(), width=self.console.width, color_system=None)
        with paper.capture() as capture:
            paper.print(self.tree.draw())
        return screen(capture.get())

    def close(self) -> list[str]:
        """The last picture and all that is beneath it."""
        self.tree.close()
        lines = screen(self.stream.getvalue())
        return lines[len(lines) - 1 - lines[::-1].index(self.picture()[0]) :]


@pytest.fixture
def terminals(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    def make(*events: Event, **size: float) -> Terminal:
        terminal = Terminal(*events, **size)  # type: ignore[arg-type]
        request.addfinalizer(terminal.tree.close)
        return terminal

    return make


def test_a_running_build(terminals) -> None:  # type: ignore[no-untyped-def]
    assert terminals(*BEGUN).picture() == [
        " build  ● FROM node:18-slim                          kept",
        "        ● COPY package*.json ./    2 files, 41 kB    kept",
        "        ● RUN npm ci --omit=dev                      kept  (saved 41.2 s)",
        "        ● COPY . .              412 files, 1.8 MB   0.2 s  ← files changed",
        "        ◑ RUN npm run build                         6.1 s",
        "          > build",
        "          > tsc -p tsconfig.build.json",
        " prod   ○ COPY --from=build /app/dist ./dist",
        " 4 of 6 done, 1 running  6.5 s",
    ]


def test_a_step_that_waits_says_for_what(terminals) -> None:  # type: ignore[no-untyped-def]
    waiting = (*BEGUN[:4], Waiting(vertex=4, on="another build", at=100.2))
    assert (
        terminals(*waiting).picture()[3]
        == "        ○ COPY . .                                waiting  for another build"
    )
    stopped = terminals(*waiting, Cancelled(vertex=4, at=103.0)).picture()
    assert stopped[3] == "        ○ COPY . ."
    kept = Kept(vertex=4, saved=0.0, by="content", at=103.0)
    assert terminals(*waiting, kept).picture()[3] == "        ● COPY . .                                   kept"
    stream = io.StringIO()
    plain = Plain(stream, Listing("Dockerfile", DOCKERFILE))
    for event in (*waiting, kept):
        plain(event)
    assert stream.getvalue().splitlines()[-2:] == [
        "#4 build: COPY . .  (waiting for another build)",
        "#4 build: COPY . .  kept",
    ]


def test_a_build_that_ended(terminals) -> None:  # type: ignore[no-untyped-def]
    assert terminals(*ENDED).close() == [
        " build  ● FROM node:18-slim                          kept",
        "        ● COPY package*.json ./    2 files, 41 kB    kept",
        "        ● RUN npm ci --omit=dev                      kept  (saved 41.2 s)",
        "        ● COPY . .              412 files, 1.8 MB   0.2 s  ← files changed",
        "        ● RUN npm run build                         6.1 s",
        " prod   ● COPY --from=build /app…  3 files, 20 kB   0.1 s",
        "Built shop/api:latest  sha256:51c2abababab  183 MB (3.1 MB new)  in 8.4 s; cache",
        "saved 43.2 s",
    ]


def test_a_step_that_failed(terminals) -> None:  # type: ignore[no-untyped-def]
    assert terminals(*FAILED).close()[4:] == [
        "        ✗ RUN npm run build                         3.0 s  exit code 2",
        " prod   ○ COPY --from=build /app/dist ./dist",
        "",
        "   Dockerfile:7",
        "     5 |     --omit=dev",
        "     6 | COPY . .",
        "   > 7 | RUN npm run build",
        "     8 |",
        "     9 | FROM node:18-slim AS prod",
        "",
        "   > build",
        "   > tsc -p tsconfig.build.json",
        "   src/cart.ts(31,7): error TS2304: Cannot find name 'pirce'.",
        "",
    ]


def test_a_step_that_failed_before_it_started(terminals) -> None:  # type: ignore[no-untyped-def]
    missing = StepFailed(vertex=2, seconds=0.0, message="package.json is not in the build context", at=100.1)
    lines = terminals(PLANNED, missing).close()
    assert lines[1] == "        ✗ COPY package*.json ./                            failed"
    assert "   > 3 | COPY package*.json ./" in lines


def test_an_interrupted_build_says_what_was_stopped(terminals) -> None:  # type: ignore[no-untyped-def]
    lines = terminals(*BEGUN, Cancelled(vertex=5, at=107.0), Cancelled(vertex=6, at=107.0)).close()
    assert lines[4:] == [
        "        ◌ RUN npm run build                       stopped",
        " prod   ○ COPY --from=build /app/dist ./dist",
    ]


PULLS: tuple[Event, ...] = (
    Pulling(reference="node:18-slim", host="docker.io", at=99.0),
    Pulling(reference="node:18-slim", done=12_000_000, total=72_000_000, at=99.2),
    Pulling(reference="shop/base:1", host="registry.example", at=99.3),
)
PULLED: tuple[Event, ...] = (
    Pulled(reference="node:18-slim", digest="sha256:" + "d" * 64, is_new=True, size=72_000_000, seconds=3.1, at=99.9),
    Pulled(reference="shop/base:1", digest="sha256:" + "e" * 64, is_new=False, size=0, seconds=0.1, at=99.9),
)


def test_images_that_are_pulled_stand_above_the_tree(terminals) -> None:  # type: ignore[no-untyped-def]
    assert terminals(*PULLS, now=101.0).picture() == [
        " Pulling node:18-slim  12 MB of 72 MB",
        " Pulling shop/base:1",
        " pulling images  2.0 s",
    ]
    assert terminals(*PULLS, *PULLED, *BEGUN).picture()[:2] == [
        " Pulled node:18-slim (72 MB in 3.1 s)",
        " shop/base:1 is up to date",
    ]


def test_plain_lines_tell_of_pulls_when_they_begin_and_end() -> None:
    stream = io.StringIO()
    log = Plain(stream, Listing("Dockerfile", DOCKERFILE))
    for event in (*PULLS, *PULLED):
        log(event)
    assert stream.getvalue().splitlines() == [
        "Pulling node:18-slim from docker.io …",
        "Pulling shop/base:1 from registry.example …",
        "Pulled node:18-slim (72 MB in 3.1 s)",
        "shop/base:1 is up to date",
    ]


def test_a_terminal_that_became_narrower_keeps_no_line_of_the_picture_before() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, height=24)
    tree = Tree(stream, Listing("Dockerfile", DOCKERFILE), now=lambda: 106.5, console=console)
    tree._live._live.auto_refresh = False
    for event in BEGUN:
        tree(event)
    tree._live.refresh()
    broken = sum(len(line) > 40 for line in screen(stream.getvalue() + "\n")[-9:])  # a terminal breaks these in two
    console.width = 40
    before = len(stream.getvalue())
    tree._live.refresh()
    erased, _, _ = stream.getvalue()[before:].partition("FROM")
    assert broken > 0
    assert erased.count("\x1b[1A") == 8 + broken
    tree.close()


def test_before_the_cache_is_asked(terminals) -> None:  # type: ignore[no-untyped-def]
    assert terminals(PLANNED, now=100.6).picture()[-1] == " reading the build context and the cache  0.6 s"


@pytest.mark.parametrize("width", [40, 60, 80, 132])
def test_lines_stay_within_the_width(terminals, width: int) -> None:  # type: ignore[no-untyped-def]
    wide = Planned(build="", vertices=(("가나다라마바사아자차카타파하", "RUN echo " + "한국어 " * 60, 1),), at=1.0)
    for events in (BEGUN, (wide, Started(vertex=0, cause="x" * 90)), (wide, Kept(vertex=0, saved=9.0, by="content"))):
        terminal = terminals(*events, width=width)
        assert all(terminal.console.measure(line).maximum < width for line in terminal.picture())


def test_more_steps_than_the_screen_has_lines(terminals) -> None:  # type: ignore[no-untyped-def]
    vertices = tuple(("0", f"RUN step {number}", number + 1) for number in range(60))
    events: list[Event] = [Planned(build="", vertices=vertices, at=100.0)]
    events += [Finished(vertex=number, seconds=1.0, at=101.0 + number) for number in range(30)]
    events += [Started(vertex=30, at=140.0), Started(vertex=50, at=140.0), Wrote(vertex=30, stream=1, data=b"hello\n")]
    terminal = terminals(*events, height=12)
    picture = terminal.picture()
    assert len(picture) <= 11  # the cursor's own line stays free
    for text in ("RUN step 29", "RUN step 30", "  hello", "RUN step 31", "RUN step 50", " 30 of 60 done, 2 running"):
        assert any(text in line for line in picture), text
    assert len(terminal.close()) == 60


def test_colour_is_only_said_where_it_means_something(terminals) -> None:  # type: ignore[no-untyped-def]
    def codes(has_colour: bool) -> set[str]:
        stream = io.StringIO()
        tree = Tree(stream, Listing("Dockerfile", DOCKERFILE), has_colour=has_colour)
        for event in FAILED:
            tree(event)
        tree.close()
        return set(re.findall(r"\x1b\[([0-9;]*)m", stream.getvalue()))

    assert codes(True) == {"0", "1", "2", "1;31"}
    assert codes(False) == {"0", "1", "2"}


def test_a_log() -> None:
    stream = io.StringIO()
    plain = Plain(stream, Listing("Dockerfile", DOCKERFILE))
    for event in FAILED:
        plain(event)
    plain.close()
    assert stream.getvalue().splitlines() == [
        "#1 build: FROM node:18-slim  kept",
        "#2 build: COPY package*.json ./  kept  2 files, 41 kB",
        "#3 build: RUN npm ci --omit=dev  kept  saved 41.2 s",
        "#4 build: COPY . .  (files changed)",
        "#4 done in 0.2 s  412 files, 1.8 MB",
        "#5 build: RUN npm run build",
        "#5 |",
        "#5 | > build",
        "#5 | > tsc -p tsconfig.build.json",
        "#5 | src/cart.ts(31,7): error TS2304: Cannot find name 'pirce'.",
        "#5 failed after 3.0 s  RUN npm run build: exit code 2",
        "   Dockerfile:7",
        "     5 |     --omit=dev",
        "     6 | COPY . .",
        "   > 7 | RUN npm run build",
        "     8 |",
        "     9 | FROM node:18-slim AS prod",
        "#6 cancelled",
    ]


def test_what_nobody_wrote_is_told_only_where_it_fails() -> None:
    stream = io.StringIO()
    plain = Plain(stream, Listing("Dockerfile", DOCKERFILE))
    vertices = (("", "FROM scratch", 0), ("", "heredocs", 0), ("gen", "COPY <<a /", 2), ("", "the script EOF", 0))
    for event in (
        Planned(build="", vertices=vertices),
        Kept(vertex=0, saved=0.0, by="store"),
        Started(vertex=1),
        Finished(vertex=1, seconds=0.1),
        Kept(vertex=2, saved=0.0, by="definition"),
        Started(vertex=3),
        StepFailed(vertex=3, seconds=0.1, message="no space left"),
    ):
        plain(event)
    assert stream.getvalue().splitlines() == [
        "#1 gen: COPY <<a /  kept",
        "#4 the script EOF",
        "#4 failed  no space left",
    ]


WRITTEN: tuple[Event, ...] = (
    PLANNED,
    Exporting(to="out/", at=100.1),
    Exported(to="out/", files=6, size=422, seconds=0.1, at=100.2),
    Exporting(to="image.tar", at=100.2),
    Exported(to="image.tar", files=0, size=12_800, seconds=0.1, at=100.3),
    Exporting(to="-", at=100.3),
    Exported(to="-", files=0, size=None, seconds=0.1, at=100.4),
    Built(image_id="sha256:" + "ab" * 32, references=(), size=9, new_size=0, seconds=0.4, saved=0.0, is_stored=False),
)


def test_a_log_says_what_was_written() -> None:
    stream = io.StringIO()
    plain = Plain(stream, Listing("Dockerfile", DOCKERFILE))
    for event in WRITTEN:
        plain(event)
    assert stream.getvalue().splitlines() == [
        "Writing out/ …",
        "Wrote out/ (6 files, 422 B)",
        "Writing image.tar …",
        "Wrote image.tar (12.8 kB)",
        "Writing to standard output …",
        "Wrote to standard output",
        "Built 9 B (0 B new)  in 0.4 s",
    ]


def test_a_terminal_says_what_is_being_and_what_was_written(terminals) -> None:  # type: ignore[no-untyped-def]
    assert terminals(*WRITTEN[:2], now=100.2).picture()[-1] == " Writing out/  0.2 s"
    assert terminals(*WRITTEN).close()[-4:] == [
        "Wrote out/ (6 files, 422 B)",
        "Wrote image.tar (12.8 kB)",
        "Wrote to standard output",
        "Built 9 B (0 B new)  in 0.4 s",
    ]


DIGEST = "sha256:" + "cd" * 32
SENT: tuple[Event, ...] = (
    PLANNED,
    Exporting(to="here:5000/api:1", way="pushed", at=100.1),
    Exporting(to="here:5000/api:1", way="pushed", done=4_000_000, at=101.1),
    Exporting(to="here:5000/api:1", way="pushed", done=12_000_000, total=30_000_000, at=111.1),
    Exported(to="here:5000/api:1", files=0, size=30_000_000, seconds=20.0, way="pushed", digest=DIGEST, at=120.1),
    Exporting(to="/caches/", way="cached", at=120.1),
    Exported(to="/caches/", files=0, size=0, seconds=0.1, way="cached", at=120.2),
)


def test_a_log_says_what_was_sent_and_now_and_then_how_much() -> None:
    stream = io.StringIO()
    plain = Plain(stream, Listing("Dockerfile", DOCKERFILE))
    for event in SENT:
        plain(event)
    assert stream.getvalue().splitlines() == [
        "Pushing here:5000/api:1 …",
        "Pushing here:5000/api:1  12 MB of 30 MB …",
        f"Pushed here:5000/api:1 (30 MB in 20.0 s)  {DIGEST}",
        "Writing the cache /caches/ …",
        "Wrote the cache /caches/ (0 B)",
    ]


def test_a_terminal_says_how_much_was_sent(terminals) -> None:  # type: ignore[no-untyped-def]
    assert terminals(*SENT[:3], now=102.0).picture()[-1] == " Pushing here:5000/api:1  4 MB  2.0 s"
    assert terminals(*SENT[:4], now=112.0).picture()[-1] == " Pushing here:5000/api:1  12 MB of 30 MB  12.0 s"
    assert terminals(*SENT).close()[-3:] == [
        "Pushed here:5000/api:1 (30 MB in 20.0 s)",
        DIGEST,
        "Wrote the cache /caches/ (0 B)",
    ]


def test_programs_hear_how_much_was_sent() -> None:
    assert document_of(SENT[3]) == {
        "event": "exporting",
        "at": 111.1,
        "to": "here:5000/api:1",
        "way": "pushed",
        "done": 12_000_000,
        "total": 30_000_000,
    }
    assert document_of(SENT[4])["digest"] == DIGEST


def test_an_instruction_of_any_length_is_cut() -> None:
    text = f"RUN {'x' * 300_000}"
    stream = io.StringIO()
    plain = Plain(stream, Listing("Dockerfile", f"FROM a\n{text}\n"))
    plain(Planned(build="", vertices=(("", text, 2),)))
    plain(Started(vertex=0))
    plain(StepFailed(vertex=0, seconds=0.1, message="exit code 1", exit_code=1))
    assert max(map(len, stream.getvalue().splitlines())) < 220


def test_a_log_in_an_encoding_that_lacks_letters() -> None:
    raw = io.BytesIO()
    plain = Plain(io.TextIOWrapper(raw, encoding="ascii"), Listing("Dockerfile", ""))
    plain(Planned(build="", vertices=(("", "RUN echo 안녕", 1),)))
    plain(Started(vertex=0))
    assert raw.getvalue() == b"#1 RUN echo ??\n"


@given(st.binary())
def test_bytes_survive_json(data: bytes) -> None:
    stream = io.StringIO()
    JsonLines(stream, document_of)(Wrote(vertex=3, stream=2, data=data, at=1.5))
    assert stream.getvalue().isascii()
    document = json.loads(stream.getvalue())
    assert document.pop("data").encode("utf-8", "surrogateescape") == data
    assert document == {"event": "wrote", "at": 1.5, "vertex": 3, "stream": 2}


def test_every_event_is_a_json_object_on_its_line() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream, document_of)
    for event in ENDED:
        lines(event)
    lines.close()
    documents = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [document["event"] for document in documents] == [type(event).__struct_config__.tag for event in ENDED]
    assert documents[0]["vertices"][2] == {"stage": "build", "text": "COPY package*.json ./", "line": 3}
    assert msgspec.convert(documents[-1], Built) == ENDED[-1]


@given(st.lists(st.binary(max_size=8), max_size=12))
def test_lines_do_not_depend_on_chunks(chunks: list[bytes]) -> None:
    lines = Lines()
    found = [line for chunk in chunks for line in lines.feed(chunk)]
    found += lines.end()
    whole = b"".join(chunks).decode(errors="replace")
    assert found == (whole.removesuffix("\n").split("\n") if whole else [])


def test_a_line_without_end_is_broken() -> None:
    lines = Lines()
    assert list(lines.feed(b"x" * 70_000)) == ["x" * 70_000]
    assert lines.unfinished == ""


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m text", "red text"),
        ("\x1b]0;title\x07text", "text"),
        ("10 %\r50 %\r100 %\r", "100 %"),
        ("a\tb", "a       b"),
        ("bell\x07 and back\x08", "bell  and back"),
        ("\x1b[2J\x1b[Hgone", "gone"),
    ],
)
def test_what_a_step_writes_cannot_move_the_cursor(written: str, seen: str) -> None:
    assert words.shown(written) == seen


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.1 s"),
        (0.24, "0.2 s"),
        (99.94, "99.9 s"),
        (99.96, "1 m 40 s"),
        (125, "2 m 05 s"),
        (3725, "1 h 02 m"),
    ],
)
def test_seconds(value: float, text: str) -> None:
    assert words.seconds(value) == text


def test_a_log_names_a_step_that_failed_before_it_started() -> None:
    stream = io.StringIO()
    plain = Plain(stream, Listing("Dockerfile", DOCKERFILE))
    plain(Planned(build="", vertices=(("0", "FROM busybox", 1), ("0", "COPY nope /", 3))))
    plain(StepFailed(vertex=1, seconds=0.0, message="nope is not in the build context"))
    assert stream.getvalue().splitlines()[:3] == [
        "#2 COPY nope /",
        "#2 failed  nope is not in the build context",
        "   Dockerfile:3",
    ]


def test_a_listing_marks_the_whole_instruction() -> None:
    assert list(Listing("app/Dockerfile", DOCKERFILE).around(4)) == [
        "app/Dockerfile:4",
        "  2 | WORKDIR /app",
        "  3 | COPY package*.json ./",
        "> 4 | RUN npm ci \\",
        "> 5 |     --omit=dev",
        "  6 | COPY . .",
        "  7 | RUN npm run build",
    ]
    assert list(Listing("Dockerfile", "").around(1)) == []


def test_lines_are_counted_as_the_parser_counts_them() -> None:
    shown = list(Listing("Dockerfile", "FROM a\r\n# page\fbreak\r\nRUN b\r\n").around(3))
    assert shown == ["Dockerfile:3", "  1 | FROM a", "  2 | # page\fbreak", "> 3 | RUN b"]


@given(st.lists(st.sampled_from(list(State)), max_size=30), st.integers(1, 30))
def test_fit_keeps_the_order_and_what_runs(states: list[State], height: int) -> None:
    rows = []
    for number, state in enumerate(states):
        row = Row("", str(number), number + 1)
        row.state, row.until = state, float(number)
        rows.append(row)
    chosen = fit(rows, height)
    assert len(chosen) == min(len(rows), height)
    assert chosen == [row for row in rows if row in chosen]
    urgent = [row for row in rows if row.state in (State.RUNNING, State.FAILED)]
    assert len([row for row in urgent if row in chosen]) == min(len(urgent), height)


@pytest.mark.parametrize(
    ("stages", "shown"),
    [
        (("0", "", "0"), ["", "", ""]),
        (("0", "1"), ["stage-0", "stage-1"]),
        (("1",), ["stage-1"]),
        (("build", "1"), ["build", "stage-1"]),
        (("build",), ["build"]),
        (("linux/arm64 build", "linux/arm64 1"), ["linux/arm64 build", "linux/arm64 stage-1"]),
        (("linux/amd64 0", "", "linux/arm64 0"), ["linux/amd64", "", "linux/arm64"]),
    ],
)
def test_what_stages_without_a_name_are_called(stages: tuple[str, ...], shown: list[str]) -> None:
    planned = Planned(build="", vertices=tuple((stage, "RUN true", 1 if stage else 0) for stage in stages))
    assert words.stages(planned) == shown


def test_steps_of_a_stage_stand_together() -> None:
    board = Board()
    board.update(Planned(build="", vertices=(("a", "1", 1), ("b", "2", 5), ("a", "3", 2), ("", "context", 0))))
    assert [row.text for row in board.rows] == ["1", "3", "2"]


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("style", "stream", "term", "kind"),
    [
        ("auto", Screen(), "xterm", Tree),
        ("tty", Screen(), "xterm", Tree),
        ("plain", Screen(), "xterm", Plain),
        ("json", Screen(), "xterm", JsonLines),
        ("auto", Screen(), "dumb", Plain),
        ("auto", io.StringIO(), "xterm", Plain),
        ("tty", io.StringIO(), "xterm", Plain),
    ],
)
def test_what_draws(style, stream, term, kind: type[Renderer]) -> None:  # type: ignore[no-untyped-def]
    drawn = renderer(style, stream, Listing("Dockerfile", ""), {"TERM": term})
    assert isinstance(drawn, kind)
    drawn.close()
    assert stream.getvalue() == ""


def test_no_tree_where_its_letters_are_missing() -> None:
    class Latin(Screen):
        encoding = "latin-1"

    assert not can_draw(Latin(), {"TERM": "xterm"})
    assert can_draw(Screen(), {"TERM": "xterm"})


def test_rich_is_only_imported_for_a_terminal() -> None:
    program = (
        "import io, sys; from onggi.cli.progress import renderer; from onggi.cli.progress.listing import Listing\n"
        "for style in ('auto', 'plain', 'json'): renderer(style, io.StringIO(), Listing('', ''), {'TERM': 'xterm'})\n"
        "print('rich' in sys.modules)"
    )
    path = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=path, capture_output=True, text=True).stdout == "False\n"
