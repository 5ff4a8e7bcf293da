"""`manifest`: lists of manifests, put together here out of what registries and the store have, and pushed; and what
manifests are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from onggi.engine.naming import new_name
from onggi.errors import Conflict, Invalid, NotFound
from onggi.layer.compression import Squeeze
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import manifest_list, mediatype
from onggi.oci import platform as platforms
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.oci.document import reading
from onggi.oci.manifest_list import ListPlatform, Member
from onggi.oci.reference import Reference
from onggi.registry import blobs, documents, resolve
from onggi.registry.documents import Document
from onggi.registry.flow import Conversation
from onggi.registry.place import Place
from onggi.settings import Settings
from onggi.store.images import StoredImage
from onggi.store.manifest_lists import ListEntry, amending
from onggi.store.store import Store

if TYPE_CHECKING:
    from onggi.engine.registry.wire import Wire


class CreateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which list to make, and of what. is_amended: it may be there. is_insecure: registries may be spoken to by HTTP,
    and nobody need vouch for their certificates."""

    name: str
    manifests: tuple[str, ...]
    is_amended: bool = False
    is_insecure: bool = False


class AnnotateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one manifest of a list is for. "" leaves a thing as it is; features are added."""

    name: str
    manifest: str
    os: str = ""
    architecture: str = ""
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()


class PushListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which list to push. is_purged: it is not kept here then. is_insecure: as in CreateRequest."""

    name: str
    is_purged: bool = False
    is_insecure: bool = False


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest or, if `is_list`, a list or index, as it is at its registry or would be pushed. `entries`: the
    manifest, or those of the list, if they were asked for."""

    raw: bytes
    is_list: bool
    entries: tuple[ListEntry, ...] = ()


class Manifests:
    """Manifests at registries, and the lists of one store."""

    def __init__(self, store: Callable[[], Store], settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def inspect(
        self, name: str, within: str = "", *, with_entries: bool = False, is_insecure: bool = False
    ) -> Inspected:
        """A list of the store, or with `within` a manifest of that list; else what a registry has by this name. Raises
        NotFound, Unauthorized, Unavailable, Unsupported, Corrupt."""
        reference = references.parse(name)
        if within:
            entry = self._entry(references.parse(within), reference)
            return Inspected(raw=entry.raw, is_list=False, entries=(entry,))
        entries = self._store().manifest_lists.get(reference)
        if entries:
            _, raw = manifest_list.encode([_member(each) for each in entries])
            return Inspected(raw=raw, is_list=True, entries=entries)
        with self._wire(is_insecure) as wire:
            place, document = _fetched(wire, reference)
            found = wire.driver.run(_entries(place, reference, document)) if with_entries else ()
        return Inspected(raw=document.raw, is_list=document.is_index, entries=found)

    def create(self, request: CreateRequest) -> Reference:
        """Make a list, or add to one. An image that was made here and never pushed is taken from the store, all
        others are looked for at their registries first. Raises Conflict for a list that is there, NotFound, Invalid for
        what is a list itself, and as `inspect`; then nothing has changed."""
        name = new_name(request.name)
        lists = self._store().manifest_lists
        known = {each.name: each for each in lists.get(name)}
        if known and not request.is_amended:
            raise amending(name)
        wanted = {str(reference): reference for reference in map(references.parse, request.manifests)}
        missing = [reference for full_name, reference in wanted.items() if full_name not in known]
        with self._wire(request.is_insecure) as wire:
            found = [self._found(wire, each) for each in missing]
        (lists.put if request.is_amended else lists.create)(name, found)
        return name

    def annotate(self, request: AnnotateRequest) -> None:
        """Say what a manifest of a list is for. Raises NotFound, Invalid for a platform that there is not."""
        name = references.parse(request.name)
        try:
            entry = self._entry(name, references.parse(request.manifest))
        except NotFound as error:
            words = f"manifest for image {request.manifest} does not exist in {request.name}"
            raise NotFound(
                words, hint=f"`onggi manifest create -a {request.name} {request.manifest}` adds it"
            ) from error
        said = {
            key: value for key in ("os", "architecture", "variant", "os_version") if (value := getattr(request, key))
        }
        features = tuple(dict.fromkeys((*entry.platform.os_features, *request.os_features)))
        platform = replace(entry.platform, **said, os_features=features)
        if not platforms.is_known(platform.os, platform.architecture):
            raise Invalid(
                f"manifest entry for image has unsupported os/arch combination: {platform.os}/{platform.architecture}",
                hint="the names are Go's: linux, windows; amd64, arm64, arm with a variant, s390x",
            )
        self._store().manifest_lists.put(name, [replace(entry, platform=platform)])

    def push(self, request: PushListRequest, pushed: Callable[[Reference, Digest], object]) -> Digest:
        """Have the registry hold a list of the store, and its repository all manifests of it: images of the store are
        sent, those of the registry's other repositories mounted, those of other registries copied; `pushed` is told of
        each of them. The digest of the list. Raises NotFound, Invalid for a manifest without platform, Conflict for an
        image that is not in the store any more, Unauthorized, Unavailable; then the tag means what it meant."""
        name = new_name(request.name)
        entries = self._list(name)
        for each in entries:
            if not (each.platform.os and each.platform.architecture):
                raise Invalid(
                    f"manifest {each.name} must have an OS and Architecture to be pushed to a registry",
                    hint=f"`onggi manifest annotate --os linux --arch amd64 {request.name} {each.name}` says them",
                )
        with self._wire(request.is_insecure) as wire:
            place = wire.home(name)
            members = [self._bring(wire, place, name, each, pushed) for each in entries]
            digest = wire.driver.run(documents.put(place, Document(*manifest_list.encode(members)), name.tag))
        if request.is_purged:
            self._store().manifest_lists.remove(name)
        return digest

    def remove(self, name: str) -> None:
        """Forget a list of the store. Raises NotFound."""
        self._store().manifest_lists.remove(references.parse(name))

    def _list(self, name: Reference) -> tuple[ListEntry, ...]:
        entries = self._store().manifest_lists.get(name)
        if not entries:
            raise NotFound(f"No such manifest: {name}", hint="`onggi manifest create` makes a list")
        return entries

    def _entry(self, name: Reference, manifest: Reference) -> ListEntry:
        found = [each for each in self._store().manifest_lists.get(name) if each.name == str(manifest)]
        if not found:
            raise NotFound(
                f"No such manifest: {manifest}",
                hint=f"`onggi manifest inspect -v {name.familiar()}` shows what there is",
            )
        return found[0]

    def _found(self, wire: Wire, name: Reference) -> ListEntry:
        """What the registry has, if it is known to have the store's image of this name or there is none; else that."""
        image_id = self._store().images.named(name)
        image = None if image_id is None else self._store().images.get(image_id)
        if image is None or any(origin.repository == name.name() for origin in image.origins):
            try:
                return _single(wire, name)
            except NotFound:
                if image is None:
                    raise
        return self._of_store(name, image)

    def _of_store(self, name: Reference, image: StoredImage) -> ListEntry:
        if self._store().images.index(str(name)) is not None:
            raise Invalid(f"{name} is a manifest list", hint=f"`onggi push {name.familiar()}` pushes it as it is")
        return ListEntry(
            name=str(name),
            media_type=image.manifest().media_type or mediatype.OCI_MANIFEST,
            raw=image.raw_manifest(),
            platform=manifest_list.platform_of(msgspec.json.decode(image.raw_config())),
            image=image.id,
        )

    def _bring(
        self,
        wire: Wire,
        place: Place,
        name: Reference,
        entry: ListEntry,
        pushed: Callable[[Reference, Digest], object],
    ) -> Member:
        """An entry as the list is to name it, once the list's repository has it."""
        from onggi.engine.registry.copies import copy

        if entry.image:
            member = self._send(wire, place, name, entry)
        else:
            member, source = _member(entry), references.parse(entry.name)
            home = wire.home(source)
            if (home.host, home.repository) == (place.host, place.repository):
                return member
            copy(wire, source, Document(entry.media_type, entry.raw), place)
        pushed(replace(name, tag="", digest=member.digest), member.digest)
        return member

    def _send(self, wire: Wire, place: Place, name: Reference, entry: ListEntry) -> Member:
        from onggi.engine.registry.cargo import cargo
        from onggi.engine.registry.delivery import Delivery

        store, squeeze, jobs = self._store(), Squeeze("gzip", all=False), self._settings.jobs
        with store.lease() as lease:
            try:
                image = store.images.get(entry.image, lease)
            except NotFound as error:
                raise Conflict(
                    f"the image {digests.short(entry.image)} that was {entry.name} is not in the store any more",
                    hint=f"make the list anew: `onggi manifest rm {name.familiar()}`, then `onggi manifest create`",
                ) from error
            goods = cargo([image], squeeze, store.squeezed)
            descriptor = Delivery(store, wire, place, goods, squeeze, jobs, lambda event: None).send("")
            store.origins.add(name.name(), descriptor.digest, entry.image)
        return Member(descriptor.media_type, descriptor.size, descriptor.digest, entry.platform)

    def _wire(self, is_insecure: bool) -> AbstractContextManager[Wire]:
        from onggi.engine.registry.wire import open_wire

        return open_wire(self._settings, is_insecure=is_insecure)


