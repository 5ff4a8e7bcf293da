"""A client's caches → those of a build (moby/buildkit, cache/remotecache; frontend/dockerui, config.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import msgspec

from onggi.api.buildkit.wire.control_pb2 import CacheOptionsEntry
from onggi.engine.output import (
    CacheSource,
    CacheTarget,
    Compression,
    ImageCache,
    InlineCache,
    RegistryCache,
)
from onggi.errors import Invalid, Unsupported
from onggi.fields import Fields
from onggi.oci import reference

_COMPRESSIONS = {"gzip": "gzip", "zstd": "zstd", "estargz": "gzip", "uncompressed": "none"}


class _Entry(msgspec.Struct, frozen=True, rename="pascal"):
    """One of the JSON of the option `cache-imports`."""

    type: str = ""
    attrs: Mapping[str, str] = {}


def sources(options: Mapping[str, str], entries: Iterable[CacheOptionsEntry]) -> tuple[CacheSource, ...]:
    """Clients say them in one place, or in several. Raises Invalid, Unsupported."""
    said = [*_of_options(options), *(_Entry(each.type, each.attrs) for each in entries)]
    return tuple(dict.fromkeys(_source(each) for each in said))


def targets(entries: Iterable[CacheOptionsEntry]) -> tuple[CacheTarget, ...]:
    """Raises Invalid, Unsupported."""
    return tuple(_target(_Entry(each.type, each.attrs)) for each in entries)


def _of_options(options: Mapping[str, str]) -> list[_Entry]:
    old = [_Entry("registry", {"ref": name}) for name in options.get("cache-from", "").split(",") if name]
    try:
        return [*old, *msgspec.json.decode(options.get("cache-imports") or "[]", type=list[_Entry])]
    except msgspec.DecodeError as error:
        raise Invalid(f"cache-imports: {error}") from error


def _source(entry: _Entry) -> CacheSource:
    """An image of the store may be meant, for Docker's own builder looks there first."""
    said = _fields("import", entry)
    if entry.type == "registry":
        return ImageCache(reference=_reference(said))
    raise _unsupported(said)


def _target(entry: _Entry) -> CacheTarget:
    said = _fields("export", entry)
    if entry.type == "inline":
        return CacheTarget(place=InlineCache())
    if entry.type != "registry":
        raise _unsupported(said)
    for key in ("oci-mediatypes", "image-manifest"):
        if not said.flag(key, True):
            raise Unsupported(f"{said.whole}: onggi writes OCI image manifests only", hint=f"leave {key} out")
    return CacheTarget(
        place=RegistryCache(reference=_reference(said)),
        is_complete=said.choice("mode", {"min": "", "max": "max"}, "min") == "max",
        compression=cast(Compression, said.choice("compression", _COMPRESSIONS, "gzip")),
        level=said.number("compression-level"),
        may_fail=said.flag("ignore-error"),
    )


def _fields(verb: str, entry: _Entry) -> Fields:
    return Fields(f"the cache {verb} type={entry.type}", entry.attrs)


def _reference(said: Fields) -> str:
    return str(reference.parse(said.get("ref")))


def _unsupported(said: Fields) -> Unsupported:
    return Unsupported(f"{said.whole} is not supported", hint="type=registry is, and type=inline")
