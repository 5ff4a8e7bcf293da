"""Results that go with a client, what it may ask for by the gateway, and the same by the Engine API."""

from __future__ import annotations

import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from onggi.api import query
from onggi.api.buildkit import by_engine_api
from onggi.api.buildkit.bodies import Bodies
from onggi.api.buildkit.frontend import definitions
from onggi.api.buildkit.gateway import refused
from onggi.api.buildkit.wire.definition_pb2 import Definition, Input, Op, SourceOp
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest, Ref
from onggi.api.wire import build as wire
from onggi.errors import Invalid, NotFound, Unsupported
from onggi.oci import digest as digests
from onggi.oci.platform import Platform
from onggi.solve.ports import Abandoned, Cancel

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


def test_what_is_refused_is_not_looked_at() -> None:
    asked = BridgeSolveRequest(frontend="x", frontend_inputs={"y": Definition(ops=[b"z"])})
    for method in refused.METHODS.values():
        method.request.FromString(asked.SerializeToString())
        method.request.FromString(Ref(id="x").SerializeToString())


def test_a_context_by_another_request() -> None:
    bodies, cancel = Bodies(), Cancel()
    offers = threading.Thread(target=bodies.offer, args=("a", io.BytesIO(b"tar"), cancel))
    offers.start()
    with bodies.take("a") as body:
        assert body.read() == b"tar"
        assert offers.is_alive()
    offers.join()


def test_a_context_that_nobody_waits_for_any_more() -> None:
    bodies, cancel = Bodies(patience=0), Cancel()
    cancel.set()
    with pytest.raises(Abandoned):
        bodies.offer("a", io.BytesIO(), cancel)
    with pytest.raises(NotFound, match="no build a"):
        bodies.offer("a", io.BytesIO(), Cancel())
    with pytest.raises(NotFound, match="the build a"), bodies.take("a"):
        pass


def test_contexts_of_builds_without_a_name_are_not_mistaken_for_each_other() -> None:
    with pytest.raises(Invalid, match="names its build"):
        Bodies().offer("", io.BytesIO(), Cancel())
    with pytest.raises(Invalid, match="names its build"), Bodies().take(""):
        pass


def test_a_context_whose_client_goes() -> None:
    bodies, cancel = Bodies(), Cancel()
    seen: list[type[BaseException]] = []

    def offer() -> None:
        try:
            bodies.offer("a", io.BytesIO(), cancel)
        except Abandoned:
            seen.append(Abandoned)

    offers = threading.Thread(target=offer)
    offers.start()
    with bodies.take("a"):
        cancel.set()
        offers.join()
    assert seen == [Abandoned]


def wanted(*parameters: tuple[str, str]) -> by_engine_api.BuildByQuery:
    said = query.read(MultiDict([("version", "2"), *parameters]), wire.BuildQuery)
    assert isinstance(said, wire.BuildQuery)
    return by_engine_api.BuildByQuery(query=said, request=wire.read(said), body=io.BytesIO())


def test_parameters_become_options() -> None:
    asked = by_engine_api.solve_request(
        wanted(
            ("t", "a:1"),
            ("t", "b:2"),
            ("dockerfile", "docker/Dockerfile"),
            ("target", "prod"),
            ("nocache", "1"),
            ("networkmode", "host"),
            ("buildargs", '{"A":"1","B":null}'),
            ("labels", '{"c":"d"}'),
            ("extrahosts", "db:10.0.0.1"),
            ("ulimits", '[{"Name":"nofile","Soft":1,"Hard":2}]'),
            ("shmsize", "1024"),
            ("remote", "client-session"),
            ("session", "of-the-client"),
            ("cachefrom", '["x/cache"]'),
        )
    )
    assert dict(asked.frontend_attrs) == {
        "filename": "docker/Dockerfile",
        "target": "prod",
        "no-cache": "",
        "force-network-mode": "host",
        "build-arg:A": "1",
        "label:c": "d",
        "add-hosts": "db=10.0.0.1",
        "ulimit": "nofile=1:2",
        "shm-size": "1024",
        "image-resolve-mode": "local",
        "cache-from": "x/cache",
    }
    assert [(each.type, dict(each.attrs)) for each in asked.exporters] == [("moby", {"name": "a:1,b:2"})]
    assert (asked.session, list(asked.entitlements)) == ("of-the-client", ["network.host"])


def test_outputs_of_the_engine_api() -> None:
    assert not by_engine_api.solve_request(wanted(("outputs", '[{"Type":"cacheonly"}]'))).exporters
    (local,) = by_engine_api.solve_request(wanted(("outputs", '[{"Type":"local"}]'), ("t", "a"))).exporters
    assert (local.type, dict(local.attrs)) == ("local", {})
    asked = by_engine_api.solve_request(wanted(("remote", "https://example.com/x.git")))
    assert asked.frontend_attrs["context"] == "https://example.com/x.git"
