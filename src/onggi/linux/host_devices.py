"""The device nodes of this host."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from onggi.container.devices import Given
from onggi.container.host import Device
from onggi.container.spec import Device as Asked
from onggi.errors import NotFound

# What a container has of its own, and what other programs keep beneath /dev (as in moby's HostDevices).
_SKIPPED_FOLDERS = frozenset({"pts", "shm", "mqueue", "fd", ".lxc", ".lxd-mounts", ".udev"})
_SKIPPED_DEVICES = frozenset({"/dev/console", "/dev/ptmx"})


def find(asked: Iterable[Asked]) -> tuple[Given, ...]:
    """What a container gets when these are asked for: each node, or all in a folder and those below it. Symbolic links
    lead to what is meant. Raises NotFound where there is no device."""
    return tuple(given for each in asked for given in _find(each))


def _find(asked: Asked) -> Iterator[Given]:
    source = os.path.realpath(asked.source)
    try:
        found = list(beneath(source)) if os.path.isdir(source) else [_device(source)]
    except OSError as error:
        raise _none(asked, error.strerror or str(error)) from error
    devices = [device for device in found if device]
    if not devices:
        raise _none(asked, "there is no device")
    for device in devices:
        yield Given(replace(device, path=asked.target + device.path.removeprefix(source)), asked.permissions)


def beneath(folder: str) -> Iterator[Device]:
    """All in a folder and those below it, but for what every container has of its own."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _SKIPPED_FOLDERS:
                yield from beneath(entry.path)
            continue
        try:
            device = _device(entry.path)
        except FileNotFoundError:
            continue  # unplugged just now
        if device and device.path not in _SKIPPED_DEVICES:
            yield device


def _device(path: str) -> Device | None:
    """None for what is none."""
    found = os.stat(path, follow_symlinks=False)
    kind = stat.S_IFMT(found.st_mode)
    if kind not in (stat.S_IFBLK, stat.S_IFCHR):
        return None
    return Device(
        path=path,
        type="b" if kind == stat.S_IFBLK else "c",
        major=os.major(found.st_rdev),
        minor=os.minor(found.st_rdev),
        mode=stat.S_IMODE(found.st_mode),
        uid=found.st_uid,
        gid=found.st_gid,
    )


def _none(asked: Asked, reason: str) -> NotFound:
    """In Docker's words."""
    return NotFound(f'error gathering device information while adding custom device "{asked.source}": {reason}')
