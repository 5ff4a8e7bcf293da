"""`image …`: what is in the store, by name; and how images come in and go out as files."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Literal

from onggi.engine import events, image_description
from onggi.engine.dates import rfc3339
from onggi.engine.naming import new_name
from onggi.engine.types import HistoryLine, ImageSummary, Loaded, Pruned, Removed
from onggi.errors import NotFound
from onggi.image.index import platform_of
from onggi.oci import platform
from onggi.oci.config import RunConfig
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.store.containers import ContainerRow
from onggi.store.images import StoredImage
from onggi.store.prune_filter import EVERYTHING, PruneFilter, Tell, unheard
from onggi.store.store import Store


class Images:
    """The images of one store."""

    def __init__(self, store: Store, is_running: Callable[[ContainerRow], bool]) -> None:
        self._store = store
        self._is_running = is_running

    def inspect(self, name: str, wanted: Platform | None = None) -> dict[str, Any]:
        """Docker's JSON of one image; of one for several platforms of that for the one `wanted`, this machine's if that
        is None. Raises NotFound, Invalid."""
        return image_description.describe(self._get(name, wanted))

    def has(self, name: str, wanted: Platform | None = None) -> bool:
        """Is it here, so that no registry need be asked? One that came from a registry may be there for the platform
        that is named, if it is not for that here. Raises Invalid."""
        try:
            image = self._store.images.get(name, prefer=wanted or platform.of_host())
        except NotFound:
            return False
        return wanted is None or not image.origins or platform.fits(platform_of(image), wanted)

    def history(self, name: str, wanted: Platform | None = None) -> list[HistoryLine]:
        """Newest first; `wanted` as in `inspect`. Raises NotFound, Invalid."""
        return list(_history(self._get(name, wanted)))[::-1]

    def tag(self, source: str, target: str) -> None:
        """Give an image one more name; another image that had it loses it. Raises NotFound, Invalid."""
        name = new_name(target)
        self._store.images.tag(source, name)
        events.tell_image(self._store, "tag", self._store.images.get(str(name)).id, (name,))

    def remove(self, name: str, force: bool = False) -> list[Removed]:
        """Take a name away, and the image with its last one. Raises NotFound, Conflict."""
        from onggi.engine.pruning import pruned
        from onggi.store import gc

        image = self._store.images.get(name).id
        freed = gc.remove_image(self._store, name, force=force, is_running=self._is_running)
        events.tell_removed(self._store, freed.removed, image)
        return list(pruned(freed).removed)

    def prune(
        self,
        all: bool = False,
        only: PruneFilter = EVERYTHING,
        tell: Tell = unheard,
    ) -> Pruned:
        """Remove dangling images; with `all` every image that no container uses. `tell` hears of each at once."""
        from onggi.engine.pruning import pruned
        from onggi.store import gc

        freed = gc.prune_images(self._store, only, unused=all, tell=tell)
        events.tell_removed(self._store, freed.removed)
        events.tell_pruned(self._store, "image", freed.bytes)
        return pruned(freed)

    def save(
        self,
        names: Sequence[str],
        out: BinaryIO,
        format: Literal["docker", "oci"] = "docker",
        compression: Literal["none", "gzip", "zstd"] = "none",
    ) -> None:
        """Write images as one archive. Raises NotFound before anything is written."""
        from onggi.store import archive

        for image, called in archive.save(self._store, names, out, format=format, compression=compression):
            events.tell_image(self._store, "save", image, called)

    def load(self, stream: BinaryIO, wanted: Platform | None = None) -> list[Loaded]:
        """Take in a Docker archive or an OCI layout; of an image for several platforms the one for that which is
        `wanted`, this machine's if that is None. Raises Corrupt, Invalid; then nothing of it is named."""
        from onggi.store import archive

        loaded = archive.load(self._store, stream, wanted or platform.of_host())
        for image, names in loaded:
            events.tell_image(self._store, "load", image, names)
        return [Loaded(image, tuple(name.familiar() for name in names)) for image, names in loaded]

    def import_tar(
        self,
        stream: BinaryIO,
        name: str = "",
        changes: Sequence[str] = (),
        message: str = "",
        for_platform: str = "",
    ) -> Digest:
        """An image of one layer out of a root file system. `changes` are Dockerfile instructions that only change the
        configuration. Raises Corrupt, Invalid."""
        from onggi.engine.amendment import amend
        from onggi.store import imports

        names = (new_name(name),) if name else ()
        wanted = platform.parse(for_platform) if for_platform else platform.of_host()
        image = imports.import_tar(
            self._store,
            stream,
            names,
            platform=wanted,
            config=amend(RunConfig(working_dir="/"), changes, wanted),
            created=rfc3339(time.time()),
            message=message,
        )
        events.tell_image(self._store, "import", image, names)
        return image

    def _get(self, name: str, wanted: Platform | None) -> StoredImage:
        image = self._store.images.get(name, prefer=wanted)
        if wanted is not None and not platform.fits(platform_of(image), wanted):
            raise NotFound(
                f"image with reference {name} was found but does not match the specified platform: wanted {wanted},"
                f" actual: {platform_of(image)}"
            )
        return image

    # Last, because its name hides the type in what follows.
    def list(self) -> list[ImageSummary]:
        """Newest first."""
        images = self._store.images.list()
        used = Counter(diff_id for image in images for diff_id in {ref.diff_id for ref in image.refs})
        containers = Counter(row.spec.image_id for row in self._store.containers.list())
        return [_summary(image, used, containers) for image in images]


def _summary(image: StoredImage, used: Counter[Digest], containers: Counter[Digest]) -> ImageSummary:
    config = image.config()
    return ImageSummary(
        id=image.id,
        references=tuple(name.familiar() for name in image.references),
        digest=image.digest,
        created=config.created,
        size=image.size,
        unique_size=sum(ref.size for ref in image.refs if used[ref.diff_id] == 1),
        containers=containers[image.id],
        labels=config.config.labels,
        platform=platform_of(image),
        part_of=tuple(name.familiar() for name in image.part_of),
        origins=tuple((name.familiar_name(), name.digest) for name in image.pinned),
        descriptor=image.descriptor(),
    )


def _history(image: StoredImage) -> Iterator[HistoryLine]:
    """Oldest first. Images without history still tell of their layers."""
    refs = iter(image.refs)
    lines = image.config().history
    for number, line in enumerate(lines):
        ref = None if line.empty_layer else next(refs, None)
        yield HistoryLine(
            id=image.id if number == len(lines) - 1 else "<missing>",
            created=line.created,
            created_by=line.created_by,
            size=ref.size if ref else 0,
            comment=line.comment,
        )
    for ref in refs:
        yield HistoryLine(id="<missing>", created="", created_by="", size=ref.size, comment="")
