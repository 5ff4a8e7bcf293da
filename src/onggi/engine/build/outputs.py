"""What becomes of a build's result: an image in the store, files, a tar, an archive, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from onggi.engine.build.trip import OnEvent, Trip
from onggi.engine.naming import new_name
from onggi.engine.output import (
    Annotation,
    ArchiveOutput,
    CacheOnly,
    Compression,
    FolderOutput,
    LentOutput,
    Level,
    Output,
    Receiver,
    Sink,
    StoreOutput,
    Target,
    TarOutput,
)
from onggi.errors import Invalid
from onggi.image import index as indexes
from onggi.image.image import Image, image_id
from onggi.image.mutate import annotate
from onggi.layer.compression import Squeeze
from onggi.layer.union import Union
from onggi.oci import digest as digests
from onggi.oci import platform
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.settings import Settings
from onggi.store import layout
from onggi.store.disk import Lease
from onggi.store.layers import StoredLayer
from onggi.store.store import Store


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """The images that were built, one for each platform, and what they are to be called. `is_index`: one index over
    them is asked for."""

    images: tuple[Image, ...]
    is_index: bool
    names: tuple[Reference, ...]
    annotations: tuple[Annotation, ...]

    @property
    def id(self) -> Digest:
        """The image's, or of an image for several platforms the digest of the index."""
        return digests.of(_index(self.images, self.annotations)) if self.is_index else image_id(self.images[0])


class Delivered(msgspec.Struct, frozen=True):
    """`descriptor`: of the manifest or index that went out last; None if there were only files."""

    names: tuple[Reference, ...] = ()
    descriptor: Descriptor | None = None


def check(
    outputs: Iterable[Output], annotations: Iterable[Annotation], names: tuple[Reference, ...], *, is_index: bool
) -> None:
    """What can be known before anything is built: whether the outputs can be written. Raises Invalid, NotFound, Denied,
    Unavailable."""
    outputs = tuple(outputs)
    _check_levels(annotations, is_index)
    _check_places(outputs)
    for output in outputs:
        match output:
            case StoreOutput():
                _check_levels(output.annotations, is_index)
                _check_push(output, _names(names, output.names))
            case ArchiveOutput():
                _check_levels(output.annotations, is_index)
                _names((), output.names)
                _check_archive(output)
            case FolderOutput():
                _check_split(output.split, is_index)
                if isinstance(output.folder, Path):
                    _check_folder(output.folder)
            case TarOutput():
                _check_split(output.split, is_index)
                _check_target(output.target)


def _check_push(output: StoreOutput, names: Sequence[Reference]) -> None:
    if output.push is None:
        return
    if not names:
        raise Invalid("what is to be pushed has no name", hint="-t REGISTRY/NAME[:TAG] says where to")
    _check_squeeze(output.push.compression, output.push.level)


def _check_places(outputs: Iterable[Output]) -> None:
    """Of two outputs in one place the second would take the first one's."""
    taken: set[Path] = set()
    for path in filter(None, map(_place, outputs)):
        if path in taken:
            raise Invalid(f"two outputs are to be written to {path}", hint="give each a place of its own")
        taken.add(path)


def _place(output: Output) -> Path | None:
    match output:
        case FolderOutput(folder=Path() as folder):
            return folder.resolve()
        case TarOutput(target=Path() as target) | ArchiveOutput(target=Path() as target):
            return target.resolve()
    return None


def _check_levels(annotations: Iterable[Annotation], is_index: bool) -> None:
    if not is_index and any(each.level.startswith("index") for each in annotations):
        raise Invalid(
            "an annotation of the index needs one, and this image is for one platform",
            hint="leave index: out, or name several platforms with --platform",
        )


def _check_split(split: bool | None, is_index: bool) -> None:
    if is_index and split is False:
        raise Invalid("the files of several platforms cannot be in one folder", hint="leave out platform-split=false")


def _check_archive(output: ArchiveOutput) -> None:
    _check_squeeze(output.compression, output.level)
    if output.is_folder and isinstance(output.target, Path):
        _check_folder(output.target)
    else:
        _check_target(output.target)


def _check_squeeze(compression: Compression, level: int | None) -> None:
    if level is not None:
        from onggi.layer.compress import form_of

        form_of(compression, level)


def _check_folder(folder: Path) -> None:
    from onggi.layer import checkout  # late, as all that most builds do not need

    checkout.check(str(folder))


def _check_target(target: Target) -> None:
    if isinstance(target, Path):
        from onggi.layer import beside

        beside.check(str(target))


def deliver(
    store: Store, settings: Settings, product: Product, outputs: Sequence[Output], lease: Lease, emit: OnEvent
) -> Delivered:
    """Write the outputs, one after the other."""
    delivered = Delivered()
    for output in outputs:
        match output:
            case StoreOutput():
                delivered = _store(store, product, output, lease)
                if output.push is not None:
                    delivered = _push(store, settings, delivered.names, output.push, emit)
            case FolderOutput():
                _write_files(_trees(product, output.split), output.folder, emit)
            case TarOutput():
                with _writing(output.target, emit) as stream:
                    _write_tar(_trees(product, output.split), stream)
            case ArchiveOutput():
                delivered = _archive(store, product, output, emit)
            case LentOutput(take=take):
                for image in product.images:
                    take(image)
            case CacheOnly():
                pass
    return delivered


