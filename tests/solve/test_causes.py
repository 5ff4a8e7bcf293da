"""Causes: what the person changed, and what only followed."""

from __future__ import annotations

import msgspec

from onggi.graph.op import CacheMount, Copy, Exec, HttpSource, InlineFile, InlineSource, Op, Pick
from onggi.solve.before import NOTHING, Before
from onggi.solve.causes import causes
from onggi.solve.foresee import foresee
from onggi.solve.key import define
from onggi.solve.memory import MemoryCacheIndex
from onggi.solve.record import Cause, Change, Definition, VertexRecord
from onggi.solve.run import Options, solve

from .fakes import FakeWork, GraphBuilder


def service(
    *,
    image_id: str = "sha256:1",
    install: str = "npm ci",
    env: tuple[str, ...] = ("PATH=/bin", "MODE=dev"),
    build: str = "npm run build",
    lint: bool = False,
    stage: str = "build",
) -> GraphBuilder:
    builder = GraphBuilder()
    base, context = builder.image("node:18", image_id), builder.context()
    builder.stage = stage
    at = builder.run(base, install, env=env)
    at = builder.copy(at, context, "src")
    if lint:
        at = builder.run(at, "npm run lint", env=env)
    builder.run(at, build, env=env)
    return builder


def explained(before: GraphBuilder, after: GraphBuilder, files: str = "1") -> dict[str, Cause]:
    """By text, the causes of a build of `after` that follows one of `before`."""
    cache, work = MemoryCacheIndex(), FakeWork({"src": "1"})
    records = solve(before.graph(), cache, work, lambda event: None).records
    work.files["src"] = files
    pruned = foresee(after.graph(), cache, work, before=Before(records=records))
    return {after.vertices[index].text: cause for index, cause in pruned.causes.items()}


def test_nothing_changed() -> None:
    assert explained(service(), service()) == {}
    assert explained(service(), service(stage="renamed")) == {}


def test_a_changed_command() -> None:
    found = explained(service(), service(build="npm run build:prod"))
    change = Change("command", old="npm run build", new="npm run build:prod")
    assert found == {"RUN npm run build:prod": Cause("changed", (change,))}
    assert found["RUN npm run build:prod"].short() == "command changed"


def test_what_follows_a_change_says_so() -> None:
    found = explained(service(), service(install="npm install"))
    assert found["RUN npm install"].kind == "changed"
    assert found["COPY src /"] == Cause("above", above=2)
    assert found["RUN npm run build"] == Cause("above", above=3)
    assert found["COPY src /"].short() == ""


def test_a_changed_argument_or_variable_is_named_with_both_values() -> None:
    found = explained(service(), service(env=("PATH=/bin", "MODE=prod", "PORT=80")))["RUN npm ci"]
    assert found.changes == (Change("environment", "MODE", "dev", "prod"), Change("environment", "PORT", "", "80"))
    assert found.short() == "MODE changed, and 1 more"
    gone = explained(service(), service(env=("PATH=/bin",)))["RUN npm ci"]
    assert gone.short() == "MODE removed"
    swapped = explained(service(), service(env=("MODE=dev", "PATH=/bin")))["RUN npm ci"]
    assert swapped.changes == (Change("environment"),)
    assert swapped.short() == "environment changed"


def test_changed_files() -> None:
    found = explained(service(), service(), files="2")
    assert [change.what for change in found["COPY src /"].changes] == ["files"]
    assert found["COPY src /"].short() == "files changed"
    assert found["RUN npm run build"].kind == "above"


def test_a_changed_base_image() -> None:
    found = explained(service(), service(image_id="sha256:2"))
    assert found["RUN npm ci"] == Cause("changed", (Change("base", "node:18", "sha256:1", "sha256:2"),))
    assert found["RUN npm ci"].short() == "node:18 changed"
    assert found["COPY src /"].kind == "above"


def test_a_changed_base_image_of_a_later_stage() -> None:
    def stages(image_id: str) -> GraphBuilder:
        builder = service()
        made = len(builder.vertices) - 1
        builder.run(builder.image("nginx:1", image_id), "nginx -t", also=(made,))
        return builder

    found = explained(stages("sha256:1"), stages("sha256:2"))
    assert found == {"RUN nginx -t": Cause("changed", (Change("base", "nginx:1", "sha256:1", "sha256:2"),))}


def test_a_new_step() -> None:
    found = explained(service(), service(lint=True))
    assert found["RUN npm run lint"] == Cause("new")
    assert found["RUN npm run build"].kind == "above"


def test_a_step_that_failed_last_time_and_one_that_was_forgotten() -> None:
    builder = service()
    work = FakeWork({"src": "1"})
    records = solve(builder.graph(), MemoryCacheIndex(), work, lambda event: None).records
    assert foresee(builder.graph(), MemoryCacheIndex(), work, before=Before(records=records)).causes[4] == Cause(
        "forgotten"
    )
    failed = tuple(msgspec.structs.replace(record, outcome="failed") for record in records)
    assert foresee(builder.graph(), MemoryCacheIndex(), work, before=Before(records=failed)).causes[4] == Cause(
        "unfinished"
    )


