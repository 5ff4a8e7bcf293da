from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from onggi.errors import Corrupt, Invalid, NotFound
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.store import lockfile
from onggi.store.shared.folder import FolderShelf, to_read


def described(raw: bytes) -> Descriptor:
    return Descriptor(mediatype.OCI_INDEX, digests.of(raw), len(raw))


def publish(shelf: FolderShelf, raw: bytes) -> None:
    with shelf.alone():
        shelf.publish(described(raw), raw)


def test_a_cache_under_a_tag(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "cache"
    shelf = FolderShelf(folder, "one")
    assert shelf.named() is None
    publish(shelf, b"first")
    assert to_read(folder, "one").named() == b"first"
    publish(shelf, b"second")
    assert to_read(folder, "one").named() == b"second"
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    assert str(shelf) == str(folder)


def test_caches_of_other_tags_stay(tmp_path: Path) -> None:
    for tag in ("one", "two", "one"):
        publish(FolderShelf(tmp_path, tag), tag.encode())
    assert [to_read(tmp_path, tag).named() for tag in ("one", "two")] == [b"one", b"two"]
    assert len(json.loads((tmp_path / "index.json").read_text())["manifests"]) == 2


def test_by_digest(tmp_path: Path) -> None:
    publish(FolderShelf(tmp_path, "one"), b"first")
    assert to_read(tmp_path, "latest", digests.of(b"first")).named() == b"first"
    with pytest.raises(NotFound, match=f"there is no cache {digests.of(b'second')}"):
        to_read(tmp_path, "one", digests.of(b"second"))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no folder"):
        to_read(tmp_path / "missing", "latest")
    with pytest.raises(NotFound, match="there is no cache latest"):
        to_read(tmp_path, "latest")


@pytest.mark.parametrize("raw", [b"", b"<html>", b'{"manifests": 1}', b"[" * 100_000])
def test_an_index_that_is_none(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "index.json").write_bytes(raw)
    with pytest.raises(Corrupt, match=f"{tmp_path}/index.json is not an image index") as raised:
        to_read(tmp_path, "latest")
    assert "remove the folder" in raised.value.hint


def test_blobs(tmp_path: Path) -> None:
    shelf, blob = FolderShelf(tmp_path, "one"), described(b"some bytes")
    assert not shelf.has(blob)
    shelf.put(blob, lambda write: [write(b"some "), write(b"bytes")])
    assert shelf.has(blob)
    assert shelf.read(blob) == b"some bytes"
    with shelf.open(blob) as stream:
        assert stream.read() == b"some bytes"
    (tmp_path / "blobs/sha256" / digests.hex_of(blob.digest)).write_bytes(b"some")
    assert not shelf.has(blob), "one that was cut short is written again"


def test_a_blob_that_breaks_off_is_not_there(tmp_path: Path) -> None:
    def break_off(write: Callable[[bytes], object]) -> None:
        write(b"some ")
        raise KeyboardInterrupt

    shelf, blob = FolderShelf(tmp_path, "one"), described(b"some bytes")
    with pytest.raises(KeyboardInterrupt):
        shelf.put(blob, break_off)
    assert not shelf.has(blob)
    assert list((tmp_path / "blobs/sha256").iterdir()) == []


def test_a_blob_that_is_missing(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path, "one")
    with pytest.raises((NotFound, Corrupt)):
        shelf.open(described(b"missing"))
    with pytest.raises((NotFound, Corrupt)):
        shelf.read(described(b"missing"))


@pytest.mark.parametrize("digest", ["sha256:../../secret", "../secret", "sha256:", "md5:00"])
def test_a_digest_is_no_path(tmp_path: Path, digest: str) -> None:
    (tmp_path / "secret").write_text("secret")
    shelf = FolderShelf(tmp_path / "cache", "one")
    for use in (shelf.read, shelf.open, shelf.has):
        with pytest.raises(Invalid, match="not a sha256 digest"):
            use(Descriptor(mediatype.OCI_LAYER, digest, 6))


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    lock = str(tmp_path / "index.json.lock")
    with FolderShelf(tmp_path, "one").alone():
        assert lockfile.is_held(lock)
        assert lockfile.take_free(lock) is None
    assert not lockfile.is_held(lock)
