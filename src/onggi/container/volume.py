"""What the options of a volume mean: where that is what is in it. They are those of Docker's local driver, which takes
what mount(8) takes (moby, daemon/volume/local)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from onggi.container import mount_options
from onggi.errors import Invalid, NotFound, Unsupported

DRIVER = "local"
_KNOWN = ("type", "device", "o", "size")
_NEEDED = {"device": ("type",), "type": ("device",), "o": ("device", "type")}
"""Option → the others that it cannot be without."""
_BINDS = ("bind", "rbind")
_OF_BINDS = ("ro", "nosuid", "nodev", "noexec")
"""The flags that a bind can have; others are the file system's, and mount(8) passes them over."""


class Folder(msgspec.Struct, frozen=True):
    """A folder of the host, absolute, mounted with flags of mount(8)."""

    path: str
    flags: tuple[str, ...] = ()


class FileSystem(msgspec.Struct, frozen=True):
    """A file system of its own: what mount(8) is told. `data` is what the file system itself reads of the options. No
    process of the host sees it: each container mounts it for itself, `mount_point` is a folder to do so meanwhile, and
    in the file `users` they write where those that run have it, so that it is the same one for all."""

    type: str
    device: str
    flags: tuple[str, ...]
    data: str
    mount_point: str
    users: str


class Tree(msgspec.Struct, frozen=True):
    """The files of an image: folders of the host, the highest first, put together on `mount_point`, an empty one."""

    folders: tuple[str, ...]
    mount_point: str


VolumePlace: TypeAlias = Folder | FileSystem
MountPlace: TypeAlias = VolumePlace | Tree
"""A volume's by its name, an image's by its ID."""


def place(options: Mapping[str, str], own: str, users: str) -> VolumePlace:
    """Where that is what is in a volume; `own` is its folder in the store, `users` a file as FileSystem has it. Raises
    Invalid and Unsupported for options that mean nothing."""
    _check(options)
    if not options.get("device"):
        return Folder(own)
    kind, device = options["type"], options["device"]
    flags, rest = mount_options.split(filter(None, options.get("o", "").split(",")))
    if any(word in rest for word in _BINDS):
        if not device.startswith("/"):
            raise Invalid(f"the device {device!r} of a bind is not an absolute path")
        return Folder(posixpath.normpath(device), tuple(flag for flag in flags if flag in _OF_BINDS))
    if kind == "none":
        raise Invalid("a volume of type none is a bind of a folder", hint="say so: --opt o=bind")
    return FileSystem(kind, device, flags, ",".join(rest), own, users)


def require_driver(name: str) -> None:
    """Raises NotFound for any but the local one; "" is that too."""
    if name not in ("", DRIVER):
        raise NotFound(
            f'error looking up volume plugin {name}: plugin "{name}" not found', hint=f"the driver is {DRIVER}"
        )


def _check(options: Mapping[str, str]) -> None:
    for option in options:
        if option not in _KNOWN:
            raise Invalid(f'invalid option: "{option}"', hint=f"options: {', '.join(_KNOWN)}")
    if "size" in options:
        raise Unsupported(
            "quota size requested but no quota support", hint="a tmpfs can have a size: --opt type=tmpfs --opt o=size=…"
        )
    for option, needed in _NEEDED.items():
        for other in needed:
            if option in options and not options.get(other):
                raise Invalid(f'missing required option: "{other}"', hint=f"it goes with {option}")
