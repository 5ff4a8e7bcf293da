"""Which steps had a reason of their own, and what it cost."""

from __future__ import annotations

import msgspec

from onggi.solve.before import Before
from onggi.solve.explanation import Step, steps
from onggi.solve.fresh import everything
from onggi.solve.memory import MemoryCacheIndex
from onggi.solve.record import Cause, Change, VertexRecord, numbers
from onggi.solve.run import Options, solve

from .fakes import FakeWork, GraphBuilder


def service(install: str = "npm ci") -> GraphBuilder:
    builder = GraphBuilder()
    base, context = builder.image("node:18"), builder.context()
    builder.stage = "build"
    at = builder.run(base, install)
    at = builder.copy(at, context, "src")
    made = builder.run(at, "npm run build")
    builder.stage = "prod"
    at = builder.copy(base, made, "/dist")
    builder.run(at, "test -d /dist")
    return builder


class Project:
    """Builds of one project, one after the other; each step takes as many seconds as its vertex's number."""

    def __init__(self) -> None:
        self.work = FakeWork({"src": "1"})
        self.cache = MemoryCacheIndex()
        self.previous: tuple[VertexRecord, ...] = ()

    def build(self, builder: GraphBuilder, *, no_cache: bool = False) -> dict[str, Step]:
        graph = builder.graph()
        options = Options(before=Before(records=self.previous), fresh=everything(graph) if no_cache else frozenset())
        solved = solve(graph, self.cache, self.work, lambda event: None, options).records
        records = tuple(msgspec.structs.replace(each, seconds=float(each.vertex)) for each in solved)
        found = {step.text: step for step in steps(records, self.previous)}
        self.previous = records
        return found


def test_a_first_build_has_nothing_to_be_compared_with() -> None:
    found = Project().build(service())
    assert {step.why for step in found.values()} == {"first"}
    assert all(step.cost == step.seconds for step in found.values())


def test_nothing_is_said_of_what_was_kept() -> None:
    project = Project()
    project.build(service())
    assert project.build(service()) == {}


def test_all_that_follows_counts_for_the_step_that_changed() -> None:
    project = Project()
    project.build(service())
    project.work.files["src"] = "2"
    found = project.build(service())
    changed = found["COPY src /"]
    assert changed.why == "changed"
    assert changed.followers == (4, 5, 6)
    assert changed.cost == 3 + 4 + 5 + 6
    assert {step.because for step in found.values()} == {None, 3}


def test_early_cut_off_ends_what_follows() -> None:
    project = Project()
    project.work.trees["RUN npm run build"] = "the same"
    project.build(service())
    project.work.files["src"] = "2"
    assert list(project.build(service())) == ["COPY src /", "RUN npm run build"]


def test_a_change_is_told_of_the_input_whose_content_changed() -> None:
    project = Project()
    project.build(service())
    found = project.build(service("npm install"))
    assert found["RUN npm install"].changes == (Change("command", old="npm ci", new="npm install"),)
    taken = found["COPY /dist /"]
    assert taken.because == 2
    assert [change.what for change in taken.changes] == ["files"]


def test_each_step_has_its_own_reason_where_the_cache_was_not_asked() -> None:
    project = Project()
    project.build(service())
    found = project.build(service(), no_cache=True)
    assert {step.why for step in found.values()} == {"no-cache"}
    assert all(not step.followers for step in found.values())


def test_records_of_older_versions_have_no_contents() -> None:
    project = Project()
    project.build(service())
    old = tuple(msgspec.structs.replace(each, contents=()) for each in project.previous)
    cause = Cause("above", above=3)
    new = tuple(
        msgspec.structs.replace(each, outcome="ran", cause=cause if each.vertex == 4 else Cause("forgotten"))
        for each in old
    )
    found = {step.vertex: step for step in steps(new, old)}
    assert (found[4].why, found[4].because) == ("follows", 3)


def test_numbers_begin_with_the_dockerfile() -> None:
    assert numbers([1, 0, 3, 0, 7]) == [1, 4, 2, 5, 3]
    assert numbers([]) == []
