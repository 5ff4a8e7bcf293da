from __future__ import annotations

import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from onggi.errors import Corrupt, Invalid, NotFound, OnggiError, Unsupported
from onggi.image import mutate, random, validate
from onggi.image.image import Image, image_id
from onggi.layer.compress import compress
from onggi.oci import digest as digests
from onggi.oci import mediatype, platform
from onggi.oci.config import RunConfig
from onggi.oci.platform import Platform
from onggi.store import archive, fsck, imports
from onggi.store.archive import Compression
from onggi.store.store import Store

from .helpers import name
from .test_images import squeezed_image

HOST = platform.of_host()
Entries = dict[str, bytes | tuple[bytes, str]]
"""Contents by path; (kind, target) is a link."""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "other") as opened:
        yield opened


def tar_of(entries: Mapping[str, bytes | tuple[bytes, str]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in entries.items():
            entry = tarfile.TarInfo(path)
            if isinstance(content, tuple):
                entry.type, entry.linkname = content
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def squeeze(data: bytes, kind: str) -> bytes:
    out = io.BytesIO()
    compressor = compress(kind, out.write)
    compressor.write(data)
    compressor.close()
    return out.getvalue()


def blobs_of(image: Image) -> Entries:
    blobs: Entries = {}
    for data in (image.raw_manifest(), image.raw_config(), *(layer.open().read() for layer in image.layers())):
        blobs[f"blobs/sha256/{digests.hex_of(digests.of(data))}"] = data
    return blobs


def entry_of(image: Image, **more: Any) -> dict[str, Any]:
    raw = image.raw_manifest()
    return {"mediaType": mediatype.OCI_MANIFEST, "digest": digests.of(raw), "size": len(raw), **more}


def index_of(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"schemaVersion": 2, "manifests": list(entries)}).encode()


def layout_of(index: bytes, *images: Image, **more: bytes) -> Entries:
    entries: Entries = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index}
    for image in images:
        entries |= blobs_of(image)
    return entries | more


def docker_archive(image: Image, **changes: Any) -> Entries:
    """As Docker before version 25 writes it."""
    entries: Entries = {f"{image_id(image)[7:]}.json": image.raw_config()}
    for number, layer in enumerate(image.layers()):
        entries[f"layer{number}/layer.tar"] = layer.uncompressed().read()
    item = {
        "Config": f"{image_id(image)[7:]}.json",
        "RepoTags": ["shop/api:1"],
        "Layers": [f"layer{number}/layer.tar" for number in range(len(image.layers()))],
    }
    return entries | {"manifest.json": json.dumps([item | changes]).encode()}


@pytest.mark.parametrize("format", ["docker", "oci"])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("as_folder", [False, True])
def test_what_is_saved_can_be_loaded(
    store: Store, other: Store, tmp_path: Path, format: archive.Format, compression: Compression, as_folder: bool
) -> None:
    first, second = squeezed_image(1), random.image(2)
    store.images.put(first, [name("a:1"), name("a:2"), name("b")])
    store.images.put(second, [name("c")])
    target = tmp_path / "saved"
    if as_folder:
        archive.save(store, ["a", "c"], target, format=format, compression=compression)
    else:
        with target.open("wb") as out:
            archive.save(store, ["a", "c"], out, format=format, compression=compression)
    assert os.listdir(store.root / "tmp") == []
    loaded = archive.load(other, target, HOST)
    assert {(made, tuple(each.familiar() for each in names)) for made, names in loaded} == {
        (image_id(first), ("a:1", "a:2")),
        (image_id(second), ("c:latest",)),
    }
    stored = other.images.get("a:1")
    validate.image(stored)
    wanted = {mediatype.OCI_LAYER_FOR[compression]}
    assert {layer.media_type for layer in stored.manifest().layers} == wanted
    assert (stored.digest == digests.of(first.raw_manifest())) == (compression == "gzip")
    assert fsck.check(other, deep=True) == []


def test_saving_is_reproducible(store: Store) -> None:
    store.images.put(random.image(1), [name("a")])
    one, two = io.BytesIO(), io.BytesIO()
    archive.save(store, ["a"], one, compression="gzip")
    archive.save(store, ["a"], two, compression="gzip")
    assert one.getvalue() == two.getvalue()


def test_saving_by_id_saves_no_name(store: Store, other: Store) -> None:
    made = store.images.put(random.image(1), [name("a")])
    out = io.BytesIO()
    archive.save(store, [made[7:19]], out)
    out.seek(0)
    assert archive.load(other, out, HOST) == [(made, ())]
    with pytest.raises(NotFound, match="No such image: nothing"):
        archive.save(store, ["nothing"], io.BytesIO())


