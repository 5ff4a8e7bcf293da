"""Make what the cache does not have, and say what happened.

`solve` is prune followed by a walk over what is needed. What one vertex goes through, in its thread:

    its inputs are there ─→ content key ─→ in the cache? ───────────────────────────→ kept
                                            │ no
                                            ├─ lock the key (another build may be making it: wait)
                                            ├─ in the cache now? ─────────────────────→ kept
                                            └─ wait for a slot ─→ Work.execute ─→ put ─→ finished

The lock is taken before the slot, never the other way round: a thread that held a slot while it waited for another
process's key could wait for a thread that waits for a slot. The entry is put under the definition key too, so that the
next build finds it without its inputs.

A result is always the layers of input 0 and, at most, one layer more. What is found by content key is put on the inputs
of this build: the entry may have been made on trees that are equal but whose layers differ in their times.

The build ends early when a vertex fails, when the calling thread is interrupted (ctrl-C) or when it is given up by
somebody else. Then Cancel is set, which kills running processes and ends all waits; every thread is joined; each vertex
that was not settled is told to be cancelled; and only then is the error raised. Whatever a cancelled execution raises
is not looked at: it is a consequence.

The cache is only ever told of results that are complete, after the store has them: a build that dies at any instant
leaves a shorter cache, not a wrong one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from onggi.errors import Failed, OnggiError
from onggi.graph.op import ContextSource, Exec, ImageSource
from onggi.graph.vertex import Graph
from onggi.solve.before import NOTHING, Before
from onggi.solve.events import Event, Planned, StepFailed
from onggi.solve.fresh import Fresh
from onggi.solve.journal import Journal
from onggi.solve.key import content_key, contents, define
from onggi.solve.ports import CacheIndex, Cancel, Work
from onggi.solve.prune import Pruned, prune
from onggi.solve.record import Definition, VertexRecord, numbers
from onggi.solve.result import CacheEntry, Result
from onggi.solve.slots import Slots

_LAST_LINES = 20


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How to solve. `build` is its ID.

    jobs: at most that many executions at once, whatever they do; None: `cores` for computing, and a step that sleeps
    does not count. fresh: what is not taken from the cache, though results are put there. before: what
    the build is held against, to name causes. now: seconds since the epoch, for events.
    """

    build: str = ""
    jobs: int | None = None
    cores: int = 2
    fresh: Fresh = frozenset()
    before: Before = NOTHING
    now: Callable[[], float] = time.time


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """What a build made.

    results: of each vertex on the line of an output (its first input, that one's first input, … down to the source);
    the layers of each are those of its first input and, if `is_own`, one more. saved: seconds that the cache spared.
    created: seconds since the epoch, when the vertex of each output was made, by this build or an earlier one; 0 for an
    image of the store.
    """

    results: dict[int, Result]
    records: tuple[VertexRecord, ...]
    saved: float
    created: dict[int, float]


