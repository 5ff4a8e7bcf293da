"""Which mounts a container has: its own, those of other containers, and volumes where its image wants some."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from msgspec.structs import replace

from onggi.container.spec import Bind, ImageMount, Mount, Tmpfs, Volume
from onggi.errors import Invalid

_DRIVE = re.compile(r"[A-Za-z]:/")
"""How the whole of `-v x:/data` comes from docker, as a path (docker/cli, cli/compose/loader/volume.go)."""


def gather(asked: Iterable[Mount], inherited: Iterable[Mount], declared: Iterable[str]) -> tuple[Mount, ...]:
    """All of them, one at each target: what was asked for, then what comes from other containers, and volumes without a
    name, asked for or `declared` by the image, where nothing is mounted yet (moby, daemon/volumes.go). Raises Invalid
    for two that are asked for at one place."""
    own = [_at_its_place(mount) for mount in asked]
    named = [mount for mount in own if not _is_path_alone(mount)]
    found: dict[str, Mount] = {}
    for mount in named:
        if mount.target in found:
            raise Invalid(
                f"Duplicate mount point: {mount.target}",
                hint=f"mount either {_words(found[mount.target])} or {_words(mount)} there",
            )
        found[mount.target] = mount
    rest = [mount for mount in own if _is_path_alone(mount)]
    images = [Volume("", target_of(posixpath.join("/", path)), is_anonymous=True) for path in declared]
    for mount in (*inherited, *rest, *images):
        found.setdefault(mount.target, mount)
    return tuple(found.values())


def inherit(mounts: Iterable[Mount], *, read_only: bool) -> list[Mount]:
    """What another container gets of these: all that is on the disk, as it is seen here, or read-only."""
    return [_inherited(mount, read_only) for mount in mounts if not isinstance(mount, Tmpfs)]


def paths_alone(mounts: Iterable[Mount]) -> list[str]:
    """What is asked for as an image asks for it: `-v /data`."""
    return [mount.target for mount in mounts if _is_path_alone(mount)]


def parse_source(text: str) -> tuple[str, bool]:
    """`NAME[:ro|rw]`, a container whose mounts another is to have: its name, and whether read-only. Raises Invalid."""
    name, _, mode = text.partition(":")
    if not name:
        raise Invalid("volumes-from specification cannot be an empty string", hint="write CONTAINER or CONTAINER:ro")
    words = mode.split(",") if mode else []
    if not set(words) <= {"ro", "rw", "z", "Z"} or {"ro", "rw"} <= set(words):
        raise Invalid(f"invalid mode: {mode}", hint=f"write {name}:ro or {name}:rw")
    return name, "ro" in words


def target_of(path: str) -> str:
    """Normal form of a place in a container; raises Invalid for one that is not an absolute path below the root."""
    if not path.startswith("/"):
        raise Invalid(
            f"invalid mount target {path!r}: it must be an absolute path",
            hint=f"{path[0]!r} is too short for a volume's name, and docker takes it for a drive of Windows"
            if _DRIVE.match(path)
            else "paths in the container start with /",
        )
    target = posixpath.normpath("/" + path.lstrip("/"))
    if target == "/":
        raise Invalid("invalid mount target '/': the root file system cannot be mounted over")
    return target


def _at_its_place(mount: Mount) -> Mount:
    placed = replace(mount, target=target_of(mount.target))
    return replace(placed, is_anonymous=True) if isinstance(placed, Volume) and not placed.name else placed


def _words(mount: Mount) -> str:
    match mount:
        case Tmpfs():
            return "a tmpfs"
        case Bind():
            return mount.source
        case Volume():
            return f"the volume {mount.name}" if mount.name else "a volume without a name"
        case ImageMount():
            return f"the image {mount.image}"


def _is_path_alone(mount: Mount) -> bool:
    return isinstance(mount, Volume) and not mount.name and not mount.asked


def _inherited(mount: Bind | Volume | ImageMount, read_only: bool) -> Mount:
    if isinstance(mount, ImageMount):
        return replace(mount, asked="")
    seen = replace(mount, read_only=mount.read_only or read_only, asked="")
    return replace(seen, copies=False) if isinstance(seen, Volume) else seen
