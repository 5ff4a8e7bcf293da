"""What the options of a volume tell: where on this host that is what is in it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec.structs import replace

from onggi.container.volume import FileSystem, Folder, VolumePlace, place
from onggi.errors import Conflict, NotFound, Unavailable
from onggi.store.volumes import DATA, VolumeRow

_OF_NETWORKS = ("nfs", "nfs4", "cifs")


def require_options(row: VolumeRow, asked: Mapping[str, str]) -> None:
    """Raises Conflict where a volume that is there has other options than those that are asked for, if any are."""
    if asked and asked != row.options:
        raise Conflict(
            f"a volume named {row.name} exists already, with other options",
            hint=f"`onggi volume inspect {row.name}` shows them; choose another name, or leave the options out",
        )


def place_of(row: VolumeRow, folder: str) -> VolumePlace:
    """`folder` is that of the volume in the store. Raises NotFound where there is nothing at the place that its options
    tell, Invalid and Unsupported where they tell none."""
    own = f"{folder}/{DATA}"
    found = place(row.options, own, f"{folder}/users")
    if isinstance(found, Folder) and not os.path.isdir(found.path):
        raise NotFound(
            f"failed to mount volume {row.name}: {found.path}: no such folder",
            hint="`onggi system check --repair` makes it again, empty" if found.path == own else "",
        )
    return found


def by_address(asked: FileSystem) -> FileSystem:
    """What the kernel is told instead: it knows no names of hosts (moby, daemon/volume/local, getMountOptions). Raises
    Unavailable for one that nobody knows."""
    if asked.type not in _OF_NETWORKS:
        return asked
    options = [_resolved(option, "addr=", "") for option in asked.data.split(",")]
    device = _resolved(asked.device, "//", "/") if asked.type == "cifs" else asked.device
    return replace(asked, device=device, data=",".join(options))


def _resolved(text: str, before: str, after: str) -> str:
    """`text` with an address for the host's name that stands behind `before`, and in front of `after`."""
    if not text.startswith(before):
        return text
    import socket

    name, separator, rest = text.removeprefix(before).partition(after) if after else (text.removeprefix(before), "", "")
    try:
        address = str(socket.getaddrinfo(name, None)[0][4][0])
    except (OSError, UnicodeError) as error:  # the second for what no name of a host can be
        raise Unavailable(f"error resolving passed in network volume address: {name}: {error}") from error
    return f"{before}{address}{separator}{rest}"
