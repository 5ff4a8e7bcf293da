from __future__ import annotations

import pytest

from onggi.errors import NotFound
from onggi.image.image import Image
from onggi.image.random import image as random_image
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.store import gc
from onggi.store.origins import Origin
from onggi.store.several import Several
from onggi.store.store import Store

DEBIAN = "docker.io/library/debian"
HERE, THERE = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def image_for(architecture: str) -> Image:
    return random_image(7, on=Platform(architecture))


def pulled(store: Store, image: Image, *names: str, digest: Digest = HERE) -> Digest:
    named = tuple(map(references.parse, names))
    with store.lease() as lease:
        ((found, _),) = store.images.put_all([Several((image,), named, origins=(Origin(DEBIAN, digest),))], lease)
    return found


def names(removed: gc.Freed) -> list[str]:
    return [each.name for each in removed.removed]


def test_an_image_is_found_by_what_its_registry_knows_it_by(store: Store) -> None:
    image = random_image(7)
    found = pulled(store, image, "debian:12")
    assert store.images.get(f"debian@{HERE}").id == found
    assert store.images.get(f"debian:other@{HERE}").id == found, "a tag beside a digest says nothing"
    assert store.images.get(f"debian@{store.images.get(found).digest}").id == found, "its manifest's is another"
    for other in (f"ubuntu@{HERE}", f"debian@{THERE}"):
        with pytest.raises(NotFound):
            store.images.get(other)


def test_an_origin_can_be_added_later_and_of_a_missing_image_is_none(store: Store) -> None:
    found = store.images.put(random_image(7), [references.parse("debian:12")])
    store.origins.add(DEBIAN, HERE, found)
    store.origins.add(DEBIAN, HERE, found)
    store.origins.add(DEBIAN, HERE, THERE)
    assert store.origins.of(found) == (Origin(DEBIAN, HERE),)
    assert store.images.get(found).pinned == (references.parse(f"debian@{HERE}"),)


def test_origins_go_with_their_image(store: Store) -> None:
    found = pulled(store, random_image(7), "debian:12")
    assert names(gc.remove_image(store, "debian:12")) == ["debian:12", f"debian@{HERE}", found]
    assert store.origins.of(found) == ()


def test_removing_a_digest_leaves_the_tag(store: Store) -> None:
    found = pulled(store, random_image(7), "debian:12")
    assert names(gc.remove_image(store, f"debian@{HERE}")) == [f"debian@{HERE}"]
    assert store.images.get("debian:12").id == found
    assert store.origins.of(found) == ()


def test_the_last_tag_of_a_repository_takes_its_digests_along(store: Store) -> None:
    found = pulled(store, random_image(7), "debian:12", "debian:bookworm", f"debian@{HERE}", "shop:1")
    assert names(gc.remove_image(store, "debian:12")) == ["debian:12"]
    assert names(gc.remove_image(store, "debian:bookworm")) == ["debian:bookworm", f"debian@{HERE}"]
    assert store.images.get("shop:1").pinned == ()
    assert names(gc.remove_image(store, "shop:1")) == ["shop:1", found]


def test_an_image_that_only_its_digest_names_goes_with_it(store: Store) -> None:
    found = pulled(store, random_image(7), f"debian@{HERE}")
    assert not store.images.get(found).is_dangling, "somebody asked for it"
    assert names(gc.remove_image(store, f"debian@{HERE}")) == [f"debian@{HERE}", found]


def test_images_of_one_index_are_siblings(store: Store) -> None:
    there = pulled(store, image_for("arm64"), "debian:12")
    here = pulled(store, image_for("amd64"), "debian:12")
    assert store.images.get("debian:12").id == here
    assert store.images.get("debian:12", prefer=Platform("arm64")).id == there
    assert store.images.get(f"debian@{HERE}", prefer=Platform("arm64")).id == there
    assert store.images.get("debian:12", prefer=Platform("s390x")).id == here, "none is for it: who asks sees that"
    sibling = store.images.get(there)
    assert [name.familiar() for name in sibling.part_of] == ["debian:12"]
    assert not gc.prune_images(store).removed, "a name leads to it, for those who want its platform"
    assert names(gc.remove_image(store, "debian:12")) == ["debian:12", f"debian@{HERE}", here, there]


def test_the_former_image_of_a_tag_dangles(store: Store) -> None:
    first = pulled(store, random_image(1), "debian:12")
    second = pulled(store, random_image(2), "debian:12", digest=THERE)
    assert store.images.get(first).is_dangling
    assert store.images.get(f"debian@{HERE}").id == first
    assert names(gc.prune_images(store)) == [f"debian@{HERE}", first]
    assert store.images.get("debian:12").id == second


def test_a_sibling_with_another_name_is_not_known_from_where_the_last_tag_was(store: Store) -> None:
    here = pulled(store, image_for("amd64"), "shop:1", "debian:12")
    there = pulled(store, image_for("arm64"), "debian:12")
    assert names(gc.remove_image(store, "debian:12")) == ["debian:12", f"debian@{HERE}", there]
    assert store.origins.of(here) == ()
    assert names(gc.remove_image(store, "shop:1")) == ["shop:1", here]
    assert store.images.list() == []


def test_a_sibling_with_a_tag_of_its_own_is_known_still(store: Store) -> None:
    here = pulled(store, image_for("amd64"), "debian:12", "debian:bookworm")
    there = pulled(store, image_for("arm64"), "debian:12")
    assert names(gc.remove_image(store, "debian:12")) == ["debian:12", f"debian@{HERE}", there]
    assert store.origins.of(here) == (Origin(DEBIAN, HERE),)


def test_the_digest_of_an_index_is_taken_from_all_of_its_images(store: Store) -> None:
    there = pulled(store, image_for("arm64"), "debian:12")
    here = pulled(store, image_for("amd64"), "debian:12")
    removed = names(gc.remove_image(store, f"debian@{HERE}"))
    assert removed == [f"debian@{HERE}", there]
    assert store.origins.of(here) == ()
    assert store.images.get("debian:12").id == here
    with pytest.raises(NotFound):
        store.images.get(f"debian@{HERE}")


def test_a_digest_that_is_removed_is_told_of_no_more(store: Store) -> None:
    image = random_image(7)
    found = store.images.put(image, [references.parse("debian:12")])
    digest = store.images.get(found).digest
    store.origins.add(DEBIAN, digest, found)
    assert names(gc.remove_image(store, f"debian@{digest}")) == [f"debian@{digest}"]
    assert store.images.get("debian:12").pinned == ()
    assert store.images.get(f"debian@{digest}").id == found, "it is its manifest's"
