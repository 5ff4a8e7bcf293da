"""Layers of images that come when their contents are in the store already."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pytest

from onggi.errors import Corrupt
from onggi.image import empty, mutate, random, validate
from onggi.image.image import Image, TarLayer
from onggi.layer.compression import Squeeze
from onggi.oci import digest as digests
from onggi.oci import platform
from onggi.oci.config import History
from onggi.oci.descriptor import Descriptor
from onggi.store import fsck, gc
from onggi.store.archive.export import Exporter
from onggi.store.store import Store

from .far import Far, image_of
from .helpers import add_layer, name
from .test_images import Squeezed

SEED = 3


def far(kind: str) -> Far:
    return Far(SEED, size=20_000, kind=kind)


def local() -> Image:
    """The same layer, uncompressed, as an archive has it."""
    plain = TarLayer(random.layer(SEED, files=3, size=20_000).data)
    return mutate.append(random.image(SEED), mutate.Addition(History(), plain))


def build_on(store: Store, base: str, built: str) -> None:
    addition = mutate.Addition(History(created_by="COPY"), random.layer(99))
    with store.lease() as lease:
        store.images.put(mutate.append(store.images.get(base, lease), addition), [name(built)], lease)


def check(store: Store, image: str) -> None:
    """The image can be given away, in its own form and in others."""
    stored = store.images.get(image)
    validate.documents(stored)
    for kept in stored.layers():
        with kept.uncompressed() as stream:
            assert digests.of_stream(stream) == kept.diff_id
    for squeeze in (Squeeze(), Squeeze("zstd", None, True), Squeeze("none", None, True)):
        with store.temporary() as folder:
            for layer in Exporter(squeeze, folder).export(stored).layers:
                written: list[int] = []
                layer.copy(lambda data, written=written: written.append(len(data)))  # type: ignore[misc]
                assert sum(written) == layer.descriptor.size


@pytest.fixture(autouse=True)
def clean(store: Store) -> Iterator[None]:
    yield
    assert fsck.check(store, deep=True) == []


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_layer_that_was_here_uncompressed(store: Store, kind: str) -> None:
    store.images.put(local(), [name("local")])
    layer = far(kind)
    store.images.put(image_of(layer), [name("pulled")])
    assert layer.offsets == []
    for base in ("local", "pulled"):
        build_on(store, base, f"on-{base}")
        check(store, f"on-{base}")
    gc.remove_image(store, "local")
    gc.remove_image(store, "on-local")
    build_on(store, "on-pulled", "last")
    check(store, "last")


def test_a_layer_that_was_built_here(store: Store) -> None:
    with store.lease() as lease:
        layer = store.snapshots.layer(add_layer(store, {"app": b"x"}, lease).diff_id)
        store.images.put(
            mutate.append(empty.image(platform.of_host()), mutate.Addition(History(), layer)), [name("built")], lease
        )
        with layer.uncompressed() as stream:
            remote = Far.of(Squeezed(TarLayer(stream.read()), "gzip"))
    store.images.put(image_of(remote), [name("pulled")])
    assert remote.offsets == []
    build_on(store, "pulled", "on-pulled")
    gc.remove_image(store, "built")
    gc.remove_image(store, "pulled")
    assert [kept.is_canonical for kept in store.images.get("on-pulled").layers()] == [True, False]
    check(store, "on-pulled")
    build_on(store, "on-pulled", "last")
    check(store, "last")


@pytest.mark.parametrize("kinds", [("gzip", "zstd"), ("zstd", "gzip"), ("none", "gzip")])
def test_a_layer_that_was_here_in_another_compression(store: Store, kinds: tuple[str, str]) -> None:
    first, second = map(far, kinds)
    other = far("zstd" if "zstd" not in kinds else "none")
    store.images.put(mutate.append(random.image(8), mutate.Addition(History(), first)), [name("first")])
    store.images.put(image_of(second), [name("second")])
    assert (first.offsets, second.offsets) == ([0], [])
    build_on(store, "second", "built")
    gc.remove_image(store, "first")
    check(store, "second")
    gc.remove_image(store, "second")
    check(store, "built")
    store.images.put(image_of(other), [name("other")])
    assert other.offsets == []
    gc.remove_image(store, "built")
    check(store, "other")


def test_the_same_image_in_another_compression(store: Store) -> None:
    first, second = far("gzip"), far("zstd")
    store.images.put(image_of(first), [name("it")])
    store.images.put(image_of(second), [name("it")])
    assert second.offsets == []
    gc.collect(store)
    assert store.images.get("it").manifest().layers == (second.descriptor,)
    assert [blob.stat().st_size for blob in (store.root / "blobs/sha256").iterdir() if blob.stat().st_size > 2000] == [
        first.descriptor.size
    ]
    check(store, "it")
    build_on(store, "it", "built")
    check(store, "built")


@dataclass(frozen=True)
class Lying:
    """A layer whose image says that it is another one than it is. Not from afar."""

    blob: Far
    diff_id: str

    @property
    def descriptor(self) -> Descriptor:
        return self.blob.descriptor

    def open(self) -> BinaryIO:
        return io.BytesIO(self.blob.blob)

    def uncompressed(self) -> BinaryIO:
        return self.blob.uncompressed()


@pytest.mark.parametrize("is_here", [True, False])
def test_the_blob_of_another_layer_is_refused(store: Store, is_here: bool) -> None:
    own, other = far("gzip"), Far(SEED + 1, size=20_000)
    store.images.put(image_of(own), [name("own")])
    if is_here:
        store.images.put(image_of(other), [name("other")])
    with pytest.raises(Corrupt, match=f"layer {other.descriptor.digest}: {own.diff_id} "):
        store.images.put(image_of(Lying(other, own.diff_id)), [name("bad")])
    check(store, "own")


def test_a_blob_that_was_here_before_its_image(store: Store) -> None:
    store.images.put(image_of(far("gzip")), [name("a")])
    second = far("zstd")
    with store.lease() as lease:  # as one that was pushed to the registry of this store
        store.blobs.put(second.blob, lease)
        store.images.put(image_of(second), [name("b")], lease)
    assert second.offsets == []
    gc.collect(store)
    assert store.images.get("b").layers()[0].can_open
    check(store, "b")