@pytest.mark.parametrize("kind", ["none", "gzip", "zstd"])
def test_a_pipe_and_a_compressed_archive_are_read(store: Store, kind: str) -> None:
    data = squeeze(tar_of(docker_archive(random.image(1))), kind)
    reader, writer = os.pipe()

    def write() -> None:
        with open(writer, "wb") as out:
            out.write(data)

    with open(reader, "rb") as stream:
        thread = threading.Thread(target=write)
        thread.start()
        (loaded,) = archive.load(store, stream, HOST)
        thread.join()
    assert loaded == (image_id(random.image(1)), (name("shop/api:1"),))


def test_an_archive_of_an_older_docker_with_linked_layers_is_read(store: Store) -> None:
    image = random.image(1)
    entries = docker_archive(image)
    entries["moved/layer.tar"] = entries.pop("layer0/layer.tar")
    entries["layer0/layer.tar"] = (tarfile.SYMTYPE, "../moved/layer.tar")
    entries["layer0/VERSION"] = b"1.0"
    entries["repositories"] = b"{}"
    entries["twin.tar"] = (tarfile.LNKTYPE, "layer1/layer.tar")
    archive.load(store, io.BytesIO(tar_of(entries)), HOST)
    validate.image(store.images.get("shop/api:1"))


def test_compressed_layers_in_an_archive_of_docker_are_read(store: Store) -> None:
    image = random.image(1)
    entries = docker_archive(image)
    data = entries["layer0/layer.tar"]
    assert isinstance(data, bytes)
    entries["layer0/layer.tar"] = squeeze(data, "gzip")
    archive.load(store, io.BytesIO(tar_of(entries)), HOST)
    stored = store.images.get("shop/api:1")
    validate.image(stored)
    assert [mediatype.compression(layer.media_type) for layer in stored.manifest().layers] == ["gzip", "none"]


def test_names_of_an_archive_of_both_kinds_come_from_both(store: Store) -> None:
    image = random.image(1)
    entries = layout_of(index_of(entry_of(image)), image)
    config = f"blobs/sha256/{image_id(image)[7:]}"
    entries["manifest.json"] = json.dumps([{"Config": config, "RepoTags": ["x:1"], "Layers": []}]).encode()
    assert archive.load(store, io.BytesIO(tar_of(entries)), HOST) == [(image_id(image), (name("x:1"),))]


@pytest.mark.parametrize(
    ("label", "expected"),
    [("shop/api:1", "shop/api:1"), ("docker.io/library/x:2", "x:2"), ("latest", None), ("Not A Name:1", None)],
)
def test_a_label_names_the_image_if_it_is_a_whole_name(store: Store, label: str, expected: str | None) -> None:
    image = random.image(1)
    entry = entry_of(image, annotations={"org.opencontainers.image.ref.name": label})
    ((_, names),) = archive.load(store, io.BytesIO(tar_of(layout_of(index_of(entry), image))), HOST)
    assert [each.familiar() for each in names] == ([expected] if expected else [])


def several(*platforms: Platform) -> tuple[Entries, dict[Platform, Image]]:
    """A layout whose one entry is an index of images for several platforms, with an attestation among them."""
    images = {each: random.image(number, on=each) for number, each in enumerate(platforms)}
    entries = [
        entry_of(image, platform={"os": each.os, "architecture": each.architecture, "variant": each.variant})
        for each, image in images.items()
    ]
    attestation = entry_of(
        random.image(99),
        platform={"os": "unknown", "architecture": "unknown"},
        annotations={"vnd.docker.reference.type": "attestation-manifest"},
    )
    inner = index_of(*entries, attestation)
    outer = index_of({"mediaType": mediatype.OCI_INDEX, "digest": digests.of(inner), "size": len(inner)})
    layout = layout_of(outer, *images.values())
    layout[f"blobs/sha256/{digests.of(inner)[7:]}"] = inner
    return layout, images


def test_the_image_for_the_platform_is_taken_out_of_an_index(store: Store) -> None:
    v6, v7, amd = Platform("arm", "linux", "v6"), Platform("arm", "linux", "v7"), Platform("amd64")
    layout, images = several(v6, v7, amd)
    for wanted in images:
        ((made, _),) = archive.load(store, io.BytesIO(tar_of(layout)), wanted)
        assert made == image_id(images[wanted])


def test_all_platforms_of_an_index_are_kept(store: Store) -> None:
    layout, images = several(Platform("arm64"), Platform("s390x"))
    ((first, _),) = archive.load(store, io.BytesIO(tar_of(layout)), Platform("riscv64"))
    assert first == image_id(images[Platform("arm64")])
    assert {image.id for image in store.images.list()} == set(map(image_id, images.values()))


def test_an_image_that_is_alone_is_taken_whatever_it_is_for(store: Store) -> None:
    image = random.image(1, on=Platform("s390x"))
    archive.load(store, io.BytesIO(tar_of(docker_archive(image))), HOST)
    assert store.images.get("shop/api:1").config().architecture == "s390x"


