from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from onggi.errors import Conflict, Corrupt, Invalid, NotFound
from onggi.image import empty, mutate, random, validate
from onggi.image.image import Assembled, Image, TarLayer, image_id, with_manifest
from onggi.layer.compress import compress
from onggi.oci import digest as digests
from onggi.oci import mediatype, platform
from onggi.oci.config import History
from onggi.oci.descriptor import Descriptor
from onggi.store import fsck, gc
from onggi.store.store import Store

from .helpers import add_layer, name


class Squeezed(msgspec.Struct, frozen=True):
    """A layer as it comes from a registry: compressed."""

    plain: TarLayer
    kind: str

    def _blob(self) -> bytes:
        out = io.BytesIO()
        compressor = compress(self.kind, out.write)
        compressor.write(self.plain.data)
        compressor.close()
        return out.getvalue()

    @property
    def diff_id(self) -> str:
        return self.plain.diff_id

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(mediatype.OCI_LAYER_FOR[self.kind], digests.of(self._blob()), len(self._blob()))

    def open(self) -> BinaryIO:
        return io.BytesIO(self._blob())

    def uncompressed(self) -> BinaryIO:
        return self.plain.open()


def squeezed_image(seed: int, kind: str = "gzip") -> Image:
    layers = [Squeezed(random.layer(seed * 1000 + number), kind) for number in range(2)]
    return with_manifest(random.image(seed).raw_config(), layers)


@pytest.mark.parametrize("make", [random.image, squeezed_image])
def test_an_image_comes_out_as_it_went_in(store: Store, make: type) -> None:
    image = make(1)
    assert store.images.put(image, [name("shop/api:1")]) == image_id(image)
    stored = store.images.get("shop/api:1")
    assert stored.raw_manifest() == image.raw_manifest()
    assert stored.raw_config() == image.raw_config()
    assert stored.digest == digests.of(image.raw_manifest())
    assert stored.size == sum(ref.size for ref in stored.refs) > 8000
    validate.image(stored)
    folder = Path(store.snapshots.path(stored.refs[0].diff_id))
    assert sorted(path.name for path in (folder / "layer-1000").iterdir()) == ["0", "1", "2", "3"]
    assert fsck.check(store, deep=True) == []


def test_an_image_that_was_built_here_writes_no_blob(store: Store) -> None:
    with store.lease() as lease:
        ref = add_layer(store, {"etc/motd": b"hello", "bin/big": bytes(3 << 20)}, lease)
        image = mutate.append(
            empty.image(platform.of_host()),
            mutate.Addition(History(created_by="RUN x"), store.snapshots.layer(ref.diff_id)),
        )
        store.images.put(image, [name("mine")], lease)
    assert list((store.root / "blobs/sha256").iterdir()) == []
    assert json.loads((store.root / "index.json").read_text())["manifests"] == []
    stored = store.images.get("mine")
    validate.image(stored)
    with stored.layers()[0].open() as stream:  # a reader that stops early must not hang
        assert len(stream.read(1000)) == 1000
    assert stored.manifest().layers[0].media_type == mediatype.OCI_LAYER


def test_the_base_of_a_built_image_keeps_its_compressed_layers(store: Store) -> None:
    store.images.put(squeezed_image(1), [name("base")])
    with store.lease() as lease:
        base = store.images.get("base", lease)
        ref = add_layer(store, {"app": b"x"}, lease)
        line = mutate.Addition(History(created_by="RUN"), store.snapshots.layer(ref.diff_id))
        store.images.put(mutate.append(base, line), [name("built")], lease)
    gc.remove_image(store, "base")
    built = store.images.get("built")
    assert [layer.media_type for layer in built.manifest().layers] == [mediatype.OCI_LAYER_GZIP] * 2 + [
        mediatype.OCI_LAYER
    ]
    validate.image(built)
    assert store.snapshots.layer(built.refs[0].diff_id).descriptor == built.manifest().layers[0]
    assert fsck.check(store, deep=True) == []


