"""What a person, an image or a build step wants mounted → kernel ops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from onggi.container import op
from onggi.container.mounts import target_of
from onggi.container.spec import Bind, Tmpfs, Volume
from onggi.container.step import Layers, SecretFile, StepMount

if TYPE_CHECKING:
    from onggi.container.volume import VolumePlace


def by_depth(mounts: Iterable[StepMount], volumes: Mapping[str, VolumePlace] = {}) -> Iterator[op.Op]:
    """Outer before inner; of two on one target the later wins, as the later one covers the earlier. `volumes`: where
    those are that the mounts name. Raises Invalid for what is mounted nowhere, or with options that there are not."""
    placed = [(target_of(mount.target), mount) for mount in mounts]
    for path, mount in sorted(placed, key=lambda each: each[0].count("/")):
        yield _mounting(mount, path, volumes)


def _mounting(mount: StepMount, path: str, volumes: Mapping[str, VolumePlace]) -> op.Op:
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
            return _volume(path, mount, volumes[mount.name])
        case Layers():
            return op.MountLayers(mount.lowers, mount.upper, mount.work, mount.place, mount.source, path)
        case SecretFile():
            return op.WriteSecret(mount.number, mount.place, path, mount.mode, mount.uid, mount.gid)


def _volume(path: str, mount: Volume, place: VolumePlace) -> op.Op:
    from onggi.container.volume import Folder

    read_only = mount.read_only or "ro" in place.flags
    flags = tuple(flag for flag in place.flags if flag != "ro")
    if isinstance(place, Folder):
        return op.BindMount(place.path, path, read_only, flags=flags, subpath=mount.subpath)
    return op.MountVolume(
        place.type, place.device, path, flags, place.data, read_only, mount.subpath, place.mount_point, place.users
    )
