"""A client's caches → those of a build (moby/buildkit, cache/remotecache; frontend/dockerui, config.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from onggi.api.buildkit.session.content import ClientShelf, Written
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.control_pb2 import CacheOptionsEntry
from onggi.decoders import decoder
from onggi.engine import output_fields
from onggi.engine.output import CacheSource, CacheTarget, ImageCache, InlineCache, RegistryCache, ShelfCache
from onggi.errors import Invalid, Unsupported
from onggi.fields import Fields
from onggi.oci import reference
from onggi.oci.descriptor import Descriptor


class _Entry(msgspec.Struct, frozen=True, rename="pascal"):
    """One of the JSON of the option `cache-imports`."""

    type: str = ""
    attrs: Mapping[str, str] = {}


def sources(
    options: Mapping[str, str], entries: Iterable[CacheOptionsEntry], session: Session
) -> tuple[CacheSource, ...]:
    """Clients say them in one place, or in several. Raises Invalid, Unsupported."""
    said: list[_Entry] = []
    for each in (*_of_options(options), *(_Entry(each.type, dict(each.attrs)) for each in entries)):
        if each not in said:
            said.append(each)
    return tuple(_source(each, session) for each in said)


def targets(entries: Iterable[CacheOptionsEntry], session: Session, written: Written) -> tuple[CacheTarget, ...]:
    """`written` is told of each cache that was put into a folder of the client. Raises Invalid, Unsupported."""
    return tuple(_target(_Entry(each.type, dict(each.attrs)), session, written) for each in entries)


def response(written: Sequence[Descriptor]) -> dict[str, str]:
    """What clients must hear of such a cache, to name it there; of several that is the last
    (moby/buildkit, cache/remotecache)."""
    return {"cache.manifest": msgspec.json.encode(written[-1]).decode()} if written else {}


def _of_options(options: Mapping[str, str]) -> list[_Entry]:
    old = [_Entry("registry", {"ref": name}) for name in options.get("cache-from", "").split(",") if name]
    try:
        return [*old, *decoder(list[_Entry]).decode(options.get("cache-imports") or "[]")]
    except msgspec.DecodeError as error:
        raise Invalid(f"cache-imports: {error}") from error


def _source(entry: _Entry, session: Session) -> CacheSource:
    """An image of the store may be meant, for Docker's own builder looks there first."""
    said = Fields(f"the cache import type={entry.type}", entry.attrs)
    match entry.type:
        case "registry":
            return ImageCache(reference=_reference(said))
        case "local":
            return ShelfCache(shelf=ClientShelf(session, _folder(said, "src"), said.get("digest")))
    raise _unsupported(said)


def _target(entry: _Entry, session: Session, written: Written) -> CacheTarget:
    said = Fields(f"the cache export type={entry.type}", entry.attrs)
    place: RegistryCache | ShelfCache
    match entry.type:
        case "inline":
            return CacheTarget(place=InlineCache())
        case "registry":
            place = RegistryCache(reference=_reference(said))
        case "local":
            place = ShelfCache(shelf=ClientShelf(session, _folder(said, "dest"), written=written))
        case _:
            raise _unsupported(said)
    return output_fields.cache(said, place)


def _reference(said: Fields) -> str:
    return str(reference.parse(said.get("ref")))


def _folder(said: Fields, key: str) -> str:
    if not said.get(key):
        raise Invalid(f"{said.whole}: {key} is missing: the folder of the cache")
    return said.get(key)


def _unsupported(said: Fields) -> Unsupported:
    return Unsupported(f"{said.whole} is not supported", hint="type=registry, type=local and type=inline are")
