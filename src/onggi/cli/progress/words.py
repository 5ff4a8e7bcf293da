"""The words that all renderers share."""

from __future__ import annotations

import re

from onggi.amounts import counted, spaced_size
from onggi.cli.table import printable, shorten
from onggi.oci import digest
from onggi.solve.events import Built, Exported, Exporting, Kept, Planned, Pulled, Pulling, StepFailed, Way
from onggi.solve.record import is_plain, stage_name, stage_parts

# ECMA-48: CSI … final byte, OSC … (BEL or ST), and two-byte escapes.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_CONTINUATION = re.compile(r"\\[ \t]*\n")
_WORTH_SAYING = 1.0
"""Seconds saved below which nobody cares."""
_LONGEST = 200
"""Letters of an instruction that are enough to know it by."""

_EXPORTING: dict[Way, str] = {"written": "Writing", "pushed": "Pushing", "cached": "Writing the cache"}
_EXPORTED: dict[Way, str] = {"written": "Wrote", "pushed": "Pushed", "cached": "Wrote the cache"}

stage = stage_name


def seconds(value: float) -> str:
    """`40 ms`, `6.1 s`, `2 m 05 s`, `1 h 02 m`."""
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    if value < 99.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} m {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} m"


def stages(event: Planned) -> list[str]:
    """What to call the stage of each vertex: its name, `stage-1` for a second one without a name, and "" where there is
    but one without a name. A build for several platforms has the platform in front ("linux/arm64 build")."""
    name = _platform if is_plain(stage for stage, _, line in event.vertices if line) else stage_name
    return [name(stage) for stage, _, _ in event.vertices]


def _platform(stage: str) -> str:
    return stage_parts(stage)[0]


def instruction(text: str) -> str:
    """An instruction on one line."""
    return printable(" ".join(_CONTINUATION.sub(" ", text).split()))


def brief(text: str) -> str:
    """The beginning of an instruction: one may be as long as a program that is written in it."""
    return shorten(instruction(text), _LONGEST)


def shown(line: str) -> str:
    """A line of a step's output as the screen had it at last: no escape sequences, and of what a progress bar wrote
    over itself only the end."""
    last = line.rstrip("\r").rpartition("\r")[2]
    return printable(_ESCAPE.sub("", last).expandtabs()).rstrip()


def saved(event: Kept) -> str:
    return f"saved {seconds(event.saved)}" if is_worth_saying(event.saved) else ""


def is_worth_saying(saved: float) -> bool:
    return saved >= _WORTH_SAYING


def failed(event: StepFailed) -> str:
    return "failed" if event.exit_code is None else f"exit code {event.exit_code}"


def pulled(event: Pulled) -> str:
    """`Pulled debian:12 (30 MB in 3.1 s)`, or that there was nothing to pull."""
    if not event.is_new:
        return f"{printable(event.reference)} is up to date"
    return f"Pulled {printable(event.reference)} ({spaced_size(event.size)} in {seconds(event.seconds)})"


def pulling(event: Pulling) -> str:
    """`Pulling debian:12  12 MB of 30 MB`."""
    amount = f"  {spaced_size(event.done)} of {spaced_size(event.total)}" if event.total else ""
    return f"Pulling {printable(event.reference)}{amount}"


def exporting(event: Exporting) -> str:
    """`Pushing localhost:5000/api:1  12 MB of 30 MB`."""
    total = f" of {spaced_size(event.total)}" if event.total else ""
    amount = f"  {spaced_size(event.done)}{total}" if event.done else ""
    return f"{_EXPORTING[event.way]} {_output(event.to)}{amount}"


def exported(event: Exported) -> str:
    """`Wrote out/ (6 files, 422 B)`, `Pushed localhost:5000/api:1 (3 MB in 1.2 s)  sha256:…`."""
    files = counted(event.files, "file") if event.way == "written" and event.to.endswith("/") else ""
    size = "" if event.size is None else spaced_size(event.size)
    told = ", ".join(filter(None, (files, size)))
    if event.way != "written" and event.size:
        told += f" in {seconds(event.seconds)}"
    done = f"{_EXPORTED[event.way]} {_output(event.to)}"
    return "  ".join(filter(None, (f"{done} ({told})" if told else done, event.digest)))


def _output(to: str) -> str:
    return "to standard output" if to == "-" else printable(to)


def built(event: Built) -> str:
    """The last line of a build that succeeded. An image that is not in the store has no name there."""
    image = f"sha256:{digest.short(event.image_id)}"
    names = f"{', '.join(event.references)}  {image}" if event.references else image
    named = f"Built {names} " if event.is_stored else "Built"
    size = f"{spaced_size(event.size)} ({spaced_size(event.new_size)} new)"
    spared = f"; cache saved {seconds(event.saved)}" if event.saved >= _WORTH_SAYING else ""
    return f"{named} {size}  in {seconds(event.seconds)}{spared}"
