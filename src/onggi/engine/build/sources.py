"""Vertices without inputs: files from the Dockerfile itself or from elsewhere become a layer on nothing."""

from __future__ import annotations

from onggi.engine.build.surroundings import Surroundings
from onggi.engine.rootfs import make_folder
from onggi.graph.op import InlineSource
from onggi.solve.result import Result


def write_inline(op: InlineSource, around: Surroundings) -> Result:
    """Heredocs as files."""
    with around.store.temporary() as folder:
        target = make_folder(folder / "layer")
        for file in op.files:
            path = target / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content, encoding="utf-8", newline="")
            path.chmod(file.mode)
        return around.add_layer(target, Result())
