"""Images with pseudo-random contents, the same for the same seed: what tests and benchmarks feed to sinks."""

from __future__ import annotations

import io
import random
import tarfile

from onggi.image.image import Image, TarLayer, assemble
from onggi.oci import platform
from onggi.oci.config import History, ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform


def layer(seed: int, *, files: int = 4, size: int = 1000) -> TarLayer:
    """A layer with `files` files of `size` bytes each, in one folder named after the seed."""
    source = random.Random(seed)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folder = tarfile.TarInfo(f"layer-{seed}")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for number in range(files):
            entry = tarfile.TarInfo(f"layer-{seed}/{number}")
            entry.size, entry.mtime = size, source.randrange(1, 2**31)
            archive.addfile(entry, io.BytesIO(source.randbytes(size)))
    return TarLayer(buffer.getvalue())


def image(seed: int, *, layers: int = 2, files: int = 4, size: int = 1000, on: Platform | None = None) -> Image:
    """An image for `on` (this host if None) whose layers differ from each other and from those of other seeds."""
    target = on or platform.of_host()
    chain = [layer(seed * 1000 + number, files=files, size=size) for number in range(layers)]
    config = ImageConfig(
        architecture=target.architecture,
        os=target.os,
        variant=target.variant,
        rootfs=RootFs("layers", ()),
        created="2024-01-01T00:00:00Z",
        config=RunConfig(cmd=(f"/layer-{seed}",)),
        history=tuple(History(created_by=f"random layer {number}") for number in range(layers)),
    )
    return assemble(config, chain)
