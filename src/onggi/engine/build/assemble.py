"""Layers and configuration become an image. Nothing is written here."""

from __future__ import annotations

from onggi.engine.dates import rfc3339
from onggi.graph.op import ImageSource
from onggi.graph.vertex import Graph, Output
from onggi.image import empty
from onggi.image.image import Image
from onggi.image.mutate import Addition, append, document
from onggi.image.mutate import config as with_config
from onggi.oci.config import History
from onggi.solve.run import Solution
from onggi.store.disk import Lease
from onggi.store.store import Store

_MARK = "onggi"  # the comment on the lines of history that a build here added, as BuildKit leaves its own


def assemble(store: Store, base: Image, output: Output, epoch: int | None, solution: Solution) -> Image:
    """The base's layers and history, then those of the steps."""
    created = _created(epoch, solution.created[output.vertex]) or base.config().created
    additions = []
    for step in output.steps:
        result = solution.results[step.vertex] if step.vertex is not None else None
        layer = store.snapshots.layer(result.layers[-1].diff_id) if result and result.is_own else None
        line = History(created=created, created_by=step.created_by, comment=_MARK)
        additions.append(Addition(line, layer))
    image = append(base, *additions)
    return document(
        with_config(image, output.config),
        created=created,
        author=output.author,
        architecture=output.platform.architecture,
        os=output.platform.os,
        variant=output.platform.variant,
    )


def _created(epoch: int | None, made: float) -> str:
    """When the last layer was made, so that a build which finds everything in the cache gives the image that is there
    already; "" if no layer was."""
    if epoch is not None:
        return rfc3339(epoch)
    return rfc3339(made) if made else ""


def base_of(store: Store, graph: Graph, output: Output, lease: Lease) -> Image:
    """The image that is built on; an empty one for scratch."""
    source = graph.vertices[output.base].op
    assert isinstance(source, ImageSource)
    return store.images.get(source.image_id, lease) if source.image_id else empty.image(output.platform)
