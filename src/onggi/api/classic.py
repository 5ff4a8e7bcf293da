"""A build's events as the classic builder told them: lines of JSON, and text in them that clients read.

    {"stream": "Step 2/3 : RUN make\\n"} … {"stream": "Successfully built 0123456789ab\\n"}

The steps are the instructions of the stages that are built, in the Dockerfile's order (moby,
daemon/builder/dockerfile/builder.go). Steps that run side by side are told one after the other: what the later ones say
waits in files.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Self, TypeAlias, cast

from onggi.api.transfers import TellLine
from onggi.engine.types import BuildResult
from onggi.graph.vertex import Clause
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

_OfStep: TypeAlias = Started | Wrote | Kept | Finished | StepFailed | Cancelled
_END = (Kept, Finished, StepFailed, Cancelled)
_CACHED = " ---> Using cache\n"
_IN_MEMORY = 1 << 18
_PIECE = 1 << 16


class Classic:
    """`tell` gets each line's document; at the end of a `with` block what still waits is dropped. is_quiet: of a build
    that succeeds the image's ID alone is told."""

    def __init__(self, tell: TellLine, *, is_quiet: bool) -> None:
        self._tell = tell
        self._unsaid = _Held() if is_quiet else None
        self._build = ""
        self._steps: tuple[_Step, ...] = ()
        self._makers: dict[int, _Step] = {}
        self._decoders: dict[tuple[int, int], codecs.IncrementalDecoder] = {}
        self._turn = 0  # of the step that is being told
        self._goes_wrong = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as scope:
            for held in (self._unsaid, *(step.waiting for step in self._steps)):
                if held is not None:
                    scope.callback(held.close)

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                self._build = event.build
                self._steps = tuple(_steps(event.clauses))
                self._makers = {vertex: step for step in reversed(self._steps) for vertex in step.clause.vertices}
                self._go_on()
            case Pulling() if event.host:
                self._say(f"Pulling {event.reference} from {event.host}\n")
            case Pulled():
                self._say(f"{event.reference}: {'Downloaded newer image' if event.is_new else 'Image is up to date'}\n")
            case Started() | Wrote() | Kept() | Finished() | StepFailed() | Cancelled():
                if event.vertex in self._makers:
                    self._step(event, self._makers[event.vertex])
            case _:
                pass

    def end(self, result: BuildResult) -> None:
        """It has succeeded."""
        if self._unsaid is not None:
            self._tell({"stream": f"{result.image_id}\n"})
            return
        short = digest.short(result.image_id)
        self._say(f" ---> {short}\n")
        self._tell({"aux": {"ID": result.image_id}})
        for warning in result.warnings:
            self._say(f"[Warning] {warning}\n")
        self._say(f"Successfully built {short}\n")
        for reference in result.references:
            self._say(f"Successfully tagged {reference}\n")

    def fail(self) -> None:
        """It has not: then what is left is told, of a quiet build all."""
        self._goes_wrong = True
        while self._turn < len(self._steps):
            self._pass_on(self._steps[self._turn])
            self._turn += 1
        if (held := self._unsaid) is not None:
            self._unsaid = None
            held.pass_on(self._say)

    def _step(self, event: _OfStep, step: _Step) -> None:
        is_result = event.vertex == step.clause.vertices[-1]
        if isinstance(event, StepFailed | Cancelled):
            self._goes_wrong = True
        if text := self._text(event, step, is_result=is_result):
            self._say_of(step, text)
        if is_result and isinstance(event, _END):
            step.has_ended = True
            self._go_on()

    def _text(self, event: _OfStep, step: _Step, *, is_result: bool) -> str:
        """What else a step makes, files to mount and what it fetches, is told of where that goes wrong."""
        if isinstance(event, StepFailed):
            return "" if step.has_begun else step.begin()
        if not is_result:
            return ""
        match event:
            case Started():
                return step.begin() + (f" ---> Running in {self._build}\n" if step.is_run else "")
            case Kept():
                return step.begin() + step.kept()
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

    def _say_of(self, step: _Step, text: str) -> None:
        """Now, or when its turn comes."""
        if step.place == self._turn:
            self._say(text)
        else:
            step.wait(text)

    def _go_on(self) -> None:
        """With the steps that have ended, up to one that has not; what that has said goes out too."""
        while self._turn < len(self._steps):
            step = self._steps[self._turn]
            self._pass_on(step)
            if not step.has_ended:
                return
            self._turn += 1

    def _pass_on(self, step: _Step) -> None:
        """What a step has said. One that runs nothing has its turn where all is well up to it."""
        if not step.is_own and not self._goes_wrong:
            self._say(step.begin() + step.kept())
        if (held := step.waiting) is not None:
            step.waiting = None
            held.pass_on(self._say)

    def _say(self, text: str) -> None:
        if self._unsaid is None:
            self._tell({"stream": text})
        else:
            self._unsaid.say(text)


class _Step:
    """A clause while it is told. is_own: it makes what no clause before it has made."""

    def __init__(self, clause: Clause, place: int, head: str, *, is_own: bool) -> None:
        self.clause = clause
        self.place = place
        self.is_own = is_own
        self._keyword = clause.text.split(" ", 1)[0].upper()
        self.has_begun = False
        self.has_ended = not is_own
        self.waiting: _Held | None = None
        self._head = head

    def begin(self) -> str:
        self.has_begun = True
        return self._head

    @property
    def is_run(self) -> bool:
        return self._keyword == "RUN"

    def kept(self) -> str:
        """What is said where there is nothing to do."""
        if image := self.clause.image_id:
            return f" ---> {digest.short(image)}\n"
        return _CACHED if self.clause.vertices and self._keyword != "FROM" else ""

    def wait(self, text: str) -> None:
        if self.waiting is None:
            self.waiting = _Held()
        self.waiting.say(text)


def _steps(clauses: Iterable[Clause]) -> Iterator[_Step]:
    """Triggers are no steps of their own: they are counted where the FROM stands that they belong to."""
    clauses = tuple(clauses)
    total = sum(not clause.is_trigger for clause in clauses)
    made: set[int] = set()
    number = 0
    for place, clause in enumerate(clauses):
        number += not clause.is_trigger
        head = "" if clause.is_trigger else f"Step {number}/{total} : {clause.text}\n"
        if clause.is_trigger and not clauses[place - 1].is_trigger:
            head = _triggers(clauses[place:])
        result = clause.vertices[-1:]
        yield _Step(clause, place, head, is_own=bool(result) and result[0] not in made)
        made.update(clause.vertices)


def _triggers(clauses: Iterable[Clause]) -> str:
    count = 0
    for clause in clauses:
        if not clause.is_trigger:
            break
        count += 1
    return f"# Executing {count} build trigger{'s' if count > 1 else ''}\n"


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
