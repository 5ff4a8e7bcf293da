"""The use case pull on a store, against a registry in memory: what is asked, what is told, what names mean then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.registries import fake, wares
from tests.registries.fake import Answer, Asked, Fake, Server

from onggi.engine.registry.progress import Began, Ended, Event, Layers, Moved
from onggi.engine.registry.pull import Pulled, Puller, Wish
from onggi.engine.registry.wire import open_wire
from onggi.engine.types import PullRequest
from onggi.errors import Denied, Invalid, NotFound
from onggi.oci import reference
from onggi.oci.platform import Platform
from onggi.settings import Settings
from onggi.store.store import Store

SIZE = 3 << 20
OTHER = Platform("s390x")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


class Registry:
    """A registry that has an image as name:1, and whoever pulls from it."""

    def __init__(self, server: Server, store: Store) -> None:
        self.server = server
        self.store = store
        self.told: list[Event] = []
        self.name = f"{server.host}/name"

    def pull(self, name: str = ":1", platform: Platform | None = None) -> Pulled:
        request = PullRequest(name=self.name + name, platform=platform)
        with open_wire(Settings(root=self.store.root)) as wire:
            (pulled,) = Puller(self.store, wire, self.told.append).pull(request)
        return pulled

    def fetch(self, wish: Wish) -> Pulled:
        with open_wire(Settings(root=self.store.root)) as wire, self.store.lease() as lease:
            return Puller(self.store, wire, self.told.append).fetch(wish, lease)

    def asked(self) -> list[str]:
        """What was asked since the last time: method and kind."""
        found = [f"{each.method} {each.path.split('/')[-2]}" for each in self.server.asked if each.path != "/v2/"]
        self.server.asked.clear()
        return found


@pytest.fixture
def registry(store: Store) -> Iterator[Registry]:
    with fake.serve(Fake()) as server:
        server.fake.put(wares.image(size=SIZE), "name", "1")
        yield Registry(server, store)


def test_events_tell_the_whole_of_it_and_not_every_chunk(registry: Registry) -> None:
    pulled = registry.pull()
    began, layers, *moved, ended = registry.told
    assert isinstance(began, Began)
    assert began.host == registry.server.host
    assert isinstance(layers, Layers)
    assert isinstance(ended, Ended)
    assert (ended.digest, ended.is_new) == (pulled.digest, True)
    states = {
        each.digest: [one.state for one in moved if isinstance(one, Moved) and one.digest == each.digest]
        for each in layers.layers
    }
    for layer in layers.layers:
        assert states[layer.digest][0] == "moving"
        assert states[layer.digest][-1] == "done"
        last = [each for each in moved if isinstance(each, Moved) and each.digest == layer.digest][-1]
        assert last.done == last.total == layer.size


def test_of_a_digest_that_is_here_nobody_is_asked(registry: Registry) -> None:
    pulled = registry.pull()
    registry.asked()
    again = registry.pull(f"@{pulled.digest}")
    assert registry.asked() == []
    assert (again.id, again.is_new) == (pulled.id, True), "the name is new, the image is not"
    assert registry.pull(f":other@{pulled.digest}") == registry.pull(f"@{pulled.digest}")


def test_a_tag_that_is_here_costs_one_question(registry: Registry) -> None:
    first = registry.pull()
    assert registry.asked() == ["GET manifests", "GET blobs", "GET blobs", "GET blobs"]
    again = registry.pull()
    assert registry.asked() == ["HEAD manifests"]
    assert (again.id, again.is_new) == (first.id, False)


def test_a_registry_that_knows_no_head_is_asked_for_the_image(registry: Registry) -> None:
    registry.pull()

    def without_head(asked: Asked, honest: Callable[[], Answer]) -> Answer:
        return Answer(405) if asked.method == "HEAD" else honest()

    registry.server.change = without_head
    registry.asked()
    assert not registry.pull().is_new
    assert registry.asked() == ["HEAD manifests", "GET manifests", "GET blobs"], "no layer is"


def test_another_tag_of_the_same_image_is_named_only(registry: Registry) -> None:
    first = registry.pull()
    registry.server.fake.put(wares.image(size=SIZE), "name", "2")
    registry.asked()
    second = registry.pull(":2")
    assert registry.asked() == ["HEAD manifests"]
    assert (second.id, second.is_new) == (first.id, True)
    assert [name.tag for name in registry.store.images.get(first.id).references] == ["1", "2"]


def test_what_had_arrived_is_told_as_kept(registry: Registry) -> None:
    layer = wares.image(size=SIZE).layers[0]
    folder = registry.store.root / "arrivals"
    folder.mkdir()
    (folder / wares.digest(layer).removeprefix("sha256:")).write_bytes(layer[:1_000_000])
    registry.pull()
    told = [each for each in registry.told if isinstance(each, Moved) and each.digest == wares.digest(layer)]
    assert {each.kept for each in told} >= {1_000_000}
    assert told[-1].done == len(layer)
    assert sum("range" in each.headers for each in registry.server.asked) == 1


def test_a_wish_without_a_name_takes_none_away(registry: Registry) -> None:
    here = registry.pull()
    other = wares.image(seed=2).with_config(architecture=OTHER.architecture)
    registry.server.fake.put(other, "name", "1")
    name = reference.parse(f"{registry.name}:1")
    there = registry.fetch(Wish(reference=name, platform=OTHER, is_named=False))
    assert there.platform == OTHER
    assert registry.store.images.named(name) == here.id
    moved = registry.fetch(Wish(reference=name, platform=OTHER))
    assert moved.id == there.id
    assert registry.store.images.named(name) == there.id


def test_what_is_not_for_the_platform_is_not_fetched(registry: Registry) -> None:
    with pytest.raises(NotFound, match=r"is for linux/.*, not for linux/s390x"):
        registry.pull(platform=OTHER)
    assert registry.asked() == ["GET manifests", "GET blobs"], "its manifest and config"
    assert registry.store.images.list() == []


def test_all_pulls_of_one_layer_at_the_same_time_fetch_it_once(registry: Registry) -> None:
    failures: list[BaseException] = []

    def pull() -> None:
        try:
            registry.pull()
        except BaseException as error:  # noqa: BLE001 - to be told by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=pull) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    layers = {f"/v2/name/blobs/{wares.digest(layer)}" for layer in wares.image(size=SIZE).layers}
    assert sum(each.path in layers for each in registry.server.asked) == len(layers)


def test_the_policy_is_asked_before_the_registry(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "registries.toml"
    file.write_text(f'[[policy]]\nprefix = "{registry.server.host}"\nrequire = ["digest"]\n')
    settings = Settings(root=registry.store.root, registries=file)
    with open_wire(settings) as wire, pytest.raises(Denied, match="names no digest"):
        Puller(registry.store, wire).pull(PullRequest(name=f"{registry.name}:1"))
    assert registry.asked() == []


def test_a_name_that_is_none(registry: Registry) -> None:
    with pytest.raises(Invalid):
        registry.pull(":no tag")