def test_images_with_all_blobs_are_a_layout_that_others_read(store: Store) -> None:
    store.images.put(squeezed_image(1), [name("a:1"), name("a:2")])
    store.images.put(squeezed_image(2, "zstd"))
    index = json.loads((store.root / "index.json").read_text())
    assert len(index["manifests"]) == 3
    done = subprocess.run(["skopeo", "inspect", f"oci:{store.root}:1"], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["Digest"] == store.images.get("a:1").digest
    store.images.untag(name("a:1"))
    index = json.loads((store.root / "index.json").read_text())
    assert len(index["manifests"]) == 2


def test_get_by_name_id_prefix_and_digest(store: Store) -> None:
    made = store.images.put(squeezed_image(1), [name("a"), name("localhost:5000/b/c:x")])
    stored = store.images.get("a")
    for text in (
        "a:latest",
        "docker.io/library/a",
        "localhost:5000/b/c:x",
        made,
        made[7:],
        made[7:19],
        made[:20],
        f"a@{stored.digest}",
        f"localhost:5000/b/c@{stored.digest}",
    ):
        assert store.images.get(text) == stored, text
    for text in ("b", "a:other", f"b@{stored.digest}", "sha256:", "", "UPPER", "0" * 65, f"a@sha256:{'0' * 64}"):
        with pytest.raises(NotFound, match=f"No such image: {text}"):
            store.images.get(text)


def test_a_prefix_of_several_ids_is_invalid(store: Store) -> None:
    ids = [store.images.put(random.image(seed, layers=1, files=1)) for seed in range(17)]
    digit = next(made[7] for made in ids if sum(other[7] == made[7] for other in ids) > 1)
    with pytest.raises(Invalid, match="beginning of several image IDs"):
        store.images.get(digit)


def test_a_moved_tag_leaves_a_dangling_image(store: Store) -> None:
    old = store.images.put(random.image(1), [name("a")])
    new = store.images.put(random.image(2), [name("a")])
    assert store.images.get("a").id == new
    assert store.images.get(old).references == ()
    store.images.tag(old, name("a"))
    assert store.images.get("a").id == old
    assert {image.id: [each.familiar() for each in image.references] for image in store.images.list()} == {
        old: ["a:latest"],
        new: [],
    }


def test_names_of_what_is_not_there_are_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.images.tag("sha256:" + "0" * 64, name("a"))
    with pytest.raises(NotFound):
        store.images.untag(name("a"))
    with pytest.raises(NotFound):
        store.images.remove("sha256:" + "0" * 64)


def test_the_same_layer_in_two_images_is_there_once(store: Store) -> None:
    base = random.image(1)
    top = mutate.append(base, mutate.Addition(History(created_by="x"), random.layer(5)))
    store.images.put(base)
    store.images.put(top)
    assert len(store.snapshots.list()) == 3


class Lying(msgspec.Struct, frozen=True):
    descriptor: Descriptor
    diff_id: str
    data: bytes

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)

    def uncompressed(self) -> BinaryIO:
        return self.open()


def lying(data: bytes, **changes: object) -> Image:
    """An image whose only layer says one thing and is another."""
    layer = random.layer(1)
    said = msgspec.structs.replace(layer.descriptor, **changes)
    image = random.image(1, layers=1)
    config = msgspec.structs.replace(
        image.config(), rootfs=msgspec.structs.replace(image.config().rootfs, diff_ids=(layer.diff_id,))
    )
    return with_manifest(msgspec.json.encode(config), [Lying(said, layer.diff_id, data)])


DATA = random.layer(1).data


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (lying(DATA[:-1024]), "instead of|too early|cut short|ends"),
        (lying(DATA + b"x"), "longer than"),
        (lying(DATA[:2000] + b"x" + DATA[2001:]), "other contents"),
        (lying(DATA, digest="sha256:" + "0" * 64), "other contents"),
        (lying(DATA, size=len(DATA) + 1), "instead of"),
        (lying(random.layer(2).data, digest=random.layer(2).diff_id), "config names"),
        (lying(b"\x1f\x8b\x08rubbish", size=10, digest=digests.of(b"\x1f\x8b\x08rubbish")), "gzip"),
    ],
)
def test_bytes_that_are_not_what_they_say_are_refused(store: Store, image: Image, message: str) -> None:
    with pytest.raises(Corrupt, match=message):
        store.images.put(image, [name("evil")])
    assert store.images.list() == []
    assert store.snapshots.list() == []
    assert fsck.check(store, deep=True) == []


def test_documents_that_disagree_are_refused(store: Store) -> None:
    one, two = random.image(1), random.image(2)
    with pytest.raises(Corrupt, match="the config"):
        store.images.put(Assembled(one.raw_manifest(), two.raw_config(), one.layers()))


def test_an_image_that_is_leased_cannot_be_removed(store: Store) -> None:
    made = store.images.put(random.image(1), [name("a")])
    with store.lease() as lease:
        store.images.get("a", lease)
        with pytest.raises(Conflict, match="being used by a build"):
            store.images.remove(made)
    store.images.remove(made)
