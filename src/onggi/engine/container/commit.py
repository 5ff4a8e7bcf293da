"""`commit`: a container's writable layer and what it was told become an image."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onggi.container.committed import committed, overlaid
from onggi.engine import events
from onggi.engine.amendment import amend
from onggi.engine.container.household import Household
from onggi.engine.container.pause import paused
from onggi.engine.dates import rfc3339
from onggi.engine.naming import new_name
from onggi.engine.types import CommitRequest
from onggi.errors import Conflict, NotFound
from onggi.image import empty, mutate
from onggi.image.image import Image, Layer
from onggi.image.index import platform_of
from onggi.layer import live
from onggi.layer.descent import FOLDER
from onggi.layer.pack import pack
from onggi.layer.writer import duplicate
from onggi.oci import platform
from onggi.oci.config import History
from onggi.oci.digest import Digest
from onggi.store.containers import ContainerRow
from onggi.store.disk import Lease, make_folder


def commit(house: Household, name: str, request: CommitRequest) -> Digest:
    names = (new_name(request.reference),) if request.reference else ()
    row = house.row(name)
    spec, store = row.spec, house.store
    with store.lease() as lease, store.disk.during(f"committing container {row.name}"):
        base = _base(house, row, lease)
        config = overlaid(request.config, committed(spec, base.config().config))
        config = amend(config, request.changes, platform_of(base))
        layer = _layer(house, row, request.pauses, lease)
        created = rfc3339(time.time())
        line = History(
            created=created,
            created_by=" ".join(spec.process.command or ()),
            author=request.author,
            comment=request.message,
        )
        image = mutate.config(mutate.append(base, mutate.Addition(line, layer)), config)
        made = store.images.put(mutate.document(image, created=created, author=request.author), names, lease)
    told = names[0].familiar() if names else ""
    house.tell(row, "commit", comment=request.message, imageID=made, imageRef=told)
    events.tell_image(store, "create", made)
    if names:
        events.tell_image(store, "tag", made, names)
    return made


def _base(house: Household, row: ContainerRow, lease: Lease) -> Image:
    """Its image; without its words if that was removed by force, for its layers are here as long as the container."""
    store = house.store
    try:
        return store.images.get(row.spec.image_id, lease)
    except NotFound:
        layers = [mutate.Addition(History(), store.snapshots.layer(each)) for each in row.layers]
        return mutate.append(empty.image(platform.of_host()), *layers)


def _layer(house: Household, row: ContainerRow, pauses: bool, lease: Lease) -> Layer | None:
    """What it has written, as it is at one moment; None if that is nothing. It is copied, since the container may go
    on."""
    store = house.store
    with store.temporary() as folder:
        target = make_folder(folder / "layer")
        with _standing_still(house, row, pauses):
            _copy(house.home(row) / "upper", target)
        packed = pack(str(target))
        if not packed.entries:
            return None
        return store.snapshots.layer(store.snapshots.add(target, packed.ref, lease).diff_id)


def _copy(upper: Path, target: Path) -> None:
    source = os.open(upper, FOLDER)
    try:
        duplicate(live.entries(source, b".", b""), str(target))
    finally:
        os.close(source)


@contextmanager
def _standing_still(house: Household, row: ContainerRow, pauses: bool) -> Iterator[None]:
    """Paused if it runs and `pauses`; if it does not run it is not started or removed meanwhile."""
    with house.store.containers.lock(row.id):
        if house.state(row).status in ("removing", "dead"):
            raise Conflict(f"container {row.name} is being removed, and cannot be committed")
        if not house.is_running(row):
            house.row(row.id)  # it may have been removed while we waited
            yield
            return
    if not pauses or house.state(row).status != "running":
        yield
        return
    with paused(house, row):
        yield
