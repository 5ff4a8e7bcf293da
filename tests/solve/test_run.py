"""Making what is needed: once, in parallel, with early cut-off, and nothing left running."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.errors import Failed, NotFound, Unavailable
from onggi.graph.op import ContextSource
from onggi.graph.vertex import Graph
from onggi.solve.before import Before
from onggi.solve.events import (
    Built,
    Cancelled,
    Event,
    Exported,
    Exporting,
    Finished,
    Found,
    Kept,
    Planned,
    Pulled,
    Pulling,
    Started,
    StepFailed,
    Waiting,
    Wrote,
)
from onggi.solve.fresh import everything, of_stages
from onggi.solve.memory import MemoryCacheIndex
from onggi.solve.ports import Abandoned, CacheIndex, Cancel, Watch
from onggi.solve.record import VertexRecord
from onggi.solve.run import Options, Solution, StepError, solve

from .fakes import FakeWork, GraphBuilder


class Build:
    """One run of solve with what it told."""

    def __init__(self, graph: Graph, cache: CacheIndex, work: FakeWork, options: Options = Options()) -> None:  # noqa: B008
        self.events: list[Event] = []
        self.records: tuple[VertexRecord, ...] = ()
        self.error: BaseException | None = None
        self.solution: Solution | None = None
        work.executed.clear()
        try:
            self.solution = solve(graph, cache, work, self.events.append, options, self._keep)
        except BaseException as error:  # noqa: BLE001 — looked at by the tests
            self.error = error
        self.executed = [text for text in work.executed if not text.startswith("FROM")]
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("vertex")]

    def _keep(self, records: tuple[VertexRecord, ...]) -> None:
        self.records = records

    def told(self, kind: type[Event]) -> list[int]:
        without = Planned | Found | Pulling | Pulled | Built | Exporting | Exported
        return [event.vertex for event in self.events if isinstance(event, kind) and not isinstance(event, without)]


@contextmanager
def interrupting() -> Iterator[Callable[[], None]]:
    """A function that interrupts the calling thread, as ctrl-C does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.get_ident()
    try:
        yield lambda: signal.pthread_kill(thread, signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def fail(watch: Watch) -> None:
    watch.output(1, b"compiling\n")
    watch.output(2, b"error: no such thing\n")
    raise Failed("exit code 2", exit_code=2)


def until_cancelled(watch: Watch) -> None:
    """A process that sleeps until it is killed."""
    killed = threading.Event()
    watch.cancel.add(killed.set)
    killed.wait()
    raise Failed("killed", exit_code=137)


def chain(*commands: str) -> GraphBuilder:
    builder = GraphBuilder()
    at = builder.image()
    for command in commands:
        at = builder.run(at, command)
    return builder


def test_steps_run_in_order_and_are_kept_the_second_time() -> None:
    graph, cache, work = chain("a", "b", "c").graph(), MemoryCacheIndex(), FakeWork()
    first = Build(graph, cache, work)
    assert first.executed == ["RUN a", "RUN b", "RUN c"]
    assert first.told(Finished) == [1, 2, 3]
    assert first.told(Kept) == [0]
    second = Build(graph, cache, work)
    assert second.executed == []
    assert second.told(Kept) == [0, 1, 2, 3]
    assert second.solution and first.solution
    assert second.solution.results == first.solution.results
    assert [record.by for record in second.records] == ["store", "definition", "definition", "definition"]


def test_the_results_on_the_output_line_own_one_layer_each() -> None:
    builder = GraphBuilder()
    base = builder.image()
    builder.run(builder.workdir(builder.workdir(base, "/tmp"), "/app"), "make")
    work, cache = FakeWork(), MemoryCacheIndex()
    work.exists.add("/tmp")
    for _ in range(2):
        solution = Build(builder.graph(), cache, work).solution
        assert solution
        assert [solution.results[index].is_own for index in range(4)] == [False, False, True, True]
        assert [len(solution.results[index].layers) for index in range(4)] == [1, 1, 2, 3]


def test_the_same_tree_made_again_keeps_what_follows() -> None:
    """Early cut-off: a comment in a command changes its definition, not what it makes."""
    cache, work = MemoryCacheIndex(), FakeWork()
    work.trees = {"RUN make": "tree", "RUN make # twice": "tree"}
    Build(chain("make", "test").graph(), cache, work)
    build = Build(chain("make # twice", "test").graph(), cache, work)
    assert build.executed == ["RUN make # twice"]
    assert build.events[-1] == Kept(vertex=2, saved=build.records[2].saved, by="content", at=build.events[-1].at)
    assert build.solution
    results = build.solution.results
    assert results[2].layers[:-1] == results[1].layers  # on the inputs of this build
    assert Build(chain("make # twice", "test").graph(), cache, work).executed == []


def test_a_rebuilt_stage_with_the_same_artefact_keeps_what_copies_it() -> None:
    def service() -> Graph:
        builder = GraphBuilder()
        base = builder.image()
        built = builder.run(builder.copy(base, builder.context(), "src"), "make")
        return builder.graph(builder.run(builder.copy(base, built, "dist"), "install"))

    cache, work = MemoryCacheIndex(), FakeWork({"src": "1"})
    work.trees["RUN make"] = "dist"
    Build(service(), cache, work)
    work.files["src"] = "2"
    build = Build(service(), cache, work)
    assert build.executed == ["COPY src /", "RUN make"]


def test_no_cache_runs_all_but_remembers() -> None:
    graph, cache, work = chain("a", "b").graph(), MemoryCacheIndex(), FakeWork()
    Build(graph, cache, work)
    again = Build(graph, cache, work, Options(fresh=everything(graph)))
    assert again.executed == ["RUN a", "RUN b"]
    kept = Build(graph, cache, work)
    assert kept.executed == []
    assert kept.solution and again.solution
    assert kept.solution.results == again.solution.results


def test_outputs_details_and_seconds_are_told() -> None:
    def act(watch: Watch) -> None:
        watch.output(1, b"hello\n")
        watch.detail("3 files")

    graph, cache, work = chain("a").graph(), MemoryCacheIndex(), FakeWork()
    work.acts["RUN a"] = act
    build = Build(graph, cache, work, Options(build="7f3a", now=lambda: 5.0))
    planned, _, started, wrote, finished = build.events
    vertices = ("0", "FROM debian:12", 1), ("0", "RUN a", 2)
    assert planned == Planned(build="7f3a", vertices=vertices, inputs=((), (0,)), at=5.0)
    assert started == Started(vertex=1, at=5.0)
    assert wrote == Wrote(vertex=1, stream=1, data=b"hello\n", at=5.0)
    assert isinstance(finished, Finished) and finished.detail == "3 files"
    kept = Build(graph, cache, work).events[-1]
    assert isinstance(kept, Kept) and kept.detail == "3 files" and kept.saved == finished.seconds


def test_a_failed_step_says_what_it_wrote_and_cancels_the_rest() -> None:
    builder = GraphBuilder()
    base = builder.image()
    failing, sleeping = builder.run(base, "false"), builder.run(base, "sleep")
    output = builder.run(failing, "join", also=(sleeping,))
    work = FakeWork()
    sleeps = threading.Event()

    def sleep(watch: Watch) -> None:
        sleeps.set()
        until_cancelled(watch)

    def fail_then(watch: Watch) -> None:
        sleeps.wait()
        fail(watch)

    work.acts = {"RUN false": fail_then, "RUN sleep": sleep}
    build = Build(builder.graph(output), MemoryCacheIndex(), work)
    assert isinstance(build.error, StepError)
    assert (build.error.number, build.error.exit_code) == (failing + 1, 2)
    assert build.error.lines == ("compiling", "error: no such thing")
    assert build.told(StepFailed) == [failing]
    assert build.told(Cancelled) == [sleeping, output]
    assert [record.outcome for record in build.records] == ["kept", "failed", "cancelled", "cancelled"]


def test_nothing_is_remembered_of_a_step_that_failed() -> None:
    graph, cache, work = chain("a", "b").graph(), MemoryCacheIndex(), FakeWork()
    work.acts["RUN b"] = fail
    failed = Build(graph, cache, work)
    work.acts.clear()
    build = Build(graph, cache, work, Options(before=Before(records=failed.records)))
    assert build.executed == ["RUN b"]
    assert build.records[-1].cause and build.records[-1].cause.kind == "unfinished"


def test_an_error_of_the_engine_keeps_its_meaning() -> None:
    def full(watch: Watch) -> None:
        raise Unavailable("the disk is full")

    work = FakeWork()
    work.acts["RUN a"] = full
    build = Build(chain("a").graph(), MemoryCacheIndex(), work)
    assert isinstance(build.error, Unavailable)
    assert build.told(StepFailed) == [1]


def test_a_missing_source_is_told_as_its_vertex() -> None:
    builder = GraphBuilder()
    builder.copy(builder.image(), builder.context(), "src")
    build = Build(builder.graph(), MemoryCacheIndex(), FakeWork())
    assert isinstance(build.error, NotFound)
    assert build.told(StepFailed) == [2]


def test_ctrl_c_cancels_joins_and_is_raised() -> None:
    builder = GraphBuilder()
    base = builder.image()
    steps = [builder.run(base, f"sleep {number}") for number in range(4)]
    output = builder.run(steps[0], "join", also=tuple(steps[1:]))
    work = FakeWork()
    together = threading.Barrier(4)

    with interrupting() as interrupt:

        def sleep(watch: Watch) -> None:
            with watch.busy(lambda: 0.0):
                if together.wait() == 0:
                    interrupt()
                until_cancelled(watch)

        work.acts = {f"RUN sleep {number}": sleep for number in range(4)}
        build = Build(builder.graph(output), MemoryCacheIndex(), work)
    assert isinstance(build.error, KeyboardInterrupt)
    assert build.told(Cancelled) == [*steps, output]
    assert build.told(StepFailed) == []


def test_who_gives_a_build_up_ends_what_runs_and_what_waits() -> None:
    cancel, told, kept = Cancel(), list[Event](), list[VertexRecord]()
    work = FakeWork()

    def sleep(watch: Watch) -> None:
        cancel.set()
        until_cancelled(watch)

    work.acts = {"RUN a": sleep}
    with pytest.raises(Abandoned):
        solve(chain("a", "b").graph(), MemoryCacheIndex(), work, told.append, keep=kept.extend, cancel=cancel)
    assert [record.outcome for record in kept] == ["kept", "cancelled", "cancelled"]
    assert not any(isinstance(event, StepFailed) for event in told)


def test_a_step_that_ends_well_after_its_build_was_given_up_is_the_last() -> None:
    cancel, work = Cancel(), FakeWork()
    work.acts = {"RUN a": lambda watch: cancel.set()}
    with pytest.raises(Abandoned):
        solve(chain("a", "b").graph(), MemoryCacheIndex(), work, lambda event: None, cancel=cancel)
    assert work.executed == ["FROM debian:12", "RUN a"]


def test_a_listener_that_breaks_ends_the_build() -> None:
    work, told = FakeWork(), []

    def emit(event: Event) -> None:
        told.append(event)
        if isinstance(event, Started):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        solve(chain("a", "b").graph(), MemoryCacheIndex(), work, emit)
    assert work.executed == ["FROM debian:12"]


def test_one_making_serves_two_builds() -> None:
    graph, cache, work = chain("a", "b").graph(), MemoryCacheIndex(), FakeWork()
    together = threading.Barrier(2)
    solutions: list[Solution] = []

    def emit(event: Event) -> None:
        if isinstance(event, Kept) and event.vertex == 0:
            together.wait()  # both have asked the cache, and neither found anything

    def build() -> None:
        solutions.append(solve(graph, cache, work, emit))

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert work.executed == ["FROM debian:12", "FROM debian:12", "RUN a", "RUN b"]
    own = [[solution.results[index].layers[-1] for index in (1, 2)] for solution in solutions]
    assert own[0] == own[1]


def test_waiting_for_another_build_is_told_and_not_counted_as_saved() -> None:
    graph, cache, work = chain("a").graph(), MemoryCacheIndex(), FakeWork()
    is_running, is_waiting = threading.Event(), threading.Event()

    def act(watch: Watch) -> None:
        is_running.set()
        assert is_waiting.wait(20)

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, Waiting):
            is_waiting.set()

    work.acts["RUN a"] = act
    events: list[Event] = []
    first: list[Solution] = []
    thread = threading.Thread(target=lambda: first.append(solve(graph, cache, work, lambda event: None)))
    thread.start()
    assert is_running.wait(20)
    second = solve(graph, cache, work, emit)
    thread.join()
    told = [event for event in events if isinstance(event, Waiting | Started | Kept) and event.vertex == 1]
    assert [type(event) for event in told] == [Waiting, Kept]
    assert isinstance(told[0], Waiting) and told[0].on == "another build"
    assert 0 <= second.saved < first[0].records[1].seconds


