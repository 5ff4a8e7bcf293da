"""Images for several platforms: what their names lead to, and what becomes of them."""

from __future__ import annotations

import io

import pytest

from onggi.image import index as indexes
from onggi.image import mutate, random, validate
from onggi.image.image import Image, image_id
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci.platform import Platform
from onggi.store import archive, fsck, gc
from onggi.store.store import Store

from .helpers import name

AMD, ARM = Platform("amd64"), Platform("arm64")
IMAGES = {AMD: random.image(1, on=AMD), ARM: random.image(2, on=ARM)}
RAW = indexes.encode([indexes.describe(image) for image in IMAGES.values()])


@pytest.fixture(autouse=True)
def stored(store: Store) -> str:
    """The digest of an index called shop:1."""
    with store.lease() as lease:
        return store.images.put_index(RAW, tuple(IMAGES.values()), (name("shop:1"),), lease)


def ids(store: Store) -> set[str]:
    return {image.id for image in store.images.list()}


def both() -> set[str]:
    return set(map(image_id, IMAGES.values()))


def put(store: Store, image: Image, *names: str) -> None:
    store.images.put(image, map(name, names))


def test_a_name_leads_to_the_first_image_and_to_that_for_a_platform(store: Store, stored: str) -> None:
    assert stored == digests.of(RAW)
    for text in ("shop:1", f"shop@{stored}", stored, stored[7:19]):
        assert store.images.get(text).id == image_id(IMAGES[AMD])
    assert store.images.get("shop:1", prefer=ARM).id == image_id(IMAGES[ARM])
    assert store.images.get(f"shop@{stored}", prefer=ARM).id == image_id(IMAGES[ARM])
    assert store.images.get("shop:1", prefer=Platform("s390x")).id == image_id(IMAGES[AMD])


def test_its_images_are_listed_as_part_of_it(store: Store) -> None:
    found = {image.id: image for image in store.images.list()}
    first, second = (found[image_id(image)] for image in IMAGES.values())
    assert first.references == (name("shop:1"),)
    assert second.references == ()
    assert first.part_of == second.part_of == (name("shop:1"),)
    assert not second.is_dangling


def test_another_name_means_all_of_it(store: Store) -> None:
    store.images.tag("shop:1", name("shop:2"))
    store.images.untag(name("shop:1"))
    assert store.images.get("shop:2", prefer=ARM).id == image_id(IMAGES[ARM])
    store.images.tag("shop:2", name("shop:2"))
    assert store.images.index("shop:2") is not None


def test_a_name_of_one_of_its_images_means_that_image(store: Store) -> None:
    store.images.tag(image_id(IMAGES[AMD]), name("amd"))
    assert store.images.index("amd") is None
    assert store.images.get("amd", prefer=ARM).id == image_id(IMAGES[AMD])


def test_a_name_that_moves_leaves_its_images_dangling(store: Store) -> None:
    put(store, random.image(3), "shop:1")
    assert store.images.index("shop:1") is None
    assert {image.id for image in store.images.list() if image.is_dangling} == both()
    gc.prune_images(store)
    assert ids(store) == {image_id(random.image(3))}


def test_removing_the_last_name_removes_all_of_it(store: Store) -> None:
    store.images.tag("shop:1", name("shop:2"))
    gc.remove_image(store, "shop:1")
    assert ids(store) == both()
    freed = gc.remove_image(store, "shop:2")
    assert ids(store) == set()
    assert [each.name for each in freed.removed] == ["shop:2", *map(image_id, IMAGES.values())]
    assert freed.bytes > 0


def test_removing_a_name_keeps_an_image_that_has_one_of_its_own(store: Store) -> None:
    store.images.tag(image_id(IMAGES[ARM]), name("arm"))
    gc.remove_image(store, "shop:1")
    assert ids(store) == {image_id(IMAGES[ARM])}


def test_pruning_keeps_what_a_name_leads_to(store: Store) -> None:
    gc.prune_images(store)
    assert ids(store) == both()


def test_an_index_that_loses_an_image_is_forgotten(store: Store) -> None:
    gc.remove_image(store, image_id(IMAGES[ARM]))
    assert store.images.index("shop:1") is None
    assert store.images.get("shop:1").id == image_id(IMAGES[AMD])


def test_saving_and_loading_keeps_the_index(store: Store, stored: str) -> None:
    out = io.BytesIO()
    archive.save(store, ["shop:1"], out)
    gc.remove_image(store, "shop:1")
    assert ids(store) == set()
    archive.load(store, io.BytesIO(out.getvalue()), ARM)
    assert store.images.get("shop:1").id == image_id(IMAGES[ARM])
    index = store.images.index("shop:1")
    assert index is not None
    assert (index.digest, index.raw) == (stored, RAW)
    for image in store.images.list():
        validate.image(image)


def test_an_index_whose_layers_are_compressed_is_another(store: Store, stored: str) -> None:
    out = io.BytesIO()
    archive.save(store, ["shop:1"], out, compression="gzip")
    archive.load(store, io.BytesIO(out.getvalue()), AMD)
    index = store.images.index("shop:1")
    assert index is not None
    assert index.digest != stored
    written = manifests.parse_index(index.raw).manifests
    assert {each.digest for each in written} == {image.digest for image in store.images.list()}
    assert [each.platform for each in written] == [AMD, ARM]


def test_an_index_can_be_saved_when_one_of_its_images_came_again_in_another_form(store: Store) -> None:
    put(store, mutate.annotate(IMAGES[ARM], {"a": "b"}))
    out = io.BytesIO()
    archive.save(store, ["shop:1"], out)
    archive.load(store, io.BytesIO(out.getvalue()), AMD)
    assert store.images.get("shop:1", prefer=ARM).manifest().annotations == {"a": "b"}


def test_the_store_is_clean(store: Store) -> None:
    assert fsck.check(store) == []
