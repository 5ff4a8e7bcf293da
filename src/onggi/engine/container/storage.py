"""The volumes of a container: named, made and filled when it is created, and found when it starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.container import mounts
from onggi.container.spec import ContainerSpec, ImageMount, Volume
from onggi.container.volume import DRIVER, Folder, Tree
from onggi.engine.container.binds import require_sources
from onggi.engine.container.household import Household, named_by
from onggi.engine.events import of_volume
from onggi.engine.rootfs import layer_folders
from onggi.engine.volume_place import by_address, place_of, require_options
from onggi.errors import Conflict
from onggi.linux.launch import Actor
from onggi.oci import platform

if TYPE_CHECKING:
    from onggi.container.spec import Mount
    from onggi.container.volume import MountPlace
    from onggi.layer.node import Node
    from onggi.layer.union import Union
    from onggi.store.containers import ContainerRow
    from onggi.store.db import Transaction
    from onggi.store.disk import Lease
    from onggi.store.store import Store
    from onggi.store.volumes import Draft


def gathered(house: Household, spec: ContainerSpec, lease: Lease) -> ContainerSpec:
    """`spec` with all its mounts: those of other containers and of its image too. Raises NotFound for a container or
    an image that is not there, Invalid."""
    inherited = []
    for text in spec.volumes_from:
        name, read_only = mounts.parse_source(text)
        with named_by(f"--volumes-from {text}"):
            inherited += mounts.inherit(house.row(name).spec.mounts, read_only=read_only)
    found = mounts.gather(spec.mounts, inherited, spec.volumes)
    return replace(spec, mounts=tuple(_known(house, mount, lease) for mount in found))


def _known(house: Household, mount: Mount, lease: Lease) -> Mount:
    """With a name, or with the image that is meant."""
    if isinstance(mount, Volume) and not mount.name:
        return replace(mount, name=os.urandom(32).hex())
    if isinstance(mount, ImageMount) and not mount.image_id:
        image = house.store.images.get(mount.image, lease, prefer=platform.of_host())
        return replace(mount, image_id=image.id, layers=tuple(ref.diff_id for ref in image.refs))
    return mount


def add(
    store: Store, spec: ContainerSpec, view: Union, name: str, last: Callable[[Transaction, str], object]
) -> ContainerRow:
    """The container, and with it its volumes. `view` is what its image has; `last` as in Containers.add. Raises what
    Containers.add and `prepared` do, NotFound for what is to be bound."""
    require_sources(spec)
    with prepared(store, spec, view) as storage:
        row = store.containers.add(spec, name, storage.add, last)
    for volume in storage.new:
        of_volume(store, volume).emit("create")
    return row


class Storage:
    """The volumes that a container is going to have. `add` makes those that are new, with what the image has in their
    places, in the transaction that makes the container."""

    def __init__(self, store: Store, view: Union, scope: ExitStack) -> None:
        self._store = store
        self._view = view
        self._scope = scope
        self._drafts: dict[str, Draft] = {}

    def add(self, transaction: Transaction) -> None:
        for draft in self._drafts.values():
            self._store.volumes.add(transaction, draft)

    @property
    def new(self) -> list[str]:
        """The names of those that `add` makes."""
        return list(self._drafts)

    def prepare(self, mount: Volume) -> None:
        """Make or fill it, as far as that is not visible yet. The caller holds its lock."""
        brought = self._brought(mount)
        row = self._store.volumes.find(mount.name)
        if row is None:
            draft = self._draft(mount)
            place = place_of(draft.row, draft.folder)
        else:
            require_options(row, mount.options)
            place = place_of(row, self._store.volumes.folder(mount.name))
        if brought and isinstance(place, Folder):
            self._fill(mount.name, place.path, brought)

    def _brought(self, mount: Volume) -> Node | None:
        """The folder of the image that is copied into it."""
        found = self._view.lookup(mount.target)
        if mount.subpath or found is None:
            return None
        if not found.is_folder:
            raise Conflict(f"cannot mount volume over existing file, file exists {mount.target}")
        return found if mount.copies else None

    def _draft(self, mount: Volume) -> Draft:
        if mount.name not in self._drafts:
            from onggi.store.volumes import ANONYMOUS, new_row

            labels = {ANONYMOUS: "", **mount.labels} if mount.is_anonymous else mount.labels
            row = new_row(mount.name, labels, mount.options)
            self._drafts[mount.name] = self._scope.enter_context(self._store.volumes.drafted(row))
        return self._drafts[mount.name]

    def _fill(self, name: str, place: str, brought: Node) -> None:
        from onggi.layer.checkout import copy_folder
        from onggi.store import filling

        if not filling.is_empty(place):
            return
        draft = self._drafts.get(name)
        if draft is not None and place == draft.data:  # nobody sees it yet
            copy_folder(self._view, brought, place)
        else:
            self._store.volumes.fill(name, place, lambda folder: copy_folder(self._view, brought, folder))


@contextmanager
def prepared(store: Store, spec: ContainerSpec, view: Union) -> Iterator[Storage]:
    """The volumes of a new container, in nobody's way until the end of the block. Raises Conflict for options that one
    does not have, or where the image has a file; Invalid, NotFound, Unsupported."""
    volumes = [mount for mount in spec.mounts if isinstance(mount, Volume)]
    names = sorted({mount.name for mount in volumes})  # always in this order, so that two never wait for each other
    with ExitStack() as scope:
        storage = Storage(store, view, scope)
        for name in names:
            scope.enter_context(store.volumes.lock(name))
        for mount in volumes:
            storage.prepare(mount)
        yield storage


def places(store: Store, spec: ContainerSpec, home: Path) -> dict[str, MountPlace]:
    """Where the volumes and images are that a container starts with; what a killed process began to put into volumes is
    in them. Raises NotFound, Unavailable."""
    found: dict[str, MountPlace] = {}
    for mount in spec.mounts:
        if isinstance(mount, ImageMount):
            empty = home / "image"
            empty.mkdir(exist_ok=True)
            found[mount.image_id] = Tree(layer_folders(store, mount.layers), str(empty))
    for name in {mount.name for mount in spec.mounts if isinstance(mount, Volume)}:
        place = place_of(store.volumes.get(name), store.volumes.folder(name))
        if isinstance(place, Folder):
            store.volumes.complete(name, place.path)
        found[name] = place if isinstance(place, Folder) else by_address(place)
    return found


def mounted(store: Store, row: ContainerRow) -> tuple[Actor, ...]:
    """Whom the monitor tells of beside the container: its volumes, with the attributes of Docker's events."""
    return tuple(
        Actor(
            folder=store.events_folder,
            id=mount.name,
            attributes={
                "container": row.id,
                "destination": mount.target,
                "driver": DRIVER,
                "propagation": "",
                "read/write": "false" if mount.read_only else "true",
            },
        )
        for mount in row.spec.mounts
        if isinstance(mount, Volume)
    )
