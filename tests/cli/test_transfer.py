from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from onggi.cli.progress.json_lines import JsonLines
from onggi.cli.progress.shipment import PULL, PUSH, Shipment
from onggi.cli.progress.transfer import Lines, document
from onggi.cli.progress.transfer_live import Live
from onggi.engine.registry.progress import Began, Ended, Event, Layers, Moved, PassedOver
from onggi.oci import mediatype, reference
from onggi.oci.descriptor import Descriptor

NAME = reference.parse("debian:12")
DIGEST = "sha256:" + "d" * 64
MB = 1_000_000


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def short(number: int) -> str:
    return f"{number:064x}"[:12]


def layers(*sizes: int) -> Layers:
    return Layers(layers=tuple(Descriptor(mediatype.OCI_LAYER, digest(n << 208), s) for n, s in enumerate(sizes)))


def moved(number: int, state: str, done: int = 0, total: int = 0, kept: int = 0) -> Moved:
    return Moved(digest=digest(number << 208), state=state, done=done, total=total, kept=kept)  # type: ignore[arg-type]


BEGAN = Began(reference=NAME, host="docker.io")
ENDED = Ended(reference=NAME, digest=DIGEST, is_new=True)
IDS = [f"{number << 208:064x}"[:12] for number in range(100)]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def shipment(clock: Clock, *events: Event) -> Shipment:
    made = Shipment(PULL, clock)
    for event in events:
        made.update(event)
    return made


def test_a_layer_that_is_on_its_way_has_a_bar(clock: Clock) -> None:
    made = shipment(clock, layers(30 * MB, 4 * MB, 5 * MB), moved(0, "moving", 12 * MB, 30 * MB), moved(1, "exists"))
    assert list(made.lines(79, 20)) == [
        f"{IDS[0]}: Downloading [==============>                    ] 12MB/30MB",
        f"{IDS[1]}: Already exists",
        f"{IDS[2]}: Waiting",
    ]
    assert all(len(line) < width for width in range(44, 200) for line in made.lines(width, 20))
    assert next(made.lines(43, 20)) == f"{IDS[0]}: Downloading 12MB/30MB"


def test_the_total_tells_bytes_rate_and_time_left(clock: Clock) -> None:
    made = shipment(clock, layers(30 * MB, 4 * MB, 42 * MB), moved(1, "exists", total=4 * MB))
    assert made.total() == "0B of 72MB"
    clock.now += 2
    made.update(moved(0, "moving", 18 * MB, 30 * MB))
    assert made.total() == "18MB of 72MB, 9MB/s, 6.0 s left"
    clock.now += 60
    made.update(moved(0, "moving", 18 * MB + 1, 30 * MB))
    assert made.total().endswith("MB/s, 2 m 56 s left") or "left" in made.total(), "it is the rate of late"


def test_what_was_kept_did_not_go_over_the_wire(clock: Clock) -> None:
    made = shipment(clock, layers(30 * MB))
    clock.now += 1
    made.update(moved(0, "moving", 22 * MB, 30 * MB, kept=20 * MB))
    assert made.total() == "22MB of 30MB, 2MB/s, 4.0 s left"
    made.update(moved(0, "done", 30 * MB, 30 * MB, kept=20 * MB))
    assert made.summary() == ("Downloaded 10MB in 1.0 s, 10MB/s",)


def test_a_total_that_is_not_known_is_not_told(clock: Clock) -> None:
    made = shipment(clock, moved(0, "moving", 3 * MB))
    assert made.total() == "3MB"
    assert list(made.lines(79, 9)) == [f"{IDS[0]}: Downloading 3MB"]


def test_an_estimate_is_marked_as_such(clock: Clock) -> None:
    made = shipment(clock, layers(30 * MB, 9 * MB), moved(1, "waiting", total=9 * MB))
    clock.now += 2
    made.update(replace(moved(0, "moving", 4 * MB, 12 * MB), is_estimate=True))
    assert made.total() == "4MB of ~21MB, 2MB/s, ~8.5 s left"
    assert next(made.lines(79, 9)).endswith("] 4MB/~12MB")
    assert all(len(line) < width for width in range(44, 200) for line in made.lines(width, 20))
    made.update(moved(0, "done", 11 * MB, 11 * MB))
    assert made.total().startswith("11MB of 20MB, ")


def test_what_layers_are_before_they_are_squeezed_is_no_size_of_a_push(clock: Clock) -> None:
    made = Shipment(PUSH, clock)
    made.update(layers(30 * MB, 9 * MB))
    assert made.total() == "0B"
    made.update(moved(0, "waiting", total=30 * MB))
    made.update(moved(1, "waiting", total=8 * MB))
    assert made.total() == "0B of 38MB"


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 3)), max_size=30))
def test_a_layer_that_begins_again_makes_no_rate_negative(steps: list[tuple[int, int, int]]) -> None:
    clock = Clock()
    made = shipment(clock, layers(30 * MB, 30 * MB, 30 * MB))
    for layer, done, passed in steps:
        clock.now += passed
        made.update(moved(layer, "moving", done * MB, 30 * MB))
        assert "-" not in made.total()


def test_the_rate_after_a_new_beginning_is_that_of_the_new_bytes(clock: Clock) -> None:
    made = shipment(clock, layers(30 * MB), moved(0, "moving", 20 * MB, 30 * MB))
    clock.now += 1
    made.update(moved(0, "moving", 0, 30 * MB))
    assert made.total() == "0B of 30MB"
    clock.now += 1
    made.update(moved(0, "moving", 3 * MB, 30 * MB))
    assert made.total() == "3MB of 30MB, 3MB/s, 9.0 s left"