def _member(entry: ListEntry) -> Member:
    return Member(entry.media_type, len(entry.raw), digests.of(entry.raw), entry.platform)


def _fetched(wire: Wire, reference: Reference) -> tuple[Place, Document]:
    name = resolve.tag_or_digest(reference)
    try:
        return wire.driver.run(resolve.first(wire.places(reference), lambda place: documents.fetch(place, name)))
    except NotFound as error:
        raise NotFound(f"no such manifest: {reference}", hint=error.message) from error


def _single(wire: Wire, reference: Reference) -> ListEntry:
    place, document = _fetched(wire, reference)
    if document.is_index:
        raise Invalid(
            f"{reference} is a manifest list",
            hint=f"`onggi manifest inspect {reference.familiar()}` shows its manifests: name one by its digest",
        )
    return wire.driver.run(_described(place, reference, document))


def _entries(place: Place, reference: Reference, document: Document) -> Conversation[tuple[ListEntry, ...]]:
    """The manifest or, of an index, all that are in it, with the platforms that it says."""
    if not document.is_index:
        return ((yield from _described(place, reference, document)),)
    with documents.reading(str(reference)):
        members = manifests.parse_index(document.raw).manifests
    said: list[Mapping[str, Any]] = msgspec.json.decode(document.raw)["manifests"]
    found = []
    for member, its in zip(members, said, strict=True):
        own = yield from documents.fetch(place, member.digest)
        platform = manifest_list.platform_of(its.get("platform"))
        found.append(_listed(replace(reference, digest=member.digest), own, platform))
    return tuple(found)


def _described(place: Place, reference: Reference, document: Document) -> Conversation[ListEntry]:
    """A manifest, with what its config says it is for: that of an artifact says nothing."""
    with documents.reading(str(reference)):
        config = manifests.parse(document.raw).config
    if config.media_type not in mediatype.CONFIGS:
        return _listed(reference, document, ListPlatform("", ""))
    raw_config = yield from blobs.read(place, config)
    with documents.reading(str(reference)), reading("a config"):
        platform = manifest_list.platform_of(msgspec.json.decode(raw_config))
    return _listed(reference, document, platform)


def _listed(reference: Reference, document: Document, platform: ListPlatform) -> ListEntry:
    return ListEntry(name=str(reference), media_type=document.media_type, raw=document.raw, platform=platform)
