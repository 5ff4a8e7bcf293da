"""A shared cache in a folder: an OCI image layout, in which each cache has a tag."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from onggi.errors import Corrupt, NotFound
from onggi.layer import beside
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.manifest import Index
from onggi.store import lockfile
from onggi.store.archive.files import FolderFiles, read
from onggi.store.disk import LAYOUT, LAYOUT_FILE
from onggi.store.layout import REF_NAME
from onggi.store.shared.shelf import Write

_BLOBS = "blobs/sha256"
_INDEX = "index.json"


class FolderShelf:
    """The cache with a tag, or to be read the one with a digest (store.shared.shelf.Shelf)."""

    def __init__(self, folder: Path, tag: str, digest: str = "") -> None:
        self._folder = folder
        self._tag = tag
        self._digest = digest
        self._files = FolderFiles(folder)

    def __str__(self) -> str:
        return str(self._folder)

    def named(self) -> bytes | None:
        for entry in self._entries():
            if entry.digest == self._digest if self._digest else entry.annotations.get(REF_NAME) == self._tag:
                return self.read(entry)
        return None

    def own(self) -> Descriptor | None:
        return None  # who writes is alone: nothing gets lost of the index

    def keep(self, own: Descriptor) -> None:
        pass

    def read(self, descriptor: Descriptor) -> bytes:
        return read(self._files, _path(descriptor.digest))

    def open(self, descriptor: Descriptor) -> BinaryIO:
        return self._files.open(_path(descriptor.digest))

    def has(self, descriptor: Descriptor) -> bool:
        path = _path(descriptor.digest)
        return self._files.has(path) and self._files.size(path) == descriptor.size

    def put(self, descriptor: Descriptor, write: Callable[[Write], object]) -> None:
        path = self._folder / _path(descriptor.digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.writing(str(path)) as file:
            write(file.write)

    def publish(self, descriptor: Descriptor, raw: bytes) -> None:
        if not self.has(descriptor):
            self.put(descriptor, lambda write: write(raw))
        entry = Descriptor(descriptor.media_type, descriptor.digest, descriptor.size, annotations={REF_NAME: self._tag})
        self._write(LAYOUT_FILE, LAYOUT)
        self._write(_INDEX, manifests.encode(self._with(entry)))

    def alone(self) -> AbstractContextManager[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        return lockfile.held(str(self._folder / f"{_INDEX}.lock"))

    def _write(self, name: str, data: bytes) -> None:
        with beside.writing(str(self._folder / name)) as file:
            file.write(data)

    def _entries(self) -> tuple[Descriptor, ...]:
        if not (self._folder / _INDEX).exists():
            return ()
        try:
            return manifests.parse_index(read(self._files, _INDEX)).manifests
        except Corrupt as error:
            hint = "to begin a new cache, remove the folder or name another one"
            raise Corrupt(f"{self._folder / _INDEX} is {error}", hint=hint) from error

    def _with(self, entry: Descriptor) -> Index:
        """The folder's index with one more entry, or another one of the same tag."""
        rest = tuple(each for each in self._entries() if each.annotations.get(REF_NAME) != self._tag)
        return Index(schema_version=2, media_type=mediatype.OCI_INDEX, manifests=(*rest, entry))


def to_read(folder: Path, tag: str, digest: str = "") -> FolderShelf:
    """Raises NotFound where there is no such cache."""
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    shelf = FolderShelf(folder, tag, digest)
    if shelf.named() is None:
        raise NotFound(f"there is no cache {digest or tag}")
    return shelf


def _path(digest: Digest) -> str:
    return f"{_BLOBS}/{digests.hex_of(digests.parse(digest))}"
