"""What a person, an image or a build step wants mounted → kernel ops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from onggi.container import op
from onggi.container.mounts import target_of
from onggi.container.spec import Bind, ImageMount, Tmpfs, Volume
from onggi.container.step import Layers, SecretFile, StepMount

if TYPE_CHECKING:
    from onggi.container.volume import MountPlace


def by_depth(mounts: Iterable[StepMount], places: Mapping[str, MountPlace] = {}) -> Iterator[op.Op]:
    """Outer before inner; of two on one target the later wins, as the later one covers the earlier. `places`: where
    the volumes and images are that the mounts name. Raises Invalid for what is mounted nowhere, or with options that
    there are not."""
    placed = [(target_of(mount.target), mount) for mount in mounts]
    for path, mount in sorted(placed, key=lambda each: each[0].count("/")):
        yield _mounting(mount, path, places)


def _mounting(mount: StepMount, path: str, places: Mapping[str, MountPlace]) -> op.Op:
    match mount:
        case Tmpfs():
            from onggi.container import tmpfs

            flags, data = tmpfs.read(path, mount.options)
            return op.MountFs("tmpfs", path, flags, data)
        case Bind():
            return op.BindMount(
                mount.source,
                path,
                mount.read_only,
                recursive=mount.recursive != "disabled",
                read_only_beneath=mount.recursive != "writable",
                propagation=mount.propagation,
            )
        case Volume():
            return _stored(path, places[mount.name], mount.subpath, read_only=mount.read_only)
        case ImageMount():
            return _stored(path, places[mount.image_id], mount.subpath, read_only=True)
        case Layers():
            return op.MountLayers(mount.lowers, mount.upper, mount.work, mount.place, mount.source, path)
        case SecretFile():
            return op.WriteSecret(mount.number, mount.place, path, mount.mode, mount.uid, mount.gid)


def _stored(path: str, place: MountPlace, subpath: str, *, read_only: bool) -> op.Op:
    from onggi.container.volume import Folder, Tree

    if isinstance(place, Tree):
        return op.MountLayers(place.folders, "", "", place.mount_point, f"/{subpath}", path)
    read_only = read_only or "ro" in place.flags
    flags = tuple(flag for flag in place.flags if flag != "ro")
    if isinstance(place, Folder):
        return op.BindMount(place.path, path, read_only, flags=flags, subpath=subpath)
    return op.MountVolume(
        place.type, place.device, path, flags, place.data, read_only, subpath, place.mount_point, place.users
    )
