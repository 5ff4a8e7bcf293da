"""What is to become of a build's result and of its cache: plain values of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import msgspec

from onggi.boolean import parse_bool
from onggi.layer.compression import Compression as Compression
from onggi.layer.compression import Squeeze
from onggi.oci.platform import Platform

if TYPE_CHECKING:
    from onggi.image.image import Image
    from onggi.layer.checkout import Written
    from onggi.layer.union import Union
    from onggi.store.shared.shelf import Shelf


class Sink(Protocol):
    """As much of a stream as an output needs."""

    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> object: ...


Target: TypeAlias = Path | Sink
"""A file to write, whole or not at all; or a stream."""

Level: TypeAlias = Literal["manifest", "index", "manifest-descriptor", "index-descriptor"]

INLINE_CACHE = "BUILDKIT_INLINE_CACHE"


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """`level`: the document that has it, or the descriptor that names that document. `platform`: of an image for
    several platforms only the manifest for this one; None: each."""

    key: str
    value: str
    level: Level = "manifest"
    platform: Platform | None = None


class StoreOutput(msgspec.Struct, frozen=True):
    """An image in the store. `names` count where the request has no references, as in every output. `push`: it is also
    pushed under its names, its layers in this way; None: it is not."""

    names: tuple[str, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    push: Squeeze | None = None


class Receiver(Protocol):
    """A folder that is not of this host; `str()` says what it is."""

    def take(self, trees: Mapping[str, Union]) -> Written:
        """Write trees into it, each beneath its name ("": right into it)."""
        ...


class FolderOutput(msgspec.Struct, frozen=True):
    """The files of the final root file system, in a folder that may hold others. `split`: in a folder for each
    platform (`linux_amd64`); None: if there are several."""

    folder: Path | Receiver
    split: bool | None = None


class TarOutput(msgspec.Struct, frozen=True):
    """The same as one tar."""

    target: Target
    split: bool | None = None


class ArchiveOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An OCI image layout, with Docker's manifest.json beside it in the format "docker". A tar, or with
    `is_folder` a folder. `level` is that of the compression, None its middle; layers that the base has compressed
    otherwise stay as they are unless `recompress`."""

    format: Literal["docker", "oci"]
    target: Target
    is_folder: bool = False
    names: tuple[str, ...] = ()
    compression: Compression = "gzip"
    level: int | None = None
    recompress: bool = False
    annotations: tuple[Annotation, ...] = ()


class CacheOnly(msgspec.Struct, frozen=True):
    """Nothing: what was built is in the cache."""


class LentOutput(msgspec.Struct, frozen=True):
    """The images, whose layers are in the store, for whoever takes them one by one: a Loan, for one."""

    take: Callable[[Image], object]


Output: TypeAlias = StoreOutput | FolderOutput | TarOutput | ArchiveOutput | LentOutput | CacheOnly


class FolderCache(msgspec.Struct, frozen=True, kw_only=True):
    """A shared cache in a folder: the one with a tag or, to be read, with a digest."""

    folder: Path
    tag: str = "latest"
    digest: str = ""

    def __str__(self) -> str:
        return str(self.folder)


class RegistryCache(msgspec.Struct, frozen=True, kw_only=True):
    """A shared cache at a registry; or to be read an image there that has one in it."""

    reference: str

    def __str__(self) -> str:
        return self.reference


class ImageCache(msgspec.Struct, frozen=True, kw_only=True):
    """To be read: an image of the store or, where there is none of that name, at a registry, with a cache in it. One of
    the store may have none: if it was built here, the store's own cache knows how."""

    reference: str

    def __str__(self) -> str:
        return self.reference


class ShelfCache(msgspec.Struct, frozen=True):
    """A shared cache that somebody else has, who reads and writes it himself."""

    shelf: Shelf

    def __str__(self) -> str:
        return str(self.shelf)


class InlineCache(msgspec.Struct, frozen=True):
    """In the manifest of the image that is built: of what its own layers were made of."""

    def __str__(self) -> str:
        return "in the image"


CacheSource: TypeAlias = FolderCache | RegistryCache | ImageCache | ShelfCache
"""A cache that another build has written. One that cannot be read is a warning, as for BuildKit."""


class CacheTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where to write the build's cache: what its result is made of, or with `is_complete` all of it. group: what it
    replaces there is what a build of the same group has written; "" is named after project, Dockerfile, target and
    platforms. has_mounts: also what RUN --mount=type=cache keeps. may_fail: an error is a warning."""

    place: FolderCache | RegistryCache | ShelfCache | InlineCache
    is_complete: bool = False
    compression: Compression = "gzip"
    level: int | None = None
    group: str = ""
    has_mounts: bool = False
    may_fail: bool = False


def asks_for_inline_cache(build_args: Mapping[str, str]) -> bool:
    """`--build-arg BUILDKIT_INLINE_CACHE=1`, as people said it before there was --cache-to."""
    return parse_bool(build_args.get(INLINE_CACHE, "")) is True
