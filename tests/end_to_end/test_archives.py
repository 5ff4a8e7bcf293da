"""Archives judged by others: skopeo and umoci read what we write, and we read what they write."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.image import empty, mutate, validate
from onggi.layer.pack import pack
from onggi.layer.union import Union
from onggi.oci import platform
from onggi.oci import reference as references
from onggi.oci.config import History, RunConfig
from onggi.solve.result import LayerRef
from onggi.store import archive, fsck
from onggi.store.archive import Compression
from onggi.store.store import Store

HOST = platform.of_host()
NAME = references.parse("shop/api:1.2")


def run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def below(folder: Path) -> None:
    """All that a root file system may hold."""
    for path in ("bin", "etc/deep/er", "home/user", "dev", "tmp", "gone"):
        (folder / path).mkdir(parents=True)
    (folder / "tmp").chmod(0o1777)
    (folder / "bin/su").write_bytes(os.urandom(30_000))
    (folder / "bin/su").chmod(0o4755)
    os.link(folder / "bin/su", folder / "bin/twin")
    (folder / "bin/sh").symlink_to("../bin/su")
    (folder / "etc/motd").write_text("hello\n")
    (folder / "etc/deep/er/empty").touch()
    (folder / "home/user/file").write_text("mine")
    os.chown(folder / "home/user/file", 1000, 1001)
    os.utime(folder / "home/user/file", (1_600_000_000, 1_600_000_000))
    (folder / ("n" * 120)).write_text("a long name")
    (folder / "고추장").write_text("not ASCII")
    os.mknod(folder / "dev/null", 0o020666, os.makedev(1, 3))
    os.setxattr(folder / "bin/twin", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
    (folder / "gone/file").write_text("will go")


def above(folder: Path) -> None:
    """A layer that changes and hides things of the one below, in overlay form."""
    (folder / "etc").mkdir()
    (folder / "etc/motd").write_text("changed\n")
    os.mknod(folder / "etc/deep", 0o020000, 0)
    (folder / "gone").mkdir()
    os.setxattr(folder / "gone", "trusted.overlay.opaque", b"y")
    (folder / "gone/new").write_text("came")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened, opened.lease() as lease:
        layers = []
        for number, fill in enumerate((below, above)):
            with opened.temporary() as folder:
                root = folder / "root"
                root.mkdir()
                root.chmod(0o755)
                fill(root)
                packed = pack(str(root))
                ref = LayerRef(packed.diff_id, packed.tree_digest, packed.size)
                opened.snapshots.add(root, ref, lease)
            layers.append(mutate.Addition(History(created_by=f"step {number}"), opened.snapshots.layer(ref.diff_id)))
        image = mutate.append(empty.image(HOST), *layers, mutate.Addition(History(created_by="CMD sh")))
        image = mutate.config(image, RunConfig(cmd=("/bin/sh",), env=("PATH=/bin",), labels={"a": "b"}))
        opened.images.put(image, [NAME], lease)
        yield opened


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "other") as opened:
        yield opened
        assert fsck.check(opened, deep=True) == []


def save(store: Store, target: Path, format: archive.Format, compression: Compression = "none") -> Path:
    with target.open("wb") as out:
        archive.save(store, ["shop/api:1.2"], out, format=format, compression=compression)
    return target


def check_unpacked(rootfs: Path) -> None:
    """Is this the merged view of both layers?"""
    assert (rootfs / "etc/motd").read_text() == "changed\n"
    assert not (rootfs / "etc/deep").exists()
    assert os.listdir(rootfs / "gone") == ["new"]
    assert (rootfs / "bin/su").stat().st_mode & 0o7777 == 0o4755
    assert (rootfs / "bin/su").stat().st_ino == (rootfs / "bin/twin").stat().st_ino
    assert os.readlink(rootfs / "bin/sh") == "../bin/su"
    assert os.getxattr(rootfs / "bin/su", "security.capability").hex().startswith("01000002")
    owned = (rootfs / "home/user/file").stat()
    assert (owned.st_uid, owned.st_gid, owned.st_mtime) == (1000, 1001, 1_600_000_000)
    assert (rootfs / "tmp").stat().st_mode & 0o7777 == 0o1777
    assert (rootfs / ("n" * 120)).read_text() == "a long name"
    assert (rootfs / "고추장").read_text() == "not ASCII"
    assert (rootfs / "dev/null").stat().st_rdev == os.makedev(1, 3)


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_umoci_unpacks_a_folder_that_we_wrote(store: Store, tmp_path: Path, compression: Compression) -> None:
    layout = tmp_path / "layout"
    archive.save(store, ["shop/api"], layout, format="oci", compression=compression)
    run("umoci", "unpack", "--image", f"{layout}:1.2", tmp_path / "bundle")
    check_unpacked(tmp_path / "bundle/rootfs")
    assert json.loads((tmp_path / "bundle/config.json").read_text())["process"]["args"] == ["/bin/sh"]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize(("format", "transport"), [("docker", "docker-archive"), ("oci", "oci-archive")])
def test_skopeo_reads_a_tar_that_we_wrote(
    store: Store, tmp_path: Path, format: archive.Format, transport: str, compression: Compression
) -> None:
    saved = save(store, tmp_path / "saved.tar", format, compression)
    seen = json.loads(run("skopeo", "inspect", "--config", f"{transport}:{saved}"))
    image = store.images.get("shop/api:1.2")
    assert seen["rootfs"]["diff_ids"] == list(image.config().rootfs.diff_ids)
    assert seen["config"]["Cmd"] == ["/bin/sh"]
    run("skopeo", "copy", f"{transport}:{saved}", f"dir:{tmp_path}/copied")


def test_umoci_unpacks_what_skopeo_made_of_a_docker_archive(store: Store, tmp_path: Path) -> None:
    saved = save(store, tmp_path / "saved.tar", "docker")
    run("skopeo", "copy", f"docker-archive:{saved}:shop/api:1.2", f"oci:{tmp_path}/layout:here")
    run("umoci", "unpack", "--image", f"{tmp_path}/layout:here", tmp_path / "bundle")
    check_unpacked(tmp_path / "bundle/rootfs")


@pytest.mark.parametrize(
    ("format", "target", "expected"),
    [
        ("docker", "docker-archive:{}/out:shop/api:9", "shop/api:9"),
        ("oci", "oci-archive:{}/out:shop/api:9", "shop/api:9"),
        ("oci", "oci:{}/out:shop/api:9", "shop/api:9"),
        ("oci", "oci:{}/out", None),
    ],
)
def test_we_load_what_skopeo_wrote(
    store: Store, other: Store, tmp_path: Path, format: archive.Format, target: str, expected: str | None
) -> None:
    saved = save(store, tmp_path / "saved.tar", format)
    run("skopeo", "copy", f"{format}-archive:{saved}", target.format(tmp_path))
    ((image_id, names),) = archive.load(other, tmp_path / "out", HOST)
    assert image_id == store.images.get("shop/api:1.2").id
    assert [name.familiar() for name in names] == ([expected] if expected else [])
    stored = other.images.get(image_id)
    validate.image(stored)
    assert stored.refs == store.images.get("shop/api:1.2").refs  # same tree digests too


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_we_load_compressed_layers_of_skopeo(store: Store, other: Store, tmp_path: Path, kind: str) -> None:
    saved = save(store, tmp_path / "saved.tar", "oci")
    squeezed = ("--dest-compress", "--dest-compress-format", kind, "--dest-oci-accept-uncompressed-layers=false")
    run("skopeo", "copy", *squeezed, f"oci-archive:{saved}", f"oci:{tmp_path}/out:x:1")
    archive.load(other, tmp_path / "out", HOST)
    stored = other.images.get("x:1")
    validate.image(stored)
    index = json.loads((tmp_path / "out/index.json").read_text())
    assert stored.digest == index["manifests"][0]["digest"]
    assert run("skopeo", "inspect", "--raw", f"oci:{other.root}:1").encode() == stored.raw_manifest()


def test_we_load_what_umoci_repacked(store: Store, other: Store, tmp_path: Path) -> None:
    layout, bundle = tmp_path / "layout", tmp_path / "bundle"
    archive.save(store, ["shop/api"], layout, format="oci", compression="gzip")
    run("umoci", "unpack", "--image", f"{layout}:1.2", bundle)
    (bundle / "rootfs/etc/motd").unlink()
    (bundle / "rootfs/etc/issue").write_text("new\n")
    run("umoci", "repack", "--image", f"{layout}:2.0", bundle)
    run("umoci", "config", "--image", f"{layout}:2.0", "--config.user", "1000", "--author", "umoci")
    archive.load(other, layout, HOST)
    assert other.images.get("shop/api:1.2").id == store.images.get("shop/api:1.2").id
    image = other.images.get("shop/api:2.0")
    assert image.config().author == "umoci"
    validate.image(image)
    assert image.config().config.user == "1000"
    union = Union([other.snapshots.path(ref.diff_id) for ref in reversed(image.refs)])
    assert union.read_text("/etc/issue") == "new\n"
    assert union.lookup("/etc/motd") is None
    assert union.read_text("/gone/new") == "came"


def test_a_store_is_a_layout_that_umoci_unpacks_in_place(store: Store, other: Store, tmp_path: Path) -> None:
    archive.load(other, save(store, tmp_path / "saved.tar", "oci", "gzip"), HOST)
    run("umoci", "unpack", "--image", f"{other.root}:1.2", tmp_path / "bundle")
    check_unpacked(tmp_path / "bundle/rootfs")
