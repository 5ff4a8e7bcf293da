"""Results and configuration become the images that were asked for, one for each platform."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.engine.build.assemble import assemble, base_of
from onggi.engine.build.outputs import Product
from onggi.engine.build.prepare import Prepared
from onggi.engine.secrets import Secret, check_config
from onggi.graph.op import Exec, SecretMount
from onggi.graph.vertex import Output
from onggi.image.image import Image
from onggi.solve.run import Solution
from onggi.store.disk import Lease
from onggi.store.store import Store


def make_product(store: Store, prepared: Prepared, solution: Solution, lease: Lease) -> Product:
    """Raises Denied where a secret has reached a configuration."""
    secrets = _secrets(prepared)
    return Product(
        images=tuple(_image(store, prepared, output, solution, lease, secrets) for output in prepared.graph.outputs),
        is_index=prepared.is_index,
        names=prepared.names,
        annotations=prepared.request.annotations,
    )


def _secrets(prepared: Prepared) -> Mapping[str, Secret]:
    """The caller's. One who does not tell which they are has those that steps mount, were they run by an earlier build
    or by this one."""
    given = prepared.request.secrets
    steps = (vertex.op for vertex in prepared.graph.vertices if isinstance(vertex.op, Exec))
    mounted = (mount.id for step in steps for mount in step.mounts if isinstance(mount, SecretMount))
    return {name: given[name] for name in sorted({*given, *mounted}) if name in given}


def _image(
    store: Store,
    prepared: Prepared,
    output: Output,
    solution: Solution,
    lease: Lease,
    secrets: Mapping[str, Secret],
) -> Image:
    base = base_of(store, prepared.graph, output, lease)
    image = assemble(store, base, output, prepared.request.epoch, solution)
    check_config(image.raw_config(), secrets)
    if not prepared.request.squash:
        return image
    from onggi.engine.build.squash import squash  # few builds need it

    return squash(store, image, base, lease)
