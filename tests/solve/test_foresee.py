"""What has to run, decided before anything does."""

from __future__ import annotations

import msgspec
import pytest

from onggi.errors import NotFound
from onggi.solve.before import Before
from onggi.solve.foresee import foresee
from onggi.solve.fresh import everything
from onggi.solve.memory import MemoryCacheIndex
from onggi.solve.prune import Pruned
from onggi.solve.record import Cause
from onggi.solve.run import Options, solve

from .fakes import FakeWork, GraphBuilder


class CountingIndex(MemoryCacheIndex):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: set[str] = set()

    def get(self, key: str):  # type: ignore[no-untyped-def]
        return None if key in self.forgotten else super().get(key)


def service() -> GraphBuilder:
    """Two stages: a build, and what is taken from it."""
    builder = GraphBuilder()
    base, context = builder.image(), builder.context()
    builder.stage = "build"
    sources = builder.copy(base, context, "src")
    built = builder.run(sources, "make")
    builder.stage = "prod"
    builder.copy(builder.workdir(base, "/app"), built, "dist")
    return builder


def texts(builder: GraphBuilder, indexes: tuple[int, ...] | dict[int, object]) -> list[str]:
    return [builder.vertices[index].text for index in sorted(indexes)]


def test_everything_is_needed_at_first() -> None:
    builder = service()
    pruned = foresee(builder.graph(), MemoryCacheIndex(), FakeWork({"src": "1"}))
    assert texts(builder, pruned.needed) == ["FROM debian:12", "COPY src /", "RUN make", "WORKDIR /app", "COPY dist /"]
    assert not pruned.hits
    assert not pruned.causes


def solved(builder: GraphBuilder) -> tuple[CountingIndex, FakeWork]:
    cache, work = CountingIndex(), FakeWork({"src": "1"})
    solve(builder.graph(), cache, work, lambda event: None)
    return cache, work


def test_a_hit_needs_none_of_its_inputs() -> None:
    builder = service()
    cache, work = solved(builder)
    pruned = foresee(builder.graph(), cache, work)
    assert pruned.needed == ()
    assert texts(builder, dict(pruned.hits)) == ["COPY dist /"]
    assert texts(builder, dict(pruned.kept)) == ["COPY src /", "RUN make", "WORKDIR /app"]


def test_what_a_hit_was_made_from_may_be_forgotten() -> None:
    builder = service()
    cache, work = solved(builder)
    graph = builder.graph()
    cache.forgotten = {foresee(graph, cache, work).definitions[3].key}
    pruned = foresee(graph, cache, work)
    assert pruned.needed == ()
    assert texts(builder, dict(pruned.hits)) == ["COPY dist /"]
    assert texts(builder, dict(pruned.kept)) == ["COPY src /", "WORKDIR /app"]


def test_only_the_changed_branch_is_needed() -> None:
    builder = service()
    cache, work = solved(builder)
    work.files["src"] = "2"
    pruned = foresee(builder.graph(), cache, work)
    assert texts(builder, pruned.needed) == ["FROM debian:12", "COPY src /", "RUN make", "COPY dist /"]
    assert texts(builder, dict(pruned.hits)) == ["WORKDIR /app"]


def test_no_cache_needs_everything() -> None:
    builder = service()
    cache, work = solved(builder)
    pruned = foresee(builder.graph(), cache, work, fresh=everything(builder.graph()))
    assert len(pruned.needed) == 5
    assert pruned.causes[4] == Cause("no-cache")


def test_a_missing_source_is_found_before_anything_runs() -> None:
    work = FakeWork()
    with pytest.raises(NotFound, match="src is not in the build context"):
        foresee(service().graph(), MemoryCacheIndex(), work)
    assert work.executed == []


def shown(pruned: Pruned) -> list[str]:
    return pruned.show().splitlines()


def test_a_dry_run_shows_fates_and_causes() -> None:
    builder = service()
    cache, work = CountingIndex(), FakeWork({"src": "1"})
    records = solve(builder.graph(), cache, work, lambda event: None, Options()).records
    work.files["src"] = "2"
    assert shown(foresee(builder.graph(), cache, work, before=Before(records=records))) == [
        "kept  stage-0  FROM debian:12",
        "run   build    COPY src /  ← files changed",
        "run   build    RUN make",
        "kept  prod     WORKDIR /app",
        "run   prod     COPY dist /",
    ]


def test_the_only_stage_needs_no_name() -> None:
    builder = GraphBuilder()
    builder.run(builder.image(), "make")
    assert shown(foresee(builder.graph(), MemoryCacheIndex(), FakeWork())) == ["kept  FROM debian:12", "run   RUN make"]


def test_a_dry_run_knows_what_is_kept_by_content() -> None:
    builder = service()
    builder.run(5, "link")
    cache, work = CountingIndex(), FakeWork({"src": "1"})
    work.trees["RUN make"] = "the same dist"
    solve(builder.graph(), cache, work, lambda event: None)
    work.files["src"] = "2"
    solve(builder.graph(), cache, work, lambda event: None)
    cache.forgotten = {foresee(builder.graph(), cache, work).definitions[index].key for index in (4, 5, 6)}
    work.executed.clear()
    pruned = foresee(builder.graph(), cache, work)
    assert shown(pruned) == [
        "kept  stage-0  FROM debian:12",
        "kept  build    COPY src /",
        "kept  build    RUN make",
        "kept  prod     WORKDIR /app",
        "kept  prod     COPY dist /",
        "kept  prod     RUN link",
    ]
    assert texts(builder, pruned.needed) == ["FROM debian:12", "WORKDIR /app", "COPY dist /", "RUN link"]
    assert work.executed == ["FROM debian:12"]
    assert (
        shown(foresee(builder.graph(), cache, work, fresh=everything(builder.graph())))[1]
        == "run   build    COPY src /"
    )


def test_an_entry_that_tells_of_another_line_is_no_hit() -> None:
    builder = service()
    cache, work = solved(builder)
    last = foresee(builder.graph(), cache, work).definitions[5].key
    entry = cache.get(last)
    assert entry is not None
    cache.put([last], msgspec.structs.replace(entry, owned=(True,) * 9))
    assert texts(builder, foresee(builder.graph(), cache, work).needed)[-1:] == ["COPY dist /"]


def test_an_error_says_which_step_it_is_of() -> None:
    with pytest.raises(NotFound, match=r"^line 3: COPY src /: "):
        foresee(service().graph(), MemoryCacheIndex(), FakeWork())
