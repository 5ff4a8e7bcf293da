"""What a registry has by a name, without anything of it but documents."""

from __future__ import annotations

import msgspec

from onggi.engine.registry.wire import Wire
from onggi.oci import manifest as manifests
from onggi.oci import manifest_list, mediatype
from onggi.oci import reference as references
from onggi.oci.descriptor import Descriptor
from onggi.oci.document import reading
from onggi.oci.manifest_list import ListPlatform
from onggi.oci.reference import Reference
from onggi.registry import blobs, documents, resolve
from onggi.registry.documents import Document
from onggi.registry.flow import Conversation
from onggi.registry.place import Place


class Distributed(msgspec.Struct, frozen=True):
    """`descriptor` is that of what the name means; `platforms` are what there are images for."""

    descriptor: Descriptor
    platforms: tuple[ListPlatform, ...]


def look_up(wire: Wire, name: str) -> Distributed:
    """Raises Invalid, NotFound, Unauthorized, Unavailable, Corrupt."""
    reference = references.parse(name)
    asked = resolve.tag_or_digest(reference)
    place, document = wire.driver.run(
        resolve.first(wire.places(reference), lambda place: documents.fetch(place, asked))
    )
    return Distributed(document.descriptor(), wire.driver.run(_platforms(place, reference, document)))


def _platforms(place: Place, reference: Reference, document: Document) -> Conversation[tuple[ListPlatform, ...]]:
    """Of an index those that it says; else what the image's config says, as far as it is one."""
    with documents.reading(str(reference)):
        if document.is_index:
            manifests.parse_index(document.raw)
            members = msgspec.json.decode(document.raw)["manifests"]
            return tuple(manifest_list.platform_of(each["platform"]) for each in members if each.get("platform"))
        config = manifests.parse(document.raw).config
    if config.media_type not in mediatype.CONFIGS:
        return ()
    raw_config = yield from blobs.read(place, config)
    with documents.reading(str(reference)), reading("a config"):
        return (manifest_list.platform_of(msgspec.json.decode(raw_config)),)
