"""What the fields of an output or of a cache say, whoever gives them: options of `onggi build`, a client's exporters
(docker/buildx, util/buildflags/export.go; docs.docker.com, build/cache/backends). Where it goes, each of them says in a
way of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from onggi.engine.annotations import of_output
from onggi.engine.output import (
    ArchiveOutput,
    CacheTarget,
    Compression,
    FolderCache,
    RegistryCache,
    ShelfCache,
    StoreOutput,
    Target,
)
from onggi.errors import Unsupported
from onggi.fields import Fields
from onggi.layer.compression import Squeeze

_COMPRESSIONS = {"gzip": "gzip", "zstd": "zstd", "uncompressed": "none"}
_OF_CACHES = {**_COMPRESSIONS, "estargz": "gzip"}
"""Nobody runs a cache's layers before they are there, which is all that estargz is for."""


def stored(said: Fields) -> StoreOutput:
    """Raises Invalid for annotations that are none."""
    return StoreOutput(_names(said), of_output(said.whole, said.values))


def pushed(said: Fields) -> StoreOutput:
    """It is in the store too: pushing it again sends nothing then. Raises Invalid, Unsupported."""
    if said.flag("push-by-digest"):
        raise Unsupported(
            f"{said.whole}: push-by-digest is not supported: an image is pushed by a name",
            hint="give it a tag; its digest is told too",
        )
    refuse_docker_types(said)
    squeeze = Squeeze(_compression(said), said.number("compression-level"), said.flag("force-compression"))
    return StoreOutput(_names(said), of_output(said.whole, said.values), squeeze)


def archive(said: Fields, form: Literal["docker", "oci"], target: Target, *, is_folder: bool = False) -> ArchiveOutput:
    """Raises Invalid."""
    return ArchiveOutput(
        format=form,
        target=target,
        is_folder=is_folder,
        names=_names(said),
        compression=_compression(said),
        level=said.number("compression-level"),
        recompress=said.flag("force-compression"),
        annotations=of_output(said.whole, said.values),
    )


def is_split(said: Fields) -> bool | None:
    """As FolderOutput has it. Raises Invalid."""
    return said.flag("platform-split") if said.get("platform-split") else None


def cache(said: Fields, place: FolderCache | RegistryCache | ShelfCache) -> CacheTarget:
    """Raises Invalid, and Unsupported for a cache that is an index."""
    for key in ("oci-mediatypes", "image-manifest"):
        if not said.flag(key, True):
            raise Unsupported(f"{said.whole}: onggi writes OCI image manifests only", hint=f"leave {key} out")
    return CacheTarget(
        place=place,
        is_complete=is_complete(said),
        compression=_compression(said, _OF_CACHES),
        level=said.number("compression-level"),
        may_fail=said.flag("ignore-error"),
    )


def is_complete(said: Fields) -> bool:
    """Of a cache. Raises Invalid."""
    return said.choice("mode", {"min": "", "max": "max"}, "min") == "max"


def refuse_docker_types(said: Fields) -> None:
    """Of an image. Raises Invalid, Unsupported."""
    if not said.flag("oci-mediatypes", True):
        raise Unsupported(
            f"{said.whole}: onggi writes OCI media types only", hint="every Docker since 17.10 reads them"
        )


def _compression(said: Fields, words: Mapping[str, str] = _COMPRESSIONS) -> Compression:
    return cast(Compression, said.choice("compression", words, "gzip"))


def _names(said: Fields) -> tuple[str, ...]:
    return tuple(filter(None, said.get("name").split(",")))