def test_waiting_for_a_step_of_the_same_build_is_told_as_that() -> None:
    builder = GraphBuilder()
    base = builder.image()
    one, other = (builder.run(builder.run(base, text), "make") for text in ("x", "y"))
    work, is_waiting = FakeWork(), threading.Event()
    work.trees = {"RUN x": "tree", "RUN y": "tree"}
    work.acts["RUN make"] = lambda watch: None if is_waiting.wait(20) else pytest.fail("nobody waits")
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, Waiting):
            is_waiting.set()

    solve(builder.graph(builder.run(one, "join", also=(other,))), MemoryCacheIndex(), work, emit)
    assert [event.on for event in events if isinstance(event, Waiting)] == ["another step"]
    assert work.executed.count("RUN make") == 1


def test_a_vertex_that_is_there_twice_is_made_once() -> None:
    builder = GraphBuilder()
    base = builder.image()
    one, other = builder.run(base, "make"), builder.run(base, "make")
    work = FakeWork()
    build = Build(builder.graph(builder.run(one, "join", also=(other,))), MemoryCacheIndex(), work)
    assert build.executed == ["RUN make", "RUN join"]


def test_jobs_is_a_strict_limit() -> None:
    builder = GraphBuilder()
    base = builder.image()
    steps = [builder.run(base, str(number)) for number in range(6)]
    output = builder.run(steps[0], "join", also=tuple(steps[1:]))
    work = FakeWork()
    in_pairs = threading.Barrier(2, timeout=30)

    def sleep(watch: Watch) -> None:
        with watch.busy(lambda: 0.0):
            in_pairs.wait()

    work.acts = {f"RUN {number}": sleep for number in range(6)}
    Build(builder.graph(output), MemoryCacheIndex(), work, Options(jobs=2, cores=8))
    assert work.most_running == 2


