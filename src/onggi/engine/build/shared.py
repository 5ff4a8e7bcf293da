"""--cache-from and --cache-to: the build cache of other machines, and for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from onggi.engine.build.mounts import mount_name
from onggi.engine.build.shared_mounts import SharedMounts
from onggi.engine.build.trip import OnEvent, Trip
from onggi.engine.output import CacheSource, FolderCache, ImageCache, InlineCache, RegistryCache, ShelfCache
from onggi.errors import Invalid, NotFound, OnggiError
from onggi.graph.op import CacheMount, Exec, ImageSource
from onggi.graph.vertex import Graph
from onggi.image.image import Image
from onggi.image.mutate import annotate
from onggi.layer.compression import Squeeze
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.settings import Settings
from onggi.solve.record import VertexRecord
from onggi.store.disk import Lease
from onggi.store.images import StoredImage
from onggi.store.shared import document
from onggi.store.shared.cache import SharedCache, Source, of_groups, source
from onggi.store.shared.document import Kept
from onggi.store.shared.folder import FolderShelf, to_read
from onggi.store.shared.shelf import Shelf
from onggi.store.shared.writer import CacheWriter, Mount
from onggi.store.store import Store

if TYPE_CHECKING:
    from onggi.engine.build.prepare import Prepared
    from onggi.engine.registry.wire import Wire

Warn = Callable[[str], None]


class Sharing:
    """The caches of one build: those behind the store's own, and those that are written. `scope` is the build's.

    cache: the store's with the others behind it. mounts: what new cache mounts begin with.
    """

    def __init__(
        self, store: Store, settings: Settings, prepared: Prepared, scope: ExitStack, lease: Lease, warn: Warn
    ) -> None:
        """Raises Invalid, Denied, Unavailable where a cache cannot be written. One that cannot be read is told and left
        out."""
        request = prepared.request
        self._store = store
        self._settings = settings
        self._prepared = prepared
        self._targets = request.cache_to
        self._scope = scope
        self._lease = lease
        self._warn = warn
        self._check()
        self.cache = SharedCache(store, store.cache(lease), self._sources(request.cache_from), lease, warn)
        self.mounts = SharedMounts(self.cache.fill_mount)

    def inline(self, image: Image, records: Sequence[VertexRecord]) -> Image:
        """The image, if that is asked for with what its layers were made by in its manifest; its ID stays."""
        if not any(isinstance(target.place, InlineCache) for target in self._targets):
            return image
        return annotate(image, document.inlined(self._known(False, records)))

    def write(self, records: Sequence[VertexRecord], emit: OnEvent) -> None:
        """Write what a build that has succeeded knows now. Raises what stands in the way, unless the target may
        fail."""
        graph = self._prepared.graph
        writer = CacheWriter(self._store, self.cache, _base_layers(self._store, graph))
        for target in self._targets:
            if isinstance(target.place, InlineCache):
                continue  # it is in the image by now
            kept = self._known(target.is_complete, records)
            held = _mounts(graph, self.mounts) if target.has_mounts else ()
            squeeze = Squeeze(target.compression, target.level)
            group = target.group or _group(self._prepared)
            try:
                trip = Trip(str(target.place), "cached", emit).begin()
                with self._store.disk.during(f"writing the cache {target.place}"):
                    told = writer.write(kept, self._to_write(target.place, group, trip), group, squeeze, held)
                trip.arrived(0, told.sent)
            except OnggiError as error:
                if not target.may_fail:
                    raise
                self._warn(f"the cache {target.place} was not written: {error}")

    def _check(self) -> None:
        """As far as it is known before anything is built."""
        from onggi.layer.compress import form_of

        for target in self._targets:
            form_of(target.compression, target.level)
            match target.place:
                case FolderCache(folder=folder) if not target.may_fail:
                    _make(folder)
                case RegistryCache(reference=reference):
                    self._wire.home(references.parse(reference))

    def _sources(self, asked: Sequence[CacheSource]) -> list[Source]:
        found: list[Source] = []
        for each in asked:
            try:
                found += self._read(each)
            except OnggiError as error:
                self._warn(f"the cache {each} is not used: {error}")
        return found

    def _known(self, is_complete: bool, records: Sequence[VertexRecord]) -> tuple[Kept, ...]:
        on_lines = _lines(self._prepared.graph)
        chosen = [each for each in records if is_complete or each.vertex in on_lines]
        return tuple(kept for each in chosen if (kept := self.cache.recall(each.definition.key, each.content)))

    def _group_at(self, place: CacheSource) -> str:
        """What this build's own part of a cache is called there."""
        groups = [target.group for target in self._targets if target.place == place]
        return next(filter(None, groups), _group(self._prepared))

    @cached_property
    def _wire(self) -> Wire:
        from onggi.engine.registry.wire import open_wire

        return self._scope.enter_context(open_wire(self._settings))

    def _read(self, place: CacheSource) -> Iterator[Source]:
        match place:
            case FolderCache():
                yield source(to_read(place.folder, place.tag, place.digest))
            case RegistryCache():
                yield source(self._at_registry(place, self._group_at(place)))
            case ShelfCache(shelf=shelf):
                yield source(shelf)
            case ImageCache(reference=name) if (image := self._image(name)) is not None:
                manifest = image.manifest()
                if document.INLINE in manifest.annotations:
                    found = document.inline(manifest, image.raw_config())
                    yield of_groups(FolderShelf(self._store.root, ""), [found])
            case ImageCache():
                yield from self._read(RegistryCache(reference=place.reference))

    def _image(self, name: str) -> StoredImage | None:
        try:
            return self._store.images.get(name, self._lease)
        except NotFound:
            return None

    def _to_write(self, place: FolderCache | RegistryCache | ShelfCache, group: str, trip: Trip) -> Shelf:
        match place:
            case FolderCache():
                return FolderShelf(place.folder, place.tag)
            case RegistryCache():
                return self._at_registry(place, group, trip.moved)
            case ShelfCache(shelf=shelf):
                return shelf

    def _at_registry(
        self, place: RegistryCache, group: str, sent: Callable[[int], object] = lambda size: None
    ) -> Shelf:
        from onggi.engine.registry.cache_shelf import RegistryShelf

        folder = self._scope.enter_context(self._store.temporary())
        return RegistryShelf(self._wire, references.parse(place.reference), group, folder, sent)


