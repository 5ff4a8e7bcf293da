"""Manifests that are brought from one repository to another one, between registries in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registries import fake, wares
from tests.registries.fake import Answer, Asked, Fake, Server

from onggi.engine.registry.copies import copy
from onggi.engine.registry.wire import open_wire
from onggi.errors import Corrupt, NotFound, OnggiError
from onggi.oci import reference as references
from onggi.registry.documents import Document
from onggi.settings import Settings

IMAGE = wares.image()
LAYER = wares.digest(IMAGE.layers[0])


@pytest.fixture
def origin() -> Iterator[Server]:
    with fake.serve(Fake()) as server:
        server.fake.put(IMAGE, "team/origin", "1")
        yield server


@pytest.fixture
def target() -> Iterator[Server]:
    with fake.serve(Fake()) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "registries.toml").write_text('[patience]\npause = "10ms"\nattempts = 3\n')
    return Settings(root=tmp_path / "store", registries=tmp_path / "registries.toml")


def bring(settings: Settings, origin: Server, target: Server, raw: bytes = IMAGE.raw_manifest) -> None:
    with open_wire(settings) as wire:
        source = references.parse(f"{origin.host}/team/origin:1")
        place = wire.home(references.parse(f"{target.host}/team/target:1"))
        copy(wire, source, Document(wares.MANIFEST, raw), place)


def held(server: Server, repository: str = "team/target") -> set[str]:
    return {digest for name, digest in server.fake.blobs if name == repository}


def is_whole(server: Server) -> bool:
    return held(server) == set(IMAGE.blobs()) and ("team/target", wares.digest(IMAGE.raw_manifest)) in (
        server.fake.manifests
    )


def of_layer(answer: Callable[[Answer, int], Answer]) -> fake.Change:
    """What becomes of the answers to requests for a layer, of which the first has the number 0."""
    numbers = itertools.count()

    def change(asked: Asked, honest: Callable[[], Answer]) -> Answer:
        if (asked.method, asked.path) == ("GET", f"/v2/team/origin/blobs/{LAYER}"):
            return answer(honest(), next(numbers))
        return honest()

    return change


def test_a_registry_mounts_what_it_has(settings: Settings, origin: Server) -> None:
    bring(settings, origin, origin)
    assert is_whole(origin)
    assert not [each for each in origin.asked if each.method in ("GET", "PATCH") and "/blobs/" in each.path]


def test_a_registry_that_mounts_nothing_is_sent_its_own_bytes(settings: Settings, origin: Server) -> None:
    def change(asked: Asked, honest: Callable[[], Answer]) -> Answer:
        asked.query.pop("mount", None)
        return honest()

    origin.change = change
    bring(settings, origin, origin)
    assert is_whole(origin)


def test_another_registry_is_sent_all_bytes_once(settings: Settings, origin: Server, target: Server) -> None:
    bring(settings, origin, target)
    assert is_whole(target)
    before = len(target.asked)
    bring(settings, origin, target)
    assert {each.method for each in target.asked[before:]} <= {"HEAD", "GET", "PUT"}
    assert not [each for each in target.asked[before:] if "/uploads/" in each.path]


def test_a_source_that_breaks_off_is_asked_again(settings: Settings, origin: Server, target: Server) -> None:
    def cut(answer: Answer, number: int) -> Answer:
        assert isinstance(answer.body, bytes)
        half = answer.body[: len(answer.body) // 2]
        return replace(answer, body=half, length=len(answer.body), ending="reset") if number == 0 else answer

    origin.change = of_layer(cut)
    bring(settings, origin, target)
    assert is_whole(target)
    asked = [each for each in origin.asked if each.path.endswith(LAYER) and each.method == "GET"]
    assert [bool(each.headers.get("range")) for each in asked] == [False, True], "it goes on where it was"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda answer, number: replace(answer, body=bytes(len(answer.body))), "has other contents"),
        (lambda answer, number: replace(answer, body=answer.body + b"x"), "longer than the"),
        (lambda answer, number: replace(answer, body=itertools.repeat(bytes(1 << 16)), frame="closed"), "longer than"),
    ],
    ids=["other bytes", "one more", "endless"],
)
def test_bytes_that_the_manifest_does_not_name_are_not_passed_on(
    settings: Settings, origin: Server, target: Server, change: Callable[[Answer, int], Answer], message: str
) -> None:
    origin.change = of_layer(change)
    with pytest.raises(Corrupt, match=message) as caught:
        bring(settings, origin, target)
    assert f"{origin.host}/team/origin" in caught.value.message, "who is to blame"
    assert LAYER not in held(target)
    assert target.fake.manifests == {}


def test_a_layer_that_is_gone_is_told(settings: Settings, origin: Server, target: Server) -> None:
    del origin.fake.blobs["team/origin", LAYER]
    with pytest.raises(NotFound, match=LAYER):
        bring(settings, origin, target)
    assert target.fake.manifests == {}


def test_a_layer_that_is_had_elsewhere_is_not_asked_for(settings: Settings, origin: Server, target: Server) -> None:
    """Of images for Windows registries do not have the lowest layers: descriptors say where those are."""
    layers = [wares.descriptor(wares.LAYER, layer) for layer in IMAGE.layers]
    layers[0]["urls"] = ["https://elsewhere.example/layer"]
    foreign = IMAGE.with_manifest(layers=layers)
    origin.fake.put(foreign, "team/origin", "1")
    with pytest.raises(OnggiError, match="names something that is not there"):  # what this registry says of it
        bring(settings, origin, target, foreign.raw_manifest)
    assert held(target) == set(IMAGE.blobs()) - {LAYER}