def test_sleeping_steps_do_not_hold_slots() -> None:
    builder = GraphBuilder()
    base = builder.image()
    steps = [builder.run(base, str(number)) for number in range(6)]
    output = builder.run(steps[0], "join", also=tuple(steps[1:]))
    work = FakeWork()
    together = threading.Barrier(6, timeout=30)  # passed only if all six run at once

    def sleep(watch: Watch) -> None:
        with watch.busy(lambda: 0.004):
            together.wait()

    work.acts = {f"RUN {number}": sleep for number in range(6)}
    build = Build(builder.graph(output), MemoryCacheIndex(), work, Options(cores=2))
    assert build.error is None


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    builder = GraphBuilder()
    builder.image()
    builder.context()
    for number in range(draw(st.integers(1, 10))):
        earlier = st.integers(0, len(builder.vertices) - 1).filter(lambda index: index != 1)
        on = draw(earlier)
        kind = draw(st.sampled_from(["run", "copy", "from", "workdir"]))
        if kind == "run":
            builder.run(on, f"{number}", also=tuple(draw(st.lists(earlier, max_size=2))))
        elif kind == "copy":
            builder.copy(on, 1, draw(st.sampled_from(["x", "y"])))
        elif kind == "from":
            builder.copy(on, draw(earlier), f"{number}")
        else:
            builder.workdir(on, draw(st.sampled_from(["/there", f"/{number}"])))
    return builder.graph()


