"""--cache-from and --cache-to: the build cache of other machines, and for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from onggi.engine.output import CacheSource, CacheTarget
from onggi.errors import OnggiError
from onggi.graph.op import ImageSource
from onggi.graph.vertex import Graph
from onggi.layer import checkout
from onggi.oci.digest import Digest
from onggi.solve.record import VertexRecord
from onggi.store.archive.export import Squeeze
from onggi.store.cache_folder import CacheFolder, CacheWriter, SharedCache
from onggi.store.disk import Lease
from onggi.store.store import Store

Warn = Callable[[str], None]


def behind(store: Store, sources: Sequence[CacheSource], lease: Lease, warn: Warn) -> SharedCache:
    """The store's cache with others behind it; one that cannot be read is told and left out."""
    folders = []
    for source in sources:
        try:
            folders.append(CacheFolder(source.folder, source.tag, source.digest))
        except OnggiError as error:
            warn(f"the cache {source.folder} is not used: {error}")
    return SharedCache(store, store.cache(lease), folders, lease, warn)


def check(targets: Sequence[CacheTarget]) -> None:
    """Whether they can be written, known before anything is built. Raises Invalid, Denied, Unavailable."""
    for target in targets:
        if not target.may_fail:
            checkout.check(str(target.folder))


def export(
    store: Store,
    targets: Sequence[CacheTarget],
    graph: Graph,
    records: Sequence[VertexRecord],
    cache: SharedCache,
    warn: Warn,
) -> None:
    """Write what a build that has succeeded knows now. Raises what stands in the way, unless the target may fail."""
    writer = CacheWriter(store, cache, _base_layers(store, graph))
    on_lines = _lines(graph)
    for target in targets:
        chosen = [each for each in records if target.is_complete or each.vertex in on_lines]
        kept = (cache.recall(each.definition.key, each.content) for each in chosen)
        squeeze = Squeeze(target.compression, target.level)
        try:
            with store.disk.during(f"writing the cache {target.folder}"):
                writer.write(filter(None, kept), target.folder, target.tag, squeeze)
        except OnggiError as error:
            if not target.may_fail:
                raise
            warn(f"the cache {target.folder} was not written: {error}")


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
