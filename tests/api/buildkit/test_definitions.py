"""Results that go with a client, as graphs, and what it gives as contexts by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.api.buildkit.frontend import definitions
from onggi.api.buildkit.wire.definition_pb2 import Definition, Input, Op, SourceOp
from onggi.errors import Invalid, Unsupported
from onggi.oci import digest as digests
from onggi.oci.platform import Platform

IMAGE = "sha256:" + "ab" * 32
AMD64 = Platform("amd64")


def graph(*ops: Op) -> Definition:
    return Definition(ops=[op.SerializeToString() for op in ops])


@given(st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}"))
def test_an_image_goes_with_the_client_and_is_known_again(image: str) -> None:
    told = definitions.of_image(image, Platform("arm", variant="v7"))
    assert definitions.image_of(Definition.FromString(told.SerializeToString())) == image


def test_clients_find_what_they_look_for_in_a_graph() -> None:
    """moby/buildkit, client/llb/definition.go: the last op names another one by its digest; each has metadata."""
    told = definitions.of_image(IMAGE, AMD64)
    source, end = told.ops
    assert [each.digest for each in Op.FromString(end).inputs] == [digests.of(source)]
    assert Op.FromString(source).platform.architecture == "amd64"
    assert set(told.metadata) == {digests.of(source), digests.of(end)}
    assert definitions.of_image(IMAGE, AMD64) == told


@pytest.mark.parametrize(
    "definition",
    [
        Definition(),
        graph(Op()),
        graph(Op(source=SourceOp(identifier="local://context"))),
        graph(Op(inputs=[Input(digest=IMAGE)])),
        graph(Op(inputs=[Input(digest=digests.of(Op().SerializeToString()))])),
    ],
    ids=["nothing", "an empty op", "no end", "an end of nothing", "an end of itself"],
)
def test_other_graphs_are_not_built(definition: Definition) -> None:
    with pytest.raises(Unsupported, match="no graph of a client's own"):
        definitions.image_of(definition)


def test_what_is_no_graph() -> None:
    with pytest.raises(Invalid, match="no vertex"):
        definitions.image_of(Definition(ops=[b"\xff"]))


def test_contexts_that_are_results() -> None:
    made = definitions.of_image(IMAGE, AMD64)
    assert definitions.contexts({"0-base": made}) == {"input:0-base": f"stored-image:{IMAGE}"}
    with pytest.raises(Unsupported, match="https://example"):
        definitions.contexts({"context": web()})


def web() -> Definition:
    source = Op(source=SourceOp(identifier="https://example.com/x")).SerializeToString()
    return Definition(ops=[source, Op(inputs=[Input(digest=digests.of(source))]).SerializeToString()])