def demanded(graph: Graph) -> set[int]:
    found: set[int] = set()
    open_ = [graph.output.vertex]
    while open_:
        index = open_.pop()
        if index not in found and not isinstance(graph.vertices[index].op, ContextSource):
            found.add(index)
            open_.extend(graph.vertices[index].inputs)
    return found


def work_for(text: str) -> FakeWork:
    work = FakeWork({"x": text, "y": "same"})
    work.exists.add("/there")
    return work


def test_a_stage_is_made_again_and_what_follows_only_if_it_has_become_another() -> None:
    builder = GraphBuilder()
    builder.stage = "Tools"
    made = builder.run(builder.image(), "a")
    builder.stage = "app"
    builder.run(builder.image("app:1"), "b", also=(made,))
    graph, cache, work = builder.graph(), MemoryCacheIndex(), FakeWork()
    first = Build(graph, cache, work)
    again = Build(graph, cache, work, Options(fresh=of_stages(graph, ["tools", "no-such"])))
    assert (first.executed, again.executed) == (["RUN a", "RUN b"], ["RUN a"])


def trees(build: Build) -> dict[int, list[str]]:
    assert build.solution
    return {index: [layer.tree_digest for layer in result.layers] for index, result in build.solution.results.items()}


@settings(max_examples=60, deadline=None)
@given(graphs(), st.sampled_from([1, 2, 7, None]))
def test_the_result_does_not_depend_on_jobs_or_cache(graph: Graph, jobs: int | None) -> None:
    alone = Build(graph, MemoryCacheIndex(), work_for("1"), Options(jobs=1, fresh=everything(graph)))
    cache = MemoryCacheIndex()
    cold = Build(graph, cache, work_for("1"), Options(jobs=jobs))
    warm = Build(graph, cache, work_for("1"), Options(jobs=jobs))
    assert trees(alone) == trees(cold) == trees(warm)
    assert warm.executed == []
    changed = Build(graph, cache, work_for("2"), Options(jobs=jobs))
    afresh = Build(graph, MemoryCacheIndex(), work_for("2"), Options(jobs=jobs))
    assert trees(changed) == trees(afresh)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_each_needed_vertex_is_settled_once_and_executed_once(graph: Graph) -> None:
    build = Build(graph, MemoryCacheIndex(), work_for("1"), Options(fresh=everything(graph)))
    needed = demanded(graph)
    steps = {index for index in needed if graph.vertices[index].inputs}
    assert sorted(build.executed) == sorted(graph.vertices[index].text for index in steps)
    assert sorted(build.told(Finished)) == sorted(steps)
    settled = build.told(Finished) + build.told(Kept)
    assert len(settled) == len(set(settled))
    assert needed <= set(settled)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_layers_grow_by_at_most_one_along_the_output_line(graph: Graph) -> None:
    cache = MemoryCacheIndex()
    for text in ("1", "2", "1"):
        build = Build(graph, cache, work_for(text))
        assert build.solution
        results = build.solution.results
        index = graph.output.vertex
        while graph.vertices[index].inputs:
            below = graph.vertices[index].inputs[0]
            own = results[index].layers[len(results[below].layers) :]
            assert results[index].layers[: len(results[below].layers)] == results[below].layers
            assert len(own) == results[index].is_own
            index = below


@settings(max_examples=40, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_a_failure_anywhere_settles_everything(graph: Graph, random) -> None:  # type: ignore[no-untyped-def]
    work = work_for("1")
    steps = sorted(index for index in demanded(graph) if graph.vertices[index].inputs)
    work.acts[graph.vertices[random.choice(steps)].text] = fail
    build = Build(graph, MemoryCacheIndex(), work)
    assert isinstance(build.error, StepError)
    assert {record.vertex for record in build.records} >= demanded(graph)
    assert work.running == 0
