"""The build cache stays below its cap, and no build leaves behind what nothing names."""

from __future__ import annotations

import os
from pathlib import Path

from onggi.engine.types import BuildRequest
from onggi.layer.pack import pack
from onggi.solve.result import LayerRef
from onggi.store.store import Store

from .conftest import Context, Onggi

CAP = 500_000
SMALL = {"ONGGI_CACHE_BYTES": "500kB"}


def layers(onggi: Onggi) -> set[str]:
    return set(os.listdir(onggi.root / "snapshots"))


def abandon(onggi: Onggi) -> str:
    """A layer that nothing names, as a process leaves it that was killed before it could."""
    with Store(onggi.root) as store, store.temporary() as folder, store.lease() as lease:
        (folder / "layer").mkdir()
        (folder / "layer/file").write_bytes(os.urandom(1000))
        packed = pack(str(folder / "layer"))
        store.snapshots.add(folder / "layer", LayerRef(packed.diff_id, packed.tree_digest, packed.size), lease)
    return packed.diff_id.removeprefix("sha256:")


def rebuilt(onggi: Onggi, folder: Path, times: int, cap: int | None) -> str:
    """The image after the file was edited so often; what the name stood for before is removed each time."""
    with onggi.engine(cache_bytes=cap) as engine:
        for _ in range(times):
            (folder / "file").write_bytes(os.urandom(100_000))
            image = engine.build(BuildRequest(context=folder, references=("image",))).image_id
            engine.images.prune()
    return image


def test_old_layers_go_when_the_cache_is_over_its_cap(empty: Onggi, context: Context) -> None:
    folder = context("FROM scratch\nCOPY file /file\n")
    rebuilt(empty, folder, 4, CAP)
    assert len(layers(empty)) == 4, "they fit"
    image = rebuilt(empty, folder, 8, CAP)
    assert 3 <= len(layers(empty)) <= 6, "four that fit, the image's own, and that of the image which went after it"
    assert "cap 500 kB" in empty("system", "df", env=SMALL)
    assert empty.build(folder, env=SMALL) == image
    (folder / "file").write_bytes(os.urandom(100_000))
    empty.build(folder, env=SMALL)
    empty("image", "prune", "-f")
    assert 3 <= len(layers(empty)) <= 6
    rebuilt(empty, folder, 8, None)
    assert len(layers(empty)) >= 10


def test_a_failed_build_leaves_nothing_that_nothing_names(empty: Onggi, context: Context) -> None:
    orphan = abandon(empty)
    assert orphan in layers(empty)
    said = empty.fails("build", context("FROM scratch\nCOPY missing /\n"))
    assert "missing" in said
    assert orphan not in layers(empty)


def test_a_build_without_cache_removes_what_it_replaced(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nRUN cat /proc/sys/kernel/random/uuid > /id\n")
    before = layers(onggi)
    onggi.build(folder)
    onggi("image", "prune", "-f")
    (first,) = layers(onggi) - before
    onggi.build(folder, "--no-cache")
    (second,) = layers(onggi) - before
    assert first != second
