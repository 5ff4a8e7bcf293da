"""What a shared cache consists of.

    index ─→ manifest of a group ─→ config: entries, each with its keys; for each layer its diff ID
                                 ─→ layers

Each build target that writes into a cache has a group of its own in there, which its next build replaces; those of
others stay. Layers of base images are not among a group's: whoever has the key of a step on a base image has the image.
Nothing that is read is believed before its digest was seen, and no layer before it was unpacked and its trees compared;
that a step with this key makes these layers, the cache's writer has to be trusted with."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence

import msgspec

from onggi.decoders import decoder
from onggi.errors import Corrupt, Unsupported
from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.document import reading
from onggi.oci.manifest import Index, Manifest
from onggi.solve.result import CacheEntry

MEDIA_TYPE = "application/vnd.onggi.cache.v1+json"
GROUP = "dev.onggi.cache.group"
"""The annotation in the index that tells whose manifest it is."""
INLINE = "dev.onggi.cache"
"""The annotation in an image's manifest that holds the entries of its own layers, squeezed."""
_LONGEST = 64 << 20  # bytes of those entries
_BUILDKIT = "application/vnd.buildkit.cacheconfig.v0"


class Kept(msgspec.Struct, frozen=True):
    """An entry of the cache under all its keys."""

    keys: tuple[str, ...]
    entry: CacheEntry


class KeptMount(msgspec.Struct, frozen=True):
    """What a RUN --mount=type=cache has kept: `name` is the store's for it, `id` the Dockerfile's."""

    name: str
    id: str
    diff_id: Digest


class Config(msgspec.Struct, frozen=True, omit_defaults=True):
    """`diff_ids` are those of the manifest's layers, in their order."""

    diff_ids: tuple[Digest, ...]
    entries: tuple[Kept, ...]
    mounts: tuple[KeptMount, ...] = ()


class Group(msgspec.Struct, frozen=True):
    """What one target has written."""

    layers: Mapping[Digest, Descriptor]
    config: Config


def members(raw: bytes) -> tuple[Descriptor, ...]:
    """The manifests under a cache's name, which may be an index of them or a single one. Raises Corrupt."""
    if _kind(raw) in mediatype.INDEXES:
        return manifests.parse_index(raw).manifests
    return (Descriptor(mediatype.OCI_MANIFEST, digests.of(raw), len(raw)),)


def group(raw_manifest: bytes, raw_config: bytes) -> Group:
    """Raises Corrupt for what cannot be."""
    with reading("a build cache"):
        config = decoder(Config).decode(raw_config)
    return _group(manifests.parse(raw_manifest).layers, config)


def inlined(entries: Sequence[Kept]) -> dict[str, str]:
    """What the manifest of an image is annotated with, so that it is a cache of its own layers."""
    packed = zlib.compress(msgspec.json.encode(tuple(entries)), 9)
    return {INLINE: base64.b64encode(packed).decode()}


def inline(found: Manifest, raw_config: bytes) -> Group:
    """The cache that is in an image whose manifest has the annotation INLINE. Raises Corrupt."""
    try:
        inflater = zlib.decompressobj()
        raw = inflater.decompress(base64.b64decode(found.annotations[INLINE], validate=True), _LONGEST)
        if not inflater.eof:
            raise ValueError(f"it is cut short, or has more than {_LONGEST} bytes")
    except (ValueError, zlib.error) as error:
        raise Corrupt(f"the cache in the image is damaged: {error}") from error
    with reading("a build cache"):
        entries = decoder(tuple[Kept, ...]).decode(raw)
    diff_ids = configs.parse(raw_config).rootfs.diff_ids
    return _group(found.layers, Config(diff_ids, entries))


def check_is_cache(config: Descriptor) -> None:
    """Raises Unsupported for what is something else, BuildKit's cache for instance."""
    if config.media_type == _BUILDKIT:
        raise _of_buildkit("it is")
    if config.media_type != MEDIA_TYPE:
        raise Unsupported(f"it holds no cache of onggi, but {config.media_type}")


def check_is_not_buildkits(raw_config: bytes) -> None:
    """Raises Unsupported for the config of an image with a cache of BuildKit in it."""
    with reading("an image config"):
        found = decoder(_WithCache).decode(raw_config)
    if found.cache is not None:
        raise _of_buildkit("it is an image with")


def _of_buildkit(what: str) -> Unsupported:
    return Unsupported(
        f"{what} a cache of BuildKit, whose keys are made of what BuildKit runs",
        hint='see docs/cache.md, "Caches of BuildKit"; write one of onggi beside it',
    )


def joined(others: Sequence[Descriptor], own: Descriptor) -> Index:
    """The index with one group's manifest in place of the one before."""
    name = own.annotations[GROUP]
    rest = [each for each in others if each.annotations.get(GROUP, "") not in ("", name)]
    ordered = sorted((*rest, own), key=lambda each: each.annotations[GROUP])
    return Index(schema_version=2, media_type=mediatype.OCI_INDEX, manifests=tuple(ordered))


def _group(layers: tuple[Descriptor, ...], config: Config) -> Group:
    if len(config.diff_ids) != len(layers):
        raise Corrupt(f"the cache has {len(layers)} layers, but {len(config.diff_ids)} diff IDs")
    if not all(map(digests.is_digest, config.diff_ids)) or not all(map(_is_sound, config.entries)):
        raise Corrupt("the cache has an entry that cannot be")
    return Group(dict(zip(config.diff_ids, layers, strict=True)), config)


def _is_sound(kept: Kept) -> bool:
    entry = kept.entry
    layers = entry.result.layers
    is_named = all(digests.is_digest(layer.diff_id) for layer in layers)
    return is_named and entry.owned[-1:] == (entry.result.is_own,) and sum(entry.owned) <= len(layers)


class _WithCache(msgspec.Struct, frozen=True):
    cache: object = msgspec.field(name="moby.buildkit.cache.v0", default=None)


class _Any(msgspec.Struct, frozen=True, rename="camel"):
    media_type: str = ""
    manifests: tuple[msgspec.Raw, ...] | None = None


def _kind(raw: bytes) -> str:
    with reading("a build cache"):
        found = decoder(_Any).decode(raw)
    return found.media_type or (mediatype.OCI_INDEX if found.manifests is not None else mediatype.OCI_MANIFEST)