class StepError(Failed):
    """A step's own program failed: that of step `number` of the build with the ID `build`. `lines` are the last that it
    wrote; `argv` is what was run."""

    def __init__(
        self,
        message: str,
        *,
        build: str,
        number: int,
        exit_code: int,
        lines: tuple[str, ...],
        argv: tuple[str, ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, exit_code=exit_code, hint=hint)
        self.build = build
        self.number = number
        self.lines = lines
        self.argv = argv


def solve(
    graph: Graph,
    cache: CacheIndex,
    work: Work,
    emit: Callable[[Event], None],
    options: Options = Options(),  # noqa: B008 — frozen
    keep: Callable[[tuple[VertexRecord, ...]], None] | None = None,
    cancel: Cancel | None = None,
) -> Solution:
    """The results of the outputs. `keep` is given the records when the build ends, however it ends. Setting `cancel`
    gives it up.

    Raises StepError if a step's program failed, Abandoned, and what Work raised otherwise. `emit` is called from
    several threads, but never by two at once.
    """
    vertices = tuple((vertex.stage, vertex.text, vertex.line) for vertex in graph.vertices)
    inputs = tuple(vertex.inputs for vertex in graph.vertices)
    emit(Planned(build=options.build, vertices=vertices, inputs=inputs, clauses=graph.clauses, at=options.now()))
    definitions = _define(graph, work, emit, options.now)
    pruned = prune(graph, cache, definitions, fresh=options.fresh, before=options.before)
    journal = Journal(emit, options.now, pruned.definitions, pruned.causes)
    try:
        entries = _Run(graph, cache, work, pruned, journal, options, cancel or Cancel()).outputs()
    finally:
        if keep:
            keep(journal.records)
    return Solution(
        results={number: each for made in entries.items() for number, each in _line(graph, *made).items()},
        records=journal.records,
        saved=journal.saved,
        created={vertex: entry.created for vertex, entry in entries.items()},
    )


def _define(
    graph: Graph, work: Work, emit: Callable[[Event], None], now: Callable[[], float]
) -> tuple[Definition, ...]:
    """The definitions; an error (a COPY of what is not there) is told as its vertex's failure before anything runs."""
    definitions: list[Definition] = []
    try:
        definitions.extend(define(graph, work))
    except OnggiError as error:
        emit(StepFailed(vertex=len(definitions), seconds=0.0, message=error.message, at=now()))
        raise
    return tuple(definitions)


def _line(graph: Graph, vertex: int, entry: CacheEntry) -> dict[int, Result]:
    """The entry of an output's vertex told apart into the results of the vertices that its layers came from."""
    results: dict[int, Result] = {}
    index, layers = vertex, entry.result.layers
    for is_own in reversed(entry.owned):
        results[index] = Result(layers, is_own)
        layers = layers[:-1] if is_own else layers
        index = graph.vertices[index].inputs[0]
    results[index] = Result(layers)
    return results


class _Watch:
    """Implements ports.Watch for one vertex."""

    def __init__(self, vertex: int, cancel: Cancel, journal: Journal, slots: Slots) -> None:
        self.cancel = cancel
        self._vertex = vertex
        self._journal = journal
        self._slots = slots

    def output(self, stream: int, data: bytes) -> None:
        self._journal.wrote(self._vertex, stream, data)

    def detail(self, text: str) -> None:
        self._journal.detailed(self._vertex, text)

    def busy(self, cpu_seconds: Callable[[], float]) -> AbstractContextManager[None]:
        return self._slots.busy(cpu_seconds)


class _Run:
    """The walk over what is needed. `_entries` holds what is made or found so far, by vertex."""

    def __init__(
        self,
        graph: Graph,
        cache: CacheIndex,
        work: Work,
        pruned: Pruned,
        journal: Journal,
        options: Options,
        cancel: Cancel,
    ) -> None:
        self._graph = graph
        self._cache = cache
        self._work = work
        self._pruned = pruned
        self._journal = journal
        self._options = options
        self._cancel = cancel
        self._slots = Slots(options.jobs or options.cores, lends=options.jobs is None)
        self._entries: dict[int, CacheEntry] = dict(pruned.hits)
        self._making: set[str] = set()  # content keys

    def outputs(self) -> dict[int, CacheEntry]:
        """Settle every vertex; the entries of those that become images."""
        self._tell_kept()
        if self._pruned.needed:
            self._make_needed()
        return {output.vertex: self._entries[output.vertex] for output in self._graph.outputs}

    def _tell_kept(self) -> None:
        pruned, journal = self._pruned, self._journal
        needed = set(pruned.needed)
        for index, vertex in enumerate(self._graph.vertices):
            if index in needed or isinstance(vertex.op, ContextSource):
                continue
            if isinstance(vertex.op, ImageSource):
                journal.kept(index, "store")
            elif entry := pruned.hits.get(index) or pruned.kept.get(index):
                journal.kept(index, "definition", entry)
            else:
                journal.kept(index, "later")

    def _make_needed(self) -> None:
        from onggi.solve.walk import walk  # a build that is all hits needs no threads

        needs = {index: self._graph.vertices[index].inputs for index in self._pruned.needed}
        try:
            walk(needs, self._make, self._cancel, self._journal.failed)
        except BaseException:
            for index in self._pruned.needed:
                if not self._journal.is_settled(index):
                    self._journal.cancelled(index)
            raise

    def _make(self, index: int) -> None:
        vertex = self._graph.vertices[index]
        if isinstance(vertex.op, ImageSource):
            self._entries[index] = CacheEntry(result=self._work.image(vertex.op), owned=(), seconds=0.0)
            self._journal.kept(index, "store")
            return
        definition = self._pruned.definitions[index]
        inputs = tuple(self._result(each) for each in vertex.inputs)
        held = contents(vertex, definition, inputs, self._work)
        key = content_key(definition.op, held)
        self._journal.keyed(index, key, held)
        if index in self._options.fresh:
            self._execute(index, inputs, key)
        elif not self._keep(index, inputs, key):
            self._make_alone(index, inputs, key)

    def _make_alone(self, index: int, inputs: tuple[Result, ...], key: str) -> None:
        """While nobody else, in this build or in another, makes the same; or what they have made meanwhile."""
        begun = time.monotonic()

        def wait() -> None:
            self._journal.waiting(index, "another step" if key in self._making else "another build")

        with self._cache.lock(key, self._cancel, wait):
            self._making.add(key)
            try:
                if not self._keep(index, inputs, key, waited=time.monotonic() - begun):
                    self._execute(index, inputs, key)
            finally:
                self._making.discard(key)

    def _keep(self, index: int, inputs: tuple[Result, ...], key: str, waited: float = 0.0) -> bool:
        """Whether the cache has what these inputs make of it."""
        found = self._cache.get(key)
        if found is None:
            return False
        result = found.result.on(inputs[0]) if inputs else found.result
        entry = msgspec.structs.replace(
            found, result=result, owned=self._owned(index, result), contents=self._journal.contents(index)
        )
        self._cache.put([self._pruned.definitions[index].key], entry)
        self._entries[index] = entry
        self._journal.kept(index, "content", entry, waited)
        return True

    def _execute(self, index: int, inputs: tuple[Result, ...], key: str) -> None:
        with self._slots.hold(self._cancel):
            begun = time.monotonic()
            self._journal.started(index)
            try:
                result = self._work.execute(self._graph.vertices[index], inputs, self._watch(index))
            except Failed as error:
                raise self._step_error(index, error) from error
            seconds = time.monotonic() - begun
        entry = CacheEntry(
            result=result,
            owned=self._owned(index, result),
            seconds=seconds,
            created=self._options.now(),
            detail=self._journal.detail(index),
            contents=self._journal.contents(index),
            text=self._graph.vertices[index].text,
        )
        self._cache.put([self._pruned.definitions[index].key, key], entry)
        self._entries[index] = entry
        self._journal.finished(index, seconds)

    def _result(self, index: int) -> Result:
        if isinstance(self._graph.vertices[index].op, ContextSource):
            return Result()
        return self._entries[index].result

    def _owned(self, index: int, result: Result) -> tuple[bool, ...]:
        inputs = self._graph.vertices[index].inputs
        return (*self._entries[inputs[0]].owned, result.is_own) if inputs else (result.is_own,)

    def _watch(self, index: int) -> _Watch:
        return _Watch(index, self._cancel, self._journal, self._slots)

    def _step_error(self, index: int, error: Failed) -> StepError:
        op = self._graph.vertices[index].op
        return StepError(
            error.message,
            build=self._options.build,
            number=numbers([vertex.line for vertex in self._graph.vertices])[index],
            exit_code=error.exit_code,
            lines=self._journal.last_lines(index, _LAST_LINES),
            argv=op.argv if isinstance(op, Exec) else (),
            hint=error.hint,
        )