def _store(store: Store, product: Product, output: StoreOutput, lease: Lease) -> Delivered:
    names = _names(product.names, output.names)
    annotations = (*product.annotations, *output.annotations)
    images = _annotated(product, annotations)
    if not product.is_index:
        store.images.put(images[0], names, lease)
        return Delivered(names, indexes.describe(images[0]))
    raw_index = _index(images, annotations)
    store.images.put_index(raw_index, indexes.with_first(images, platform.of_host()), names, lease)
    return Delivered(names, layout.describe_index(raw_index))


def _push(store: Store, settings: Settings, names: tuple[Reference, ...], squeeze: Squeeze, emit: OnEvent) -> Delivered:
    """Under one name after the other: from the second on nothing of the image is left to be sent."""
    from onggi.engine.registry.push import Pusher, Sent  # late, as few builds push
    from onggi.engine.registry.wire import open_wire
    from onggi.engine.types import PushRequest

    with open_wire(settings) as wire:
        for name in names:
            trip = Trip(name.familiar(), "pushed", emit).begin()
            sent = Sent(trip.moved)
            pusher = Pusher(store, wire, settings.jobs, sent)
            (pushed,) = pusher.push(PushRequest(name=str(name), squeeze=squeeze))
            trip.arrived(0, sent.size, pushed.descriptor.digest)
    return Delivered(names, pushed.descriptor)


def _archive(store: Store, product: Product, output: ArchiveOutput, emit: OnEvent) -> Delivered:
    from onggi.store import archive
    from onggi.store.archive.export import Exporter, Group, reindex

    names = _names(product.names, output.names)
    annotations = (*product.annotations, *output.annotations)
    images = _annotated(product, annotations)
    squeeze = Squeeze(output.compression, output.level, output.recompress)
    with store.temporary() as folder, store.disk.during("writing an archive"):
        exporter = Exporter(squeeze, folder)
        ordered = indexes.with_first(images, platform.of_host())
        exported = tuple(exporter.export(image) for image in ordered)
        raw_index = b""
        if product.is_index:
            old = [digests.of(image.raw_manifest()) for image in ordered]
            raw_index = reindex(_index(images, annotations), old, exported)
        level: Level = "index-descriptor" if raw_index else "manifest-descriptor"
        own = None if raw_index else indexes.platform_of(images[0])
        group = Group(images=exported, names=names, raw_index=raw_index, annotations=_chosen(annotations, level, own))
        if output.is_folder and isinstance(output.target, Path):
            archive.write([group], folder / "layout", output.format)  # whole before the first file is in its place
            _write_files({"": Union([str(folder / "layout")])}, output.target, emit)
        else:
            with _writing(output.target, emit) as stream:
                archive.write([group], stream.write, output.format)
    return Delivered(names, group.descriptor())


def _write_files(trees: dict[str, Union], folder: Path | Receiver, emit: OnEvent) -> None:
    if not isinstance(folder, Path):
        trip = Trip(str(folder), "written", emit).begin()
        trip.arrived(*folder.take(trees))
        return
    from onggi.layer.checkout import check_out

    trip = Trip(f"{folder}/", "written", emit).begin()
    trip.arrived(*check_out(trees, str(folder)))


def _write_tar(trees: dict[str, Union], stream: Sink) -> None:
    from onggi.layer.flatten import flatten, flatten_each

    if "" in trees:
        flatten(trees[""].folders, stream.write)
    else:
        flatten_each(trees, stream.write)


def _trees(product: Product, split: bool | None) -> dict[str, Union]:
    """The final root file systems, by the folders in which they are to be."""
    is_split = product.is_index if split is None else split
    return {
        str(indexes.platform_of(image)).replace("/", "_") if is_split else "": _tree(image) for image in product.images
    }


def _tree(image: Image) -> Union:
    layers = [layer for layer in image.layers() if isinstance(layer, StoredLayer)]
    return Union([layer.folder for layer in reversed(layers)])


@contextmanager
def _writing(target: Target, emit: OnEvent) -> Iterator[Sink]:
    if not isinstance(target, Path):
        trip = Trip("-", "written", emit).begin()
        yield target
        target.flush()
        trip.arrived(0, None)
        return
    from onggi.layer import beside

    trip = Trip(str(target), "written", emit).begin()
    with beside.writing(str(target)) as file:
        yield file
    trip.arrived(0, target.stat().st_size if target.is_file() else None)


def _names(asked: tuple[Reference, ...], own: Sequence[str]) -> tuple[Reference, ...]:
    """What the request says counts, then what the output says. Raises Invalid."""
    return asked or tuple(new_name(text) for text in own)


def _annotated(product: Product, annotations: Sequence[Annotation]) -> tuple[Image, ...]:
    return tuple(
        annotate(image, found) if (found := _chosen(annotations, "manifest", indexes.platform_of(image))) else image
        for image in product.images
    )


def _index(images: Sequence[Image], annotations: Sequence[Annotation]) -> bytes:
    entries = [
        indexes.describe(image, _chosen(annotations, "manifest-descriptor", indexes.platform_of(image)))
        for image in images
    ]
    return indexes.encode(entries, _chosen(annotations, "index", None))


def _chosen(annotations: Iterable[Annotation], level: Level, platform: Platform | None) -> dict[str, str]:
    return {each.key: each.value for each in annotations if each.level == level and each.platform in (None, platform)}
