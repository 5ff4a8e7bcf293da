"""A container that has not started."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from onggi.container import log_options, namespaces
from onggi.container.complete import complete
from onggi.container.rootfs import Credentials
from onggi.container.spec import ContainerSpec, Networking, Resources
from onggi.engine.container.household import Household
from onggi.engine.rootfs import union
from onggi.errors import Conflict, NotFound, Unsupported
from onggi.layer.accounts import resolve_groups, resolve_user
from onggi.layer.union import Union
from onggi.oci import platform
from onggi.oci.config import ImageConfig
from onggi.oci.platform import Platform
from onggi.store.containers import ContainerRow

if TYPE_CHECKING:
    from onggi.store.db import Transaction
    from onggi.store.disk import Lease
    from onggi.store.images import StoredImage
    from onggi.store.store import Store


class ImageMissing(NotFound):
    """The image that a container is to be made of is not here, or not for that platform: who has it may bring it."""


def create(
    house: Household, asked: ContainerSpec, name: str, wanted: Platform | None, warn: Callable[[str], object]
) -> str:
    store = house.store
    if asked.resources != Resources():
        from onggi.engine.container.limits import given

        asked = msgspec.structs.replace(asked, resources=given(asked.resources, warn))
    asked = msgspec.structs.replace(asked, log=log_options.decided(asked.log))
    if asked.runtime:
        from onggi.linux import runtime

        runtime.find(asked.runtime)
    with store.lease() as lease:
        image = _image(store, asked.image, lease, wanted or platform.of_host())
        config = image.config()
        _check_platform(config, asked.image, wanted, is_pulled=bool(image.origins))
        spec = complete(msgspec.structs.replace(asked, image_id=image.id), config.config)
        if any(namespaces.other(namespaces.mode(spec, kind)) for kind in namespaces.SHARED):
            from onggi.engine.container import sharing

            spec = sharing.by_id(house, spec)
        if spec.networking != Networking(mode=spec.networking.mode):
            from onggi.engine.network.admission import admitted  # late: on none and on the host's network not needed

            spec = admitted(house, spec, warn)
        if spec.mounts or spec.volumes_from or spec.volumes:
            from onggi.engine.container.storage import gathered

            spec = gathered(house, spec, lease)
        view = union(store, (ref.diff_id for ref in image.refs))
        credentials(spec, view)  # a user that the image does not know is refused before there is a container
        row = _add(house, spec, view, name)
    house.tell(row, "create")
    return row.id


def _image(store: Store, name: str, lease: Lease, prefer: Platform) -> StoredImage:
    try:
        return store.images.get(name, lease, prefer=prefer)
    except NotFound as error:
        raise ImageMissing(error.message, hint=error.hint) from error


def _add(house: Household, spec: ContainerSpec, view: Union, name: str) -> ContainerRow:
    try:
        return _added(house, spec, view, name)
    except Conflict:
        if not _is_free_now(house, name):
            raise
    return _added(house, spec, view, name)


def _is_free_now(house: Household, name: str) -> bool:
    """Who had the name was to be gone long ago."""
    from onggi.engine.container.abandoned import removed_if_abandoned

    row = next((row for row in house.store.containers.list() if row.name == name), None)
    return row is not None and removed_if_abandoned(house, row, house.state(row))


def _added(house: Household, spec: ContainerSpec, view: Union, name: str) -> ContainerRow:
    place = _place(house, spec)
    if not spec.mounts:
        return house.store.containers.add(spec, name, last=place)
    from onggi.engine.container.storage import add

    return add(house.store, spec, view, name, place)


def _place(house: Household, spec: ContainerSpec) -> Callable[[Transaction, str], object]:
    """What gives the container its addresses, in the transaction that makes it. One that another container has may be
    free when it starts: who replaces a container makes the new one first."""
    if not spec.networking.is_attached:
        return lambda transaction, container: None
    networks, attachments = house.networks, spec.networking.attachments
    return lambda transaction, container: networks.allocate(transaction, container, attachments, may_wait=True)


def credentials(spec: ContainerSpec, view: Union) -> Credentials:
    """Who its process runs as, looked up in its file system."""
    account = resolve_user(view, spec.process.user)
    groups = tuple(dict.fromkeys((*account.groups, *resolve_groups(view, spec.groups))))
    return Credentials(uid=account.uid, gid=account.gid, groups=groups, home=account.home)


def _check_platform(config: ImageConfig, name: str, wanted: Platform | None, *, is_pulled: bool) -> None:
    its = Platform(config.architecture, config.os, config.variant)
    if wanted is not None and not platform.fits(its, wanted):
        raise ImageMissing(
            f"image with reference {name} was found but does not provide the specified platform ({wanted})",
            hint=f"it is for {its}",
        )
    own = platform.of_host()
    if (config.os, config.architecture) != (own.os, own.architecture):
        raise Unsupported(
            f"{name} is an image for {config.os}/{config.architecture}, and this machine is {own}",
            hint=f"--platform {own} pulls the one for this machine" if is_pulled else "use an image for this machine",
        )
