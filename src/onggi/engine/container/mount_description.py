"""A container's mounts in its document: as they were asked for (Binds, Mounts and Tmpfs of HostConfig), and what they
are (moby, api/types/mount and MountPoint)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from onggi.container.spec import BY_MOUNT, Bind, ImageMount, Mount, Tmpfs, Volume


def as_asked(mounts: Iterable[Mount]) -> dict[str, Any]:
    """What belongs into HostConfig: what `-v`, `--mount` and `--tmpfs` have said, each in its field."""
    mounts = tuple(mounts)
    memory = {each.target: ",".join(each.options) for each in mounts if isinstance(each, Tmpfs) and not each.asked}
    return {
        "Binds": [each.asked for each in mounts if each.asked not in ("", BY_MOUNT)] or None,
        "Mounts": [_asked(each) for each in mounts if each.asked == BY_MOUNT] or None,
        "Tmpfs": memory or None,
    }


def mount_point(mount: Bind | Volume | ImageMount, volume: Callable[[str], str]) -> dict[str, Any]:
    """`volume`: where a volume's data are, by its name."""
    if isinstance(mount, ImageMount):
        place = {"Source": mount.image, "Destination": mount.target}
        return {"Type": "image", **place, "Mode": "", "RW": False, "Propagation": ""}
    common = {"Destination": mount.target, "Mode": _mode(mount), "RW": not mount.read_only}
    if isinstance(mount, Bind):
        return {"Type": "bind", "Source": mount.source, **common, "Propagation": mount.propagation}
    own = {"Type": "volume", "Name": mount.name, "Source": volume(mount.name), "Driver": "local"}
    return {**own, **common, "Propagation": ""}


def _mode(mount: Bind | Volume) -> str:
    """The options of `-v`, word for word; a volume with a name has "z" where nothing is said."""
    said = mount.asked.split(":")[2:]
    usual = "z" if isinstance(mount, Volume) and not mount.is_anonymous else ""
    return said[0] if said else usual


def _asked(mount: Mount) -> dict[str, Any]:
    """Without what is as usual."""
    match mount:
        case Bind():
            kind, source, read_only, options = "bind", mount.source, mount.read_only, _bind(mount)
        case Volume():
            name = "" if mount.is_anonymous else mount.name
            kind, source, read_only, options = "volume", name, mount.read_only, _volume(mount)
        case ImageMount():
            kind, source, read_only, options = "image", mount.image, False, {"Subpath": mount.subpath}
        case Tmpfs():
            kind, source, read_only, options = "tmpfs", "", "ro" in mount.options, _tmpfs(mount)
    found = {"Type": kind, "Source": source, "Target": mount.target, "ReadOnly": read_only}
    return _said({**found, f"{kind.capitalize()}Options": _said(options)})


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _bind(mount: Bind) -> dict[str, Any]:
    return {
        "Propagation": "" if mount.propagation == "rprivate" else mount.propagation,
        "NonRecursive": mount.recursive == "disabled",
        "CreateMountpoint": mount.creates,
        "ReadOnlyNonRecursive": mount.recursive == "writable",
        "ReadOnlyForceRecursive": mount.recursive == "readonly",
    }


def _volume(mount: Volume) -> dict[str, Any]:
    driver = {"Options": mount.options} if mount.options else {}
    return {"NoCopy": not mount.copies, "Labels": mount.labels, "DriverConfig": driver, "Subpath": mount.subpath}


def _tmpfs(mount: Tmpfs) -> dict[str, Any]:
    words = [option.split("=", 1) for option in mount.options if option != "ro"]
    values = {word[0]: word[1] for word in words if len(word) > 1}
    return {
        "SizeBytes": int(values.get("size", 0)),
        "Mode": int(values.get("mode", "0"), 8),
        "Options": [word for word in words if word[0] not in ("size", "mode")],
    }