def test_no_cache_is_the_cause_of_everything() -> None:
    definitions = tuple(define(service().graph(), FakeWork({"src": "1"})))
    assert causes(NOTHING, definitions, [2, 3], fresh=[2, 3]) == {2: Cause("no-cache"), 3: Cause("no-cache")}


def test_what_follows_a_stage_that_is_made_again_says_so() -> None:
    cache, work = MemoryCacheIndex(), FakeWork({"src": "1"})
    graph = service().graph()
    records = solve(graph, cache, work, lambda event: None).records
    found = causes(Before(records=records), tuple(define(graph, work)), [2, 3, 4], fresh=[2])
    assert found == {2: Cause("no-cache"), 3: Cause("above", above=2), 4: Cause("above", above=3)}


def test_other_fields_are_named_in_words() -> None:
    def at(folder: str) -> GraphBuilder:
        builder = GraphBuilder()
        builder.add(Exec(argv=("ls",), working_directory=folder), (builder.image(),), "RUN ls")
        return builder

    assert explained(at("/a"), at("/b"))["RUN ls"].changes == (Change("working directory", old="/a", new="/b"),)


def test_a_record_survives_being_stored() -> None:
    records = solve(service().graph(), MemoryCacheIndex(), FakeWork({"src": "1"}), lambda event: None).records
    changed = solve(
        service(build="make").graph(),
        MemoryCacheIndex(),
        FakeWork({"src": "1"}),
        lambda event: None,
        Options(before=Before(records=records)),
    ).records
    assert changed[-1].cause
    assert msgspec.json.decode(msgspec.json.encode(changed), type=tuple[VertexRecord, ...]) == changed


def changed(before: Op, after: Op, text: str = "RUN x") -> tuple[Change, ...]:
    def only(op: Op) -> GraphBuilder:
        builder = GraphBuilder()
        image = builder.image()
        builder.add(op, (image, image), text)
        return builder

    return explained(only(before), only(after))[text].changes


def test_sources_and_mounts_are_told_as_in_the_dockerfile() -> None:
    one = Copy(sources=(Pick(1, "a-1.tgz"), Pick(1, "b")), destination="/x/")
    two = Copy(sources=(Pick(1, "a-2.tgz"), Pick(1, "b")), destination="/x/")
    assert changed(one, two) == (Change("sources", old="a-1.tgz b", new="a-2.tgz b"),)
    mounted = Exec(argv=("make",), mounts=(CacheMount(target="/c", id="c"),))
    assert changed(Exec(argv=("make",)), mounted) == (Change("mounts", new="type=cache,id=c,target=/c"),)


def test_a_heredoc_is_told_by_its_lines_and_what_a_url_has_by_its_digest() -> None:
    def sources(text: str) -> GraphBuilder:
        builder = GraphBuilder()
        builder.add(InlineSource((InlineFile("run.sh", text),)), (), "the script run.sh")
        builder.add(HttpSource("https://me:hunter2@example.org/x", "x"), (), "ADD https://example.org/x /")
        return builder

    work = FakeWork()
    work.outside = {"https://me:hunter2@example.org/x": "sha256:1"}
    cache = MemoryCacheIndex()
    old = tuple(define(sources("one\n").graph(), work))
    work.outside = {"https://me:hunter2@example.org/x": "sha256:2"}
    records = tuple(VertexRecord(vertex=index, definition=each, outcome="ran") for index, each in enumerate(old))
    found = foresee(sources("two\n").graph(), cache, work, before=Before(records=records)).causes
    assert found[1].changes == (Change("remote", "https://***@example.org/x", "sha256:1", "sha256:2"),)
    new = tuple(define(sources("two\n").graph(), work))
    assert causes(Before(records=records), new, [0])[0].changes == (Change("heredoc", "run.sh", "one\n", "two\n"),)


def test_an_argument_is_told_from_a_variable_and_a_secret_by_its_hash() -> None:
    def definitions(*env: str) -> tuple[Definition, ...]:
        return tuple(define(service(env=env).graph(), FakeWork({"src": "1"})))

    old = definitions("V=1", "TOKEN=hunter2", "URL=https://x")
    new = definitions("V=2", "TOKEN=hunter3", "URL=https://a:b@x")
    records = tuple(VertexRecord(vertex=index, definition=each, outcome="ran") for index, each in enumerate(old))
    found = causes(Before(records=records, arguments=frozenset({"V"})), new, [2])[2].changes
    assert found[0] == Change("build argument", "V", "1", "2")
    assert [(change.what, change.name, change.is_hidden) for change in found[1:]] == [
        ("environment", "TOKEN", True),
        ("environment", "URL", True),
    ]
    assert not any("hunter" in change.old + change.new for change in found)
