"""OCI image layouts as archives (OCI image spec, image-layout.md and image-index.md)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from onggi.errors import Corrupt, Invalid, NotFound, Unsupported
from onggi.image import index as indexes
from onggi.image.image import Assembled, Image
from onggi.image.validate import check_bytes
from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci import platform as platforms
from onggi.oci import reference as references
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.store.archive import docker
from onggi.store.archive.files import Files, read
from onggi.store.archive.layer import ArchiveLayer
from onggi.store.layout import IMAGE_NAME, REF_NAME
from onggi.store.several import Several

_MAX_NESTING = 8  # indexes in indexes
_ATTESTATION = "vnd.docker.reference.type"  # what BuildKit calls its provenance and SBOM manifests


def images(files: Files, platform: Platform) -> list[Several]:
    """The images of a layout and their names, each for all the platforms that the layout has it for, the one for
    `platform` first. Entries with one label are one image for several platforms."""
    groups: dict[tuple[str, ...], list[Descriptor]] = {}
    for position, entry in enumerate(manifests.parse_index(read(files, "index.json")).manifests):
        groups.setdefault(_label(entry) or (f"number {position}",), []).append(entry)
    found: dict[Digest, Several] = {}
    for label, entries in groups.items():
        candidates = [each for entry in entries for each in _flatten(files, entry, _MAX_NESTING)]
        if not candidates:
            continue
        several = _several(files, entries, candidates, platform)
        key = digests.of(several.raw_index or several.images[0].raw_manifest())
        names = [*found[key].names] if key in found else []
        names += [name for name in _names(*label) if name not in names]
        found[key] = replace(several, names=tuple(names))
    if not found:
        raise NotFound("the archive has no images")
    return _with_docker_names(files, list(found.values()))


def _several(files: Files, entries: list[Descriptor], candidates: list[Descriptor], platform: Platform) -> Several:
    """One image, or the index over several: the archive's own if it is over just these."""
    there = [each for each in candidates if files.has(_path(each.digest))] or candidates[:1]
    made = [_image(files, each) for each in there]
    if len(made) == 1:
        return Several((made[0],))
    ordered = indexes.with_first(made, platform)
    if len(entries) == 1:
        raw = _read(files, entries[0])
        if [each.digest for each in manifests.parse_index(raw).manifests] == [each.digest for each in there]:
            return Several(ordered, raw_index=raw)
    described = [
        replace(each, platform=each.platform or indexes.platform_of(image), annotations={})
        for each, image in zip(there, made, strict=True)
    ]
    return Several(ordered, raw_index=indexes.encode(described))


def image(files: Files, wanted: str, platform: Platform) -> Image:
    """One image of a layout: by tag, by whole name or by digest; "" is the only one there is, or `latest`. Raises
    NotFound."""
    entries = manifests.parse_index(read(files, "index.json")).manifests
    chosen = [entry for entry in entries if _is_called(entry, wanted or "latest")]
    if not wanted and not chosen and len(entries) == 1:
        chosen = list(entries)
    candidates = [each for entry in chosen for each in _flatten(files, entry, _MAX_NESTING)]
    if not candidates:
        known = ", ".join(label for entry in entries for label in _label(entry)[:1]) or "none has a name"
        raise NotFound(f"the layout has no image {wanted or 'latest'}", hint=f"its images: {known}")
    return _image(files, _choose(files, candidates, platform, wanted))


def _is_called(entry: Descriptor, wanted: str) -> bool:
    names = _label(entry)
    return entry.digest == wanted or wanted in names or any(name.endswith(f":{wanted}") for name in names)


def _label(entry: Descriptor) -> tuple[str, ...]:
    """What the entry is called, in containerd's annotation and in the spec's; () if in neither."""
    return tuple(label for key in (IMAGE_NAME, REF_NAME) if (label := entry.annotations.get(key)))


