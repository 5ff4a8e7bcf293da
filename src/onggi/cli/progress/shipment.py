"""The state of one image that is pulled or pushed, as screens show it: events in, lines out. Knows nothing of
terminals."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping

import msgspec

from onggi.amounts import human_size
from onggi.cli.progress.words import seconds
from onggi.engine.registry.progress import Began, Ended, Event, Layers, Moved, PassedOver, State
from onggi.oci import digest as digests
from onggi.oci.digest import Digest

_WINDOW = 5.0  # seconds over which the rate is taken
_WIDEST_BAR = 50
_NARROWEST_BAR = 10
_AT_END = frozenset[State]({"done", "exists", "mounted"})


class Course(msgspec.Struct, frozen=True):
    """Docker's words for one way that images go, and ours for all of it at the end. is_as_listed: layers go as they
    are listed at the beginning, with these sizes; else they may be squeezed first."""

    began: Callable[[Began], str]
    ended: Callable[[Ended], tuple[str, ...]]
    states: Mapping[State, str]
    moved: str
    is_as_listed: bool


def _pull_began(event: Began) -> str:
    return f"{event.reference.digest or event.reference.tag}: Pulling from {event.reference.path}"


def _pull_ended(event: Ended) -> tuple[str, ...]:
    what = "Downloaded newer image" if event.is_new else "Image is up to date"
    return (f"Digest: {event.digest}", f"Status: {what} for {event.reference.familiar()}")


def _push_began(event: Began) -> str:
    return f"The push refers to repository [{event.reference.name()}]"


def _push_ended(event: Ended) -> tuple[str, ...]:
    return (f"{event.reference.tag or event.reference.digest}: digest: {event.digest} size: {event.size}",)


PULL = Course(
    _pull_began,
    _pull_ended,
    {"waiting": "Waiting", "moving": "Downloading", "done": "Pull complete", "exists": "Already exists"},
    "Downloaded",
    is_as_listed=True,
)
PUSH = Course(
    _push_began,
    _push_ended,
    {
        "waiting": "Waiting",
        "moving": "Pushing",
        "done": "Pushed",
        "exists": "Layer already exists",
        "mounted": "Mounted from another repository",
    },
    "Sent",
    is_as_listed=False,
)


def passed_over(event: PassedOver) -> str:
    """The one line about them."""
    count = "1 tag that is no image" if len(event.tags) == 1 else f"{len(event.tags)} tags that are no images"
    return f"Passed over {count}: {', '.join(event.tags)}"


class Shipment:
    """One image on its way. `now`: seconds."""

    def __init__(self, course: Course, now: Callable[[], float]) -> None:
        self._course = course
        self._now = now
        self._layers: dict[Digest, Moved] = {}
        self._began = now()
        self._samples: deque[tuple[float, int]] = deque([(self._began, 0)])

    def update(self, event: Event) -> None:
        if isinstance(event, Layers):
            sizes = {each.digest: each.size if self._course.is_as_listed else 0 for each in event.layers}
            self._layers = {
                digest: Moved(digest=digest, state="waiting", total=total) for digest, total in sizes.items()
            }
        elif isinstance(event, Moved):
            self._layers[event.digest] = event
            self._sample()

    def lines(self, width: int, room: int) -> Iterator[str]:
        """Of the layers, those that tell most, in their order, where there is room for so many; the last one says how
        many more there are."""
        shown = list(self._layers)
        if len(shown) > room:
            chosen = sorted(shown, key=self._interest)[: max(room - 1, 0)]
            shown = [digest for digest in shown if digest in chosen]
        for digest in shown:
            yield self.line(digest, width)
        if hidden := len(self._layers) - len(shown):
            done = sum(each.state in _AT_END for each in self._layers.values())
            yield f"and {hidden} more layers; {done} of {len(self._layers)} are done"

    def line(self, digest: Digest, width: int = 0) -> str:
        """What there is to say of a layer; with a bar where there is room for one."""
        layer = self._layers[digest]
        text = f"{digests.short(digest)}: {self._course.states[layer.state]}"
        if layer.state != "moving":
            return text
        about = "~" if layer.is_estimate else ""
        whole = f"/{about}{human_size(layer.total)}" if layer.total else ""
        amount = human_size(layer.done) + whole
        bar = min(_WIDEST_BAR, width - len(text) - len(f"999.9MB/{about}999.9MB") - len(" [] "))
        if not layer.total or bar < _NARROWEST_BAR:
            return f"{text} {amount}"
        return f"{text} [{_bar(layer.done / layer.total, bar)}] {amount}"

    def total(self) -> str:
        """All of it: `12MB of 72MB, 9.1MB/s, 6.6 s left`, with `~` before what is an estimate. Where the size of one
        layer is not even estimated, only what went and how fast."""
        moving = [each for each in self._layers.values() if each.state not in ("exists", "mounted")]
        if not moving:
            return ""
        done = sum(each.done for each in moving)
        is_known = all(each.total for each in moving)
        about = "~" if any(each.is_estimate for each in moving) else ""
        left = sum(max(each.total - each.done, 0) for each in moving)
        rate = self._rate()
        said = [f"{human_size(done, 4)} of {about}{human_size(done + left, 4)}" if is_known else human_size(done, 4)]
        if rate:
            said.append(f"{human_size(rate, 3)}/s")
            if is_known and left:
                said.append(f"{about}{seconds(left / rate)} left")
        return ", ".join(said)

    def summary(self) -> tuple[str, ...]:
        """What went over the wire, if anything did."""
        moved, passed = self._moved(), max(self._now() - self._began, 0.001)
        if not moved:
            return ()
        return (f"{self._course.moved} {human_size(moved)} in {seconds(passed)}, {human_size(moved / passed, 3)}/s",)

    def _interest(self, digest: Digest) -> int:
        state = self._layers[digest].state
        return 0 if state == "moving" else 1 if state == "waiting" else 2

    def _moved(self) -> int:
        return sum(each.done - each.kept for each in self._layers.values())

    def _sample(self) -> None:
        now, moved = self._now(), self._moved()
        if moved < self._samples[-1][1]:  # a layer begins again: what went before tells nothing of how fast it goes
            self._samples.clear()
        self._samples.append((now, moved))
        while len(self._samples) > 2 and self._samples[1][0] < now - _WINDOW:
            self._samples.popleft()

    def _rate(self) -> float:
        """Bytes a second, of late."""
        (since, before) = self._samples[0]
        passed = self._now() - since
        return (self._moved() - before) / passed if passed > 0 else 0.0


def _bar(part: float, width: int) -> str:
    """Docker's: `=====>     `."""
    filled = min(int(part * width), width)
    return ("=" * filled if filled == width else "=" * filled + ">").ljust(width)
