"""From a name to the manifest for a platform."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from onggi.errors import Corrupt, NotFound, OnggiError, Unsupported
from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci import platform as platforms
from onggi.oci.descriptor import Descriptor
from onggi.oci.manifest import Index
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.registry import blobs, documents
from onggi.registry.documents import Document
from onggi.registry.flow import Conversation, T
from onggi.registry.place import Place

_DEPTH = 4  # indexes in indexes; buildx makes none, others make two


class NotAnImage(Unsupported):
    """What registries keep beside images: signatures, attestations, caches."""


class Found(msgspec.Struct, frozen=True):
    """An image at a place. `named` is what the name means, an index or the manifest itself."""

    place: Place
    named: Document
    manifest: Document
    raw_config: bytes

    @property
    def platform(self) -> Platform:
        config = configs.parse(self.raw_config)
        return Platform(config.architecture, config.os, config.variant)


def tag_or_digest(reference: Reference) -> str:
    """What a registry is asked for: the digest counts where there are both."""
    return reference.digest or reference.tag


def image(place: Place, name: str, platform: Platform) -> Conversation[Found]:
    """The image for a platform; one without an index is given whatever it is for. Raises NotFound where an index has
    none for it, NotAnImage, Corrupt."""
    named = yield from documents.fetch(place, name)
    manifest = named
    for _ in range(_DEPTH):
        if not manifest.is_index:
            return (yield from _with_config(place, named, manifest))
        with documents.reading(place.full_name(manifest.digest)):
            index = manifests.parse_index(manifest.raw)
        manifest = yield from _member(place, _choose(index, platform, place.full_name(name)))
    raise Corrupt(f"{place.full_name(name)} is an index of indexes of indexes, with no end in sight")


def first(places: Sequence[Place], ask: Callable[[Place], Conversation[T]]) -> Conversation[tuple[Place, T]]:
    """The answer of the first place that has one. What mirrors say is no answer unless it is a yes. Raises what the
    last place has said, and tells of the others."""
    tried: list[str] = []
    for place in places[:-1]:
        try:
            return place, (yield from ask(place))
        except OnggiError as error:
            tried.append(error.message)
    place = places[-1]
    try:
        return place, (yield from ask(place))
    except OnggiError as error:
        if not tried:
            raise
        before = "; ".join(tried)
        raise type(error)(f"{error.message} (asked before: {before})", hint=error.hint) from error


def _with_config(place: Place, named: Document, manifest: Document) -> Conversation[Found]:
    what = place.full_name(manifest.digest)
    with documents.reading(what):
        parsed = manifests.parse(manifest.raw)
    if parsed.config.media_type not in mediatype.CONFIGS:
        raise NotAnImage(f"{what} is not an image but {parsed.config.media_type}")
    kinds = [layer.media_type for layer in parsed.layers]
    if kinds and not any(map(mediatype.is_layer, kinds)):  # cosign's signatures have the config of an image
        raise NotAnImage(f"{what} is not an image but {kinds[0]}")
    raw_config = yield from blobs.read(place, parsed.config)
    with documents.reading(what):
        configs.parse(raw_config)
    return Found(place, named, manifest, raw_config)


def _member(place: Place, descriptor: Descriptor) -> Conversation[Document]:
    document = yield from documents.fetch(place, digests.parse(descriptor.digest))
    if len(document.raw) != descriptor.size:
        raise Corrupt(f"{descriptor.digest} has {len(document.raw)} bytes instead of {descriptor.size}")
    return document


def _choose(index: Index, platform: Platform, what: str) -> Descriptor:
    """The entry for the platform; else, as those may say of no platform, the only one."""
    manifests_of = mediatype.INDEXES | mediatype.MANIFESTS
    if index.manifests and not any(each.media_type in manifests_of for each in index.manifests):
        raise NotAnImage(f"{what} is not an image but {index.manifests[0].media_type}")  # BuildKit's caches
    entries = [each for each in index.manifests if not _is_attestation(each)]
    offered = [(each.platform, each) for each in entries if each.platform is not None]
    fitting = platforms.fitting(offered, platform)
    if not fitting:
        fitting = [each for each in entries if each.platform is None]
    if not fitting:
        known = ", ".join(sorted({str(its) for its, _ in offered})) or "nothing"
        raise NotFound(f"{what} is not for {platform}; it is for {known}", hint="--platform names another one")
    return fitting[0]


def _is_attestation(entry: Descriptor) -> bool:
    """What BuildKit puts beside the images: statements on how they were built."""
    return "vnd.docker.reference.type" in entry.annotations
