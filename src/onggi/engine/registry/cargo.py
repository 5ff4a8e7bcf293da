"""What a push sends: the layers of some images, and the documents that name them, as far as that is known before
anything is squeezed or asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from onggi.layer.compression import Squeeze
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry.documents import Document
from onggi.store.images import StoredImage
from onggi.store.layers import StoredLayer
from onggi.store.squeezed import Squeezed


class Crate(msgspec.Struct, frozen=True, kw_only=True):
    """A layer to be sent. forms: what the registry may have it as, the best one first; none where that is not known
    before it is squeezed. is_kept: it goes out as it is in the store; else squeezed, in the way of the push."""

    layer: StoredLayer
    forms: tuple[Descriptor, ...]
    is_kept: bool

    @property
    def digest(self) -> Digest:
        """What the image calls it."""
        return self.layer.descriptor.digest


def crate(layer: StoredLayer, squeeze: Squeeze, known: Squeezed) -> Crate:
    """A layer that is as it is wanted stays as it is, so that the image keeps its digest. The store may lack the bytes
    of one that came from a registry: then it is hoped that the other registry has them too, before it is squeezed."""
    stays = squeeze.keeps(mediatype.compression(layer.descriptor.media_type))
    is_kept = stays and layer.can_open
    forms = [layer.descriptor] if stays else []
    if not is_kept and (remembered := known.get(layer.diff_id, squeeze.compression, squeeze.level)) is not None:
        forms.append(remembered)
    return Crate(layer=layer, forms=tuple(forms), is_kept=is_kept)


class Cargo(msgspec.Struct, frozen=True, kw_only=True):
    """What a tag is to mean: an image, or with `raw_index` one for several platforms, in which the images have these
    manifests, `members`. crates: of each layer of the images, once, by what the images call it."""

    images: tuple[StoredImage, ...]
    raw_index: bytes = b""
    members: tuple[Digest, ...] = ()
    crates: Mapping[Digest, Crate]

    def layers(self) -> tuple[Descriptor, ...]:
        return tuple(each.layer.descriptor for each in self.crates.values())

    def documents(self, forms: Mapping[Digest, Descriptor]) -> list[Document]:
        """The documents of the images with their layers in these forms; last the one that the tag is to name."""
        found = [_manifest(image, forms) for image in self.images]
        if self.raw_index:
            moved = {old: new.descriptor() for old, new in zip(self.members, found, strict=True)}
            raw = manifests.with_manifests(self.raw_index, moved)
            found.append(Document(manifests.parse_index(raw).media_type or mediatype.OCI_INDEX, raw))
        return found

    def foreseen(self) -> list[Digest]:
        """What the tag may mean at the end, as far as all forms are known: a registry that knows it by one of these has
        all that it names."""
        crates = self.crates.items()
        if not all(each.forms for _, each in crates):
            return []
        choices = ({digest: each.forms[choice] for digest, each in crates} for choice in (0, -1))
        return [self.documents(forms)[-1].digest for forms in choices]


def cargo(
    images: Sequence[StoredImage],
    squeeze: Squeeze,
    known: Squeezed,
    raw_index: bytes = b"",
    members: Sequence[Digest] = (),
) -> Cargo:
    """The images, or with `raw_index` the one for several platforms that they are, `members` in it."""
    layers = {layer.descriptor.digest: layer for image in images for layer in image.layers()}
    return Cargo(
        images=tuple(images),
        raw_index=raw_index,
        members=tuple(members),
        crates={digest: crate(layer, squeeze, known) for digest, layer in layers.items()},
    )


def _manifest(image: StoredImage, forms: Mapping[Digest, Descriptor]) -> Document:
    manifest = image.manifest()
    raw = manifests.with_layers(image.raw_manifest(), [forms[layer.digest] for layer in manifest.layers])
    return Document(manifests.parse(raw).media_type or mediatype.OCI_MANIFEST, raw)