def changed(entries: Entries, path: str, change: Callable[[bytes], bytes]) -> Entries:
    data = entries[path]
    assert isinstance(data, bytes)
    return entries | {path: change(data)}


IMAGE = random.image(1)
LAYOUT = layout_of(index_of(entry_of(IMAGE)), IMAGE)
DOCKER = docker_archive(IMAGE)
CONFIG = f"blobs/sha256/{image_id(IMAGE)[7:]}"
MANIFEST = f"blobs/sha256/{digests.of(IMAGE.raw_manifest())[7:]}"
LAYER = f"blobs/sha256/{IMAGE.layers()[1].diff_id[7:]}"
DEEP = [b'{"schemaVersion":2,"manifests":[]}']
for _ in range(12):
    DEEP.append(index_of({"mediaType": mediatype.OCI_INDEX, "digest": digests.of(DEEP[-1]), "size": len(DEEP[-1])}))
TOO_DEEP = b'[{"Config":"","x":' + b"[" * 100_000

BAD: dict[str, tuple[bytes, type[OnggiError], str]] = {
    "no archive": (tar_of({"README": b"hello"}), Invalid, "not an archive of images"),
    "no tar": (b"rubbish" * 1000, Corrupt, "expected a tar of images, .* text that begins with 'rubbish"),
    "nothing": (b"", Corrupt, "expected a tar of images, .* empty"),
    "cut short": (tar_of(LAYOUT)[:-12_000], OnggiError, "cut short|archive has no|in the middle"),
    "gzip cut short": (squeeze(tar_of(LAYOUT), "gzip")[:-100], Corrupt, "too early"),
    "gzip damaged": (squeeze(tar_of(LAYOUT), "gzip")[:2000] + bytes(3000), Corrupt, "gzip"),
    "config changed": (tar_of(changed(LAYOUT, CONFIG, lambda data: data + b" ")), Corrupt, "document"),
    "manifest changed": (tar_of(changed(LAYOUT, MANIFEST, lambda data: data[:-1] + b" ")), Corrupt, "document"),
    "layer changed": (
        tar_of(changed(LAYOUT, LAYER, lambda data: data[:2000] + b"!" + data[2001:])),
        Corrupt,
        "other contents",
    ),
    "layer too long": (tar_of(changed(LAYOUT, LAYER, lambda data: data + bytes(512))), Corrupt, "longer than"),
    "layer too short": (tar_of(changed(LAYOUT, LAYER, lambda data: data[:-512])), Corrupt, "bytes instead of"),
    "layer missing": (
        tar_of({path: data for path, data in LAYOUT.items() if path != LAYER}),
        NotFound,
        "archive has no",
    ),
    "docker layer changed": (
        tar_of(changed(DOCKER, "layer1/layer.tar", lambda data: data[:2000] + b"!" + data[2001:])),
        Corrupt,
        "other contents",
    ),
    "docker config changed": (
        tar_of(changed(DOCKER, f"{image_id(IMAGE)[7:]}.json", lambda data: data + b" ")),
        Corrupt,
        "other contents",
    ),
    "docker layer missing": (tar_of(DOCKER | docker_archive(IMAGE, Layers=["layer0/layer.tar"])), Corrupt, "diff IDs"),
    "docker manifest.json is no JSON": (tar_of(DOCKER | {"manifest.json": b"{"}), Corrupt, "manifest.json"),
    "docker manifest.json is too deep": (tar_of(DOCKER | {"manifest.json": TOO_DEEP}), Corrupt, "nested too deep"),
    "docker path leads out": (tar_of(docker_archive(IMAGE, Config="../../etc/passwd")), Invalid, "leads out"),
    "docker absolute path": (tar_of(docker_archive(IMAGE, Config="/etc/passwd")), Invalid, "leads out"),
    "docker bad name": (tar_of(docker_archive(IMAGE, RepoTags=["UPPER:1"])), Invalid, "invalid reference"),
    "entry leads out": (tar_of(DOCKER | {"../evil": b"x"}), Invalid, "leads out"),
    "entry is absolute": (tar_of(DOCKER | {"/evil": b"x"}), Invalid, "leads out"),
    "link leads out": (tar_of(DOCKER | {"a/b": (tarfile.SYMTYPE, "../../etc/passwd")}), Invalid, "leads out"),
    "link is absolute": (tar_of(DOCKER | {"b": (tarfile.SYMTYPE, "/etc/passwd")}), Invalid, "leads out"),
    "links in circles": (
        tar_of(DOCKER | {"layer0/layer.tar": (tarfile.SYMTYPE, "b"), "layer0/b": (tarfile.SYMTYPE, "layer.tar")}),
        Invalid,
        "circles",
    ),
    "device": (tar_of(DOCKER | {"dev": (tarfile.CHRTYPE, "")}), Invalid, "neither a file"),
    "digest is a path": (
        tar_of(layout_of(index_of(entry_of(IMAGE, digest="sha256:../../../etc/passwd")), IMAGE)),
        Invalid,
        "not a sha256 digest",
    ),
    "artifact": (
        tar_of(layout_of(index_of(entry_of(IMAGE, mediaType="application/vnd.example")), IMAGE)),
        NotFound,
        "no images",
    ),
    "indexes too deep": (
        tar_of(
            {"oci-layout": b"{}", "index.json": DEEP[-1]}
            | {f"blobs/sha256/{digests.of(each)[7:]}": each for each in DEEP}
        ),
        Corrupt,
        "nested more than",
    ),
    "index is no JSON": (tar_of(LAYOUT | {"index.json": b"[]"}), Corrupt, "not an image index"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_archives_are_refused_and_leave_nothing(store: Store, case: str) -> None:
    data, error, message = BAD[case]
    with pytest.raises(error, match=message):
        archive.load(store, io.BytesIO(data), HOST)
    assert store.images.list() == []
    assert store.snapshots.list() == []
    assert os.listdir(store.root / "tmp") == os.listdir(store.root / "blobs/sha256") == []
    assert fsck.check(store, deep=True) == []


def test_a_layer_of_an_unknown_kind_is_unsupported(store: Store) -> None:
    manifest = IMAGE.raw_manifest().replace(b"image.layer.v1.tar", b"image.layer.v1.rar")
    entry = {"mediaType": mediatype.OCI_MANIFEST, "digest": digests.of(manifest), "size": len(manifest)}
    layout = LAYOUT | {f"blobs/sha256/{digests.of(manifest)[7:]}": manifest, "index.json": index_of(entry)}
    with pytest.raises(Unsupported, match="rar"):
        archive.load(store, io.BytesIO(tar_of(layout)), HOST)


def test_a_folder_that_links_out_is_refused(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    for path, data in LAYOUT.items():
        assert isinstance(data, bytes)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    outside = tmp_path / "outside"
    (folder / LAYER).rename(outside)
    (folder / LAYER).symlink_to(outside)
    with pytest.raises(Invalid, match="leads out"):
        archive.load(store, folder, HOST)
    with pytest.raises(NotFound, match="no archive at"):
        archive.load(store, tmp_path / "nowhere", HOST)


def test_one_bad_image_keeps_the_good_ones_out(store: Store) -> None:
    good, bad = random.image(5), random.image(6)
    layout = layout_of(index_of(entry_of(good), entry_of(bad)), good, bad)
    layer = f"blobs/sha256/{bad.layers()[1].diff_id[7:]}"
    with pytest.raises(Corrupt):
        archive.load(
            store, io.BytesIO(tar_of(changed(layout, layer, lambda data: data[:2000] + b"!" + data[2001:]))), HOST
        )
    assert store.images.list() == []
    assert store.snapshots.list() == []


def test_import_makes_an_image_of_one_layer(store: Store) -> None:
    def rootfs(order: list[str]) -> bytes:
        return tar_of({path: path.encode() for path in order})

    config = RunConfig(cmd=("/bin/sh",), env=("A=b",))
    made = imports.import_tar(
        store,
        io.BytesIO(squeeze(rootfs(["etc/a", "bin/sh"]), "gzip")),
        [name("mine:1")],
        platform=HOST,
        config=config,
        created="2024-01-01T00:00:00Z",
        message="Imported from -",
    )
    stored = store.images.get("mine:1")
    assert stored.id == made
    assert stored.config().config == config
    assert [(line.comment, line.empty_layer) for line in stored.config().history] == [("Imported from -", False)]
    validate.image(stored)
    again = imports.import_tar(store, io.BytesIO(rootfs(["bin/sh", "etc/a"])), platform=HOST, config=config)
    assert store.images.get(again).refs == stored.refs  # the same tree, however it was packed
    assert os.listdir(store.root / "blobs/sha256") == []
    with pytest.raises(OnggiError):
        imports.import_tar(store, io.BytesIO(b"rubbish" * 1000), platform=HOST, config=config)
    assert fsck.check(store, deep=True) == []


def test_a_changed_image_can_be_saved(store: Store, other: Store) -> None:
    store.images.put(squeezed_image(1), [name("a")])
    image = mutate.config(store.images.get("a"), RunConfig(cmd=("new",)))
    store.images.put(image, [name("b")])
    out = io.BytesIO()
    archive.save(store, ["b"], out, compression="zstd")
    out.seek(0)
    archive.load(other, out, HOST)
    assert other.images.get("b").config().config.cmd == ("new",)