def _make(folder: Path) -> None:
    """The folder of a cache that will be written. Some folders refuse only when something is made in them."""
    from onggi.layer import checkout

    checkout.check(str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(
            f"the cache {folder} cannot be written: {error.strerror}", hint="name a folder that can be made"
        ) from error


def _group(prepared: Prepared) -> str:
    """The same for builds of the same target, on any machine and in any folder that ends alike."""
    project, request = prepared.project, prepared.request
    name = f"{os.path.basename(project.name)}/{os.path.basename(project.file)}"
    platforms = ",".join(map(str, request.platforms))
    return name + (f":{request.target}" if request.target else "") + (f"@{platforms}" if platforms else "")


def _mounts(graph: Graph, mounts: SharedMounts) -> tuple[Mount, ...]:
    """Those that the build used, and those that its steps would have used that were kept."""
    known = dict(mounts.used)
    for vertex in graph.vertices:
        known |= {name: mount.id for name, mount in _of_step(vertex.op)}
    return tuple(Mount(name, called) for name, called in sorted(known.items()))


def _of_step(op: object) -> Iterator[tuple[str, CacheMount]]:
    if isinstance(op, Exec):
        for mount in op.mounts:
            if isinstance(mount, CacheMount) and mount.input is None:  # else its name is known when the step runs
                yield mount_name(mount), mount


def _lines(graph: Graph) -> set[int]:
    """The vertices whose layers become those of an image."""
    found: set[int] = set()
    for output in graph.outputs:
        index: int | None = output.vertex
        while index is not None:
            found.add(index)
            index = next(iter(graph.vertices[index].inputs), None)
    return found


def _base_layers(store: Store, graph: Graph) -> set[Digest]:
    images = {vertex.op.image_id for vertex in graph.vertices if isinstance(vertex.op, ImageSource)}
    return {ref.diff_id for image in images if image for ref in store.images.get(image).refs}