def _names(label: str, tag: str = "") -> list[Reference]:
    """The whole name, with the tag of its own that the spec's annotation may give: a tool that adds an entry for a new
    tag copies the other annotation. A label that is only a tag ("latest", as umoci writes it) does not say whose, so it
    names nothing."""
    if _is_tag(label):
        return []
    try:
        whole = references.parse(label)
        return [references.parse(f"{whole.name()}:{tag}") if tag and _is_tag(tag) else whole]
    except Invalid:  # the spec lets it be any text
        return []


def _is_tag(label: str) -> bool:
    return not any(mark in label for mark in ":/@")


def _with_docker_names(files: Files, found: list[Several]) -> list[Several]:
    """An archive that is of both kinds may have names in manifest.json alone."""
    if not files.has("manifest.json"):
        return found
    further: dict[Digest, tuple[Reference, ...]] = {}
    for entry in docker.entries(files):
        config = digests.of(read(files, entry.config))
        further[config] = (*further.get(config, ()), *docker.names(entry))
    return [replace(each, names=tuple(dict.fromkeys((*each.names, *_further(each, further))))) for each in found]


def _further(several: Several, names: dict[Digest, tuple[Reference, ...]]) -> Iterator[Reference]:
    for image in several.images:
        yield from names.get(image.manifest().config.digest, ())


def _flatten(files: Files, entry: Descriptor, depth: int) -> Iterator[Descriptor]:
    """The image manifests that an entry leads to, attestations left out."""
    if entry.media_type in mediatype.INDEXES:
        if not depth:
            raise Corrupt(f"the indexes of the archive are nested more than {_MAX_NESTING} deep")
        for each in manifests.parse_index(_read(files, entry)).manifests:
            yield from _flatten(files, each, depth - 1)
    elif entry.media_type in mediatype.MANIFESTS and _ATTESTATION not in entry.annotations:
        yield entry


def _choose(files: Files, candidates: list[Descriptor], platform: Platform, label: str) -> Descriptor:
    """The candidate for the platform. One that is alone is taken whatever it is for."""
    if len(candidates) == 1:
        return candidates[0]
    offered = [(candidate.platform or _platform(files, candidate), candidate) for candidate in candidates]
    fitting = platforms.fitting(offered, platform)
    if not fitting:
        known = ", ".join(sorted(str(its) for its, _ in offered))
        raise NotFound(f"image {label} in the archive is not for {platform}; it is for {known}")
    return fitting[0]


def _platform(files: Files, entry: Descriptor) -> Platform:
    config = configs.parse(_read(files, manifests.parse(_read(files, entry)).config))
    return Platform(config.architecture, config.os, config.variant)


def _image(files: Files, entry: Descriptor) -> Image:
    raw_manifest = _read(files, entry)
    manifest = manifests.parse(raw_manifest)
    if manifest.config.media_type not in (mediatype.OCI_CONFIG, mediatype.DOCKER_CONFIG):
        raise Unsupported(f"{entry.digest} in the archive is not an image but {manifest.config.media_type}")
    raw_config = _read(files, manifest.config)
    diff_ids = configs.parse(raw_config).rootfs.diff_ids
    if len(diff_ids) != len(manifest.layers):
        raise Corrupt(f"image {entry.digest} has {len(manifest.layers)} layers, but {len(diff_ids)} diff IDs")
    for layer in manifest.layers:
        mediatype.compression(layer.media_type)
    layers = [
        ArchiveLayer(layer, digests.parse(diff_id), files, _path(layer.digest))
        for layer, diff_id in zip(manifest.layers, diff_ids, strict=True)
    ]
    return Assembled(raw_manifest, raw_config, layers)


def _read(files: Files, descriptor: Descriptor) -> bytes:
    data = read(files, _path(descriptor.digest))
    check_bytes("the document", data, descriptor)
    return data


def _path(digest: Digest) -> str:
    return f"blobs/sha256/{digests.hex_of(digests.parse(digest))}"