def test_nothing_that_moved_has_no_summary(clock: Clock) -> None:
    made = shipment(clock, layers(MB), moved(0, "exists", total=MB))
    assert (made.summary(), made.total()) == ((), "")


def test_of_many_layers_those_that_move_are_shown(clock: Clock) -> None:
    made = shipment(
        clock, layers(*[MB] * 40), *[moved(n, "done", MB, MB) for n in range(30)], moved(35, "moving", 9, MB)
    )
    shown = list(made.lines(79, 5))
    assert len(shown) == 5
    assert any(line.startswith(f"{IDS[35]}: Downloading") for line in shown)
    assert shown[-1] == "and 36 more layers; 30 of 40 are done"
    assert len(list(made.lines(79, 40))) == 40


def test_lines_tell_only_ends_and_now_and_then_the_total(clock: Clock) -> None:
    stream = io.StringIO()
    lines = Lines(stream, PULL, clock)
    lines(BEGAN)
    lines(layers(30 * MB, MB))
    lines(moved(1, "exists", 0, MB))
    for count in range(30):
        clock.now += 1
        lines(moved(0, "moving", count * MB, 30 * MB))
    lines(moved(0, "done", 30 * MB, 30 * MB))
    lines(ENDED)
    lines.close()
    assert stream.getvalue().splitlines() == [
        "12: Pulling from library/debian",
        f"{IDS[1]}: Already exists",
        "9MB of 30MB, 1MB/s, 21.0 s left",
        "19MB of 30MB, 1MB/s, 11.0 s left",
        "29MB of 30MB, 1MB/s, 1.0 s left",
        f"{IDS[0]}: Pull complete",
        "Downloaded 30MB in 30.0 s, 1MB/s",
        f"Digest: {DIGEST}",
        "Status: Downloaded newer image for debian:12",
    ]


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        (("sha256-1.sig",), "Passed over 1 tag that is no image: sha256-1.sig"),
        (("a.sig", "cache"), "Passed over 2 tags that are no images: a.sig, cache"),
    ],
)
def test_what_is_passed_over_is_one_line(tags: tuple[str, ...], line: str) -> None:
    stream, terminal = io.StringIO(), io.StringIO()
    for renderer in (Lines(stream, PULL), Live(terminal, PULL, console=Console(file=terminal, width=40))):
        for event in (BEGAN, ENDED, PassedOver(tags=tags)):
            renderer(event)
        renderer.close()
    assert stream.getvalue().splitlines()[-1] == line
    assert terminal.getvalue().splitlines()[-1] == line
    assert document(PassedOver(tags=tags)) == {"event": "passed-over", "tags": tags}


def test_a_push_has_words_of_its_own(clock: Clock) -> None:
    stream = io.StringIO()
    lines = Lines(stream, PUSH, clock)
    clock.now += 1
    for event in (
        BEGAN,
        layers(MB, MB, MB),
        moved(0, "done", MB, MB),
        moved(1, "exists", 0, MB),
        moved(2, "mounted", 0, MB),
        Ended(reference=NAME, digest=DIGEST, is_new=True, size=741),
    ):
        lines(event)
        clock.now += 1
    assert stream.getvalue().splitlines() == [
        "The push refers to repository [docker.io/library/debian]",
        f"{IDS[0]}: Pushed",
        f"{IDS[1]}: Layer already exists",
        f"{IDS[2]}: Mounted from another repository",
        "Sent 1MB in 5.0 s, 200kB/s",
        f"12: digest: {DIGEST} size: 741",
    ]


def test_programs_get_all_of_it() -> None:
    stream = io.StringIO()
    tell = JsonLines(stream, document)
    for event in (BEGAN, layers(7), moved(0, "moving", 3, 7), ENDED):
        tell(event)
    began, whole, part, ended = map(json.loads, stream.getvalue().splitlines())
    assert began["reference"] == ended["reference"] == "docker.io/library/debian:12"
    assert whole["layers"][0]["size"] == 7
    assert (part["state"], part["done"], part["total"]) == ("moving", 3, 7)


def drawn(clock: Clock, *events: Event, width: int = 80, height: int = 24) -> Iterator[str]:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, height=height, color_system=None)
    live = Live(stream, PULL, now=clock, console=console)
    for event in events:
        live(event)
    yield from (line.rstrip() for line in map(str, live._lines()))
    live.close()
    yield stream.getvalue()


def test_a_picture_fits_its_terminal(clock: Clock) -> None:
    events: list[Event] = [BEGAN, layers(*[MB] * 50), *[moved(number, "moving", 1, MB) for number in range(3)]]
    *lines, _ = drawn(clock, *events, width=80, height=10)
    assert len(lines) == 8, "the heading is above, and the cursor beneath"
    assert max(map(len, lines)) < 80


def test_the_last_picture_has_all_layers(clock: Clock) -> None:
    done = [moved(number, "done", MB, MB) for number in range(50)]
    *_, text = drawn(clock, BEGAN, layers(*[MB] * 50), *done, ENDED, width=80, height=10)
    assert all(f"{IDS[number]}: Pull complete" in text for number in range(50))
    assert text.splitlines()[-2:] == [f"Digest: {DIGEST}", "Status: Downloaded newer image for debian:12"]
