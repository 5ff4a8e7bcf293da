"""A build's events as the classic builder told them: lines of JSON, and text in them that clients read.

    {"stream": "Step 2/3 : RUN make\\n"} … {"stream": "Successfully built 0123456789ab\\n"}

Steps that run side by side are told one after the other: what the later ones say waits in files.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any, Self, TypeAlias, cast

from onggi.engine.types import BuildResult
from onggi.oci import digest
from onggi.solve.events import (
    Cancelled,
    Event,
    Finished,
    Kept,
    Planned,
    Pulled,
    Pulling,
    Started,
    StepFailed,
    Wrote,
)
from onggi.solve.record import numbers

Tell: TypeAlias = Callable[[dict[str, Any]], object]
_OfStep: TypeAlias = Started | Wrote | Kept | Finished | StepFailed | Cancelled
_END = (Kept, Finished, StepFailed, Cancelled)
_IN_MEMORY = 1 << 18
_PIECE = 1 << 16


class Classic:
    """`tell` gets each line's document; at the end of a `with` block what still waits is dropped. is_quiet: of a build
    that succeeds the image's ID alone is told."""

    def __init__(self, tell: Tell, *, is_quiet: bool) -> None:
        self._tell = tell
        self._unsaid = _Held() if is_quiet else None
        self._steps: dict[int, str] = {}
        self._decoders: dict[tuple[int, int], codecs.IncrementalDecoder] = {}
        self._current: int | None = None
        self._waiting: dict[int, _Held] = {}
        self._ended: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as scope:
            for held in (self._unsaid, *self._waiting.values()):
                if held is not None:
                    scope.callback(held.close)

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                self._plan(event)
            case Pulling() if event.host:
                self._say(f"Pulling {event.reference} from {event.host}\n")
            case Pulled():
                self._say(f"{event.reference}: {'Downloaded newer image' if event.is_new else 'Image is up to date'}\n")
            case Started() | Wrote() | Kept() | Finished() | StepFailed() | Cancelled():
                if event.vertex in self._steps:
                    self._step(event)
            case _:
                pass

    def end(self, result: BuildResult) -> None:
        """It has succeeded."""
        if self._unsaid is not None:
            self._tell({"stream": f"{result.image_id}\n"})
            return
        for warning in result.warnings:
            self._say(f"[Warning] {warning}\n")
        self._tell({"aux": {"ID": result.image_id}})
        self._say(f"Successfully built {digest.short(result.image_id)}\n")
        for reference in result.references:
            self._say(f"Successfully tagged {reference}\n")

    def fail(self) -> None:
        """It has not: then it is told what was not."""
        if (held := self._unsaid) is not None:
            self._unsaid = None
            held.pass_on(self._say)

    def _plan(self, event: Planned) -> None:
        lines = [line for _, _, line in event.vertices]
        places = numbers(lines)
        total = sum(map(bool, lines))
        for vertex, (_, text, line) in enumerate(event.vertices):
            if line:
                self._steps[vertex] = f"Step {places[vertex]}/{total} : {text}\n"

    def _step(self, event: _OfStep) -> None:
        vertex = event.vertex
        if self._current is None:
            self._current = vertex
        if text := self._text(event):
            self._say_of(vertex, text)
        if not isinstance(event, _END):
            return
        self._ended.add(vertex)
        if vertex == self._current:
            self._go_on()

    def _text(self, event: _OfStep) -> str:
        match event:
            case Started():
                head = self._steps[event.vertex]
                return f"{head} ---> Running\n" if " : RUN" in head else head
            case Kept():
                head = self._steps[event.vertex]
                return head if event.by == "store" else f"{head} ---> Using cache\n"
            case Wrote():
                return self._decoder(event).decode(event.data)
            case _:
                return ""

    def _decoder(self, event: Wrote) -> codecs.IncrementalDecoder:
        """A character may come in two pieces."""
        place = event.vertex, event.stream
        if place not in self._decoders:
            self._decoders[place] = codecs.getincrementaldecoder("utf-8")(errors="replace")
        return self._decoders[place]

    def _say_of(self, vertex: int, text: str) -> None:
        """Now, or when the steps have ended that are being told."""
        if vertex == self._current:
            self._say(text)
            return
        if vertex not in self._waiting:
            self._waiting[vertex] = _Held()
        self._waiting[vertex].say(text)

    def _go_on(self) -> None:
        """With those that have waited, up to one that has not ended."""
        while self._waiting:
            self._current = next(iter(self._waiting))
            self._waiting.pop(self._current).pass_on(self._say)
            if self._current not in self._ended:
                return
        self._current = None

    def _say(self, text: str) -> None:
        if self._unsaid is None:
            self._tell({"stream": text})
        else:
            self._unsaid.say(text)


class _Held:
    """Text that waits; much of it does so on disk."""

    def __init__(self) -> None:
        file = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115 — closed by `close`
        self._file = cast(IO[str], file)

    def say(self, text: str) -> None:
        self._file.write(text)

    def pass_on(self, say: Callable[[str], object]) -> None:
        """All of it; then there is no more."""
        with self._file as file:
            file.seek(0)
            while piece := file.read(_PIECE):
                say(piece)

    def close(self) -> None:
        self._file.close()
