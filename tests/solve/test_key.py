"""What the keys cover, and what they leave out."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from onggi.graph.op import Copy, Exec, HttpSource, ImageSource, InlineFile, InlineSource, MakeDirectory, Op, Pick
from onggi.solve.key import content_key, contents, define, encode
from onggi.solve.record import Definition
from onggi.solve.result import Result

from .fakes import FakeWork, GraphBuilder

words = st.text(st.characters(codec="utf-8"), max_size=8)
texts = st.lists(words, max_size=4).map(tuple)
picks = st.lists(st.builds(Pick, st.integers(1, 3), words, st.booleans()), max_size=4).map(tuple)
ops: st.SearchStrategy[Op] = st.one_of(
    st.builds(Exec, argv=texts, env=texts, working_directory=words, user=words),
    st.builds(Copy, sources=picks, destination=words, owner=words, mode=words, link=st.booleans()),
    st.builds(HttpSource, url=words, name=words, checksum=words),
    st.builds(InlineSource, files=st.lists(st.builds(InlineFile, words, words), max_size=3).map(tuple)),
    st.builds(MakeDirectory, path=words, owner=words),
    st.builds(ImageSource, reference=st.just("a"), image_id=words),
)


def last(builder: GraphBuilder, work: FakeWork) -> Definition:
    return tuple(define(builder.graph(), work))[-1]


@given(ops, ops)
def test_ops_are_encoded_alike_exactly_when_they_are_equal(one: Op, other: Op) -> None:
    assert (encode(one) == encode(other)) == (one == other)


@given(ops, st.randoms(use_true_random=False))
def test_the_order_in_which_fields_were_written_is_not_in_the_encoding(op: Op, random: Any) -> None:
    fields = list(msgspec.to_builtins(op).items())
    random.shuffle(fields)
    assert encode(msgspec.convert(dict(fields), Op)) == encode(op)


@given(ops, st.lists(words, min_size=1, max_size=3), st.lists(words, min_size=1, max_size=3))
def test_a_content_key_tells_inputs_apart(op: Op, one: list[str], other: list[str]) -> None:
    assert (content_key(encode(op), one) == content_key(encode(op), other)) == (one == other)


def test_keys_are_equal_in_another_process() -> None:
    program = (
        "from onggi.graph.op import Exec; from onggi.solve.key import content_key, encode\n"
        "print(content_key(encode(Exec(argv=('ls',), env=('B=2', 'A=1'))), ('sha256:0',)))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout.decode()
        for seed in ("1", "2")
    }
    expected = content_key(encode(Exec(argv=("ls",), env=("B=2", "A=1"))), ("sha256:0",))
    assert runs == {expected + "\n"}


def test_ambient_fields_and_names_for_people_are_outside_of_keys() -> None:
    class Shown(msgspec.Struct, frozen=True, tag_field="op", tag="exec"):
        argv: tuple[str, ...]
        ambient_env: tuple[str, ...] = ()

    plain, shown = Shown(("ls",)), Shown(("ls",), ("SSL_CERT_FILE=/ca.pem",))
    assert encode(plain) == encode(shown)  # type: ignore[arg-type]
    assert encode(ImageSource("node:18", "sha256:1")) == encode(ImageSource("node:18-slim", "sha256:1"))
    assert encode(ImageSource("node:18", "sha256:1")) != encode(ImageSource("node:18", "sha256:2"))


def test_stage_names_text_and_lines_are_outside_of_keys() -> None:
    one, other = GraphBuilder(), GraphBuilder()
    other.stage = "build"
    for builder in (one, other):
        if builder is other:
            builder.add(ImageSource("unused", "sha256:1"))
        builder.run(builder.image(), "make")
    assert last(one, FakeWork()).key == last(other, FakeWork()).key


def test_the_digest_of_selected_files_stands_in_for_the_context() -> None:
    builder = GraphBuilder()
    builder.copy(builder.image(), builder.context(), "src")
    before, after = last(builder, FakeWork({"src": "one"})), last(builder, FakeWork({"src": "two"}))
    assert before.key != after.key
    assert before.selections[1] != after.selections[1]
    assert before.parts[1] == before.selections[1]
    assert last(builder, FakeWork({"src": "one", "README": "three"})) == before


def test_what_follows_a_change_has_another_definition_key() -> None:
    builder = GraphBuilder()
    builder.run(builder.copy(builder.image(), builder.context(), "src"), "make")
    assert last(builder, FakeWork({"src": "one"})).key != last(builder, FakeWork({"src": "two"})).key


def test_a_copy_from_a_stage_is_keyed_by_what_it_selects() -> None:
    work = FakeWork({"src": "one"})
    work.trees["RUN make"] = "dist"
    keys = set()
    for source in ("one", "two"):
        builder = GraphBuilder()
        base = builder.image()
        made = builder.run(base, f"echo {source}")
        built = builder.run(made, "make")
        copied = builder.copy(base, built, "dist")
        graph = builder.graph(copied)
        definitions = tuple(define(graph, work))
        source_image = graph.vertices[base].op
        assert isinstance(source_image, ImageSource)
        root = work.image(source_image)
        inputs = (root, work.make(graph.vertices[built], (root,)))
        held = contents(graph.vertices[copied], definitions[copied], inputs, work)
        keys.add(content_key(definitions[copied].op, held))
        keys.add(definitions[copied].key)
    assert len(keys) == 3  # two definition keys, one content key


def test_what_is_fetched_is_keyed_by_what_is_there_now() -> None:
    builder = GraphBuilder()
    builder.add(HttpSource("https://example.org/a", "a"), text="fetch")
    work = FakeWork()
    keys = set()
    for found in ("sha256:1", "sha256:2", "sha256:1"):
        work.outside["https://example.org/a"] = found
        definition = last(builder, work)
        keys.add(definition.key)
        keys.add(content_key(definition.op, contents(builder.vertices[0], definition, (), work)))
    assert len(keys) == 4


def test_a_linked_copy_has_one_content_key_on_any_base() -> None:
    work = FakeWork({"src": "one"})
    keys = {}
    for owner in ("", "1000:1000", "node"):
        for link in (True, False):
            found = set()
            for image in ("debian:12", "debian:13"):
                builder = GraphBuilder()
                base, context = builder.image(image), builder.context()
                op = Copy(sources=(Pick(1, "src"),), destination="/", owner=owner, link=link)
                vertex = builder.vertices[builder.add(op, (base, context))]
                definition = last(builder, work)
                source = builder.vertices[base].op
                assert isinstance(source, ImageSource)
                inputs = (work.image(source), Result())
                found.add(content_key(definition.op, contents(vertex, definition, inputs, work)))
            keys[owner, link] = len(found)
    assert keys == {("", True): 1, ("1000:1000", True): 1, ("node", True): 2} | {
        (owner, False): 2 for owner in ("", "1000:1000", "node")
    }
