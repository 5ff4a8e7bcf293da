"""-v, --mount and --tmpfs → the mounts of a container, by Docker's rules (docker/cli, opts/mount.go; moby,
volume/mounts/linux_parser.go): a module for each kind of mount; -v, which may be two of them, is in
container/volume_text.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from onggi.cli.mounts import bind, image, tmpfs, volume
from onggi.container.spec import BY_MOUNT, Mount, Tmpfs
from onggi.container.volume_text import parse_volume
from onggi.errors import Invalid, Unsupported
from onggi.fields import Fields
from onggi.suggest import did_you_mean

__all__ = ["parse_all", "parse_mount", "parse_tmpfs", "parse_volume"]


class _Kind(NamedTuple):
    """The keys that only it has, and what it is made by; a folder is where relative paths start."""

    keys: frozenset[str]
    make: Callable[[Fields, str], Mount]


_COMMON = frozenset(("type", "target", "readonly", "consistency"))
_KINDS: Mapping[str, _Kind] = {
    "bind": _Kind(bind.KEYS, bind.make),
    "volume": _Kind(volume.KEYS, volume.make),
    "tmpfs": _Kind(tmpfs.KEYS, tmpfs.make),
    "image": _Kind(image.KEYS, image.make),
}
_REFUSED = {
    "npipe": "named pipes are of Windows",
    "cluster": "cluster volumes are of Docker Swarm",
}
_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_SWITCHES = ("readonly", "volume-nocopy", "bind-create-src")


def parse_all(
    volumes: Sequence[str], mounts: Sequence[str], tmpfs: Sequence[str], folder: str, driver: str = ""
) -> tuple[Mount, ...]:
    """All of them; `driver` is the one of volumes that name none."""
    return (
        *(parse_volume(text, folder, driver) for text in volumes),
        *(parse_mount(text, folder) for text in mounts),
        *(parse_tmpfs(text) for text in tmpfs),
    )


def parse_tmpfs(text: str) -> Tmpfs:
    """`TARGET[:OPTIONS]`, the options as in mount(8), with commas."""
    return tmpfs.parse(text)


def parse_mount(text: str, folder: str) -> Mount:
    """`type=bind,source=…,target=…,…`; without a type it is a volume.

    The line is read as CSV, so that a path with a comma can stand between quotes. Raises Invalid, NotFound for a driver
    of volumes, Unsupported for other types.
    """
    said = Fields.of("--mount", text, aliases=_ALIASES, switches=_SWITCHES)
    name = said.get("type").lower() or "volume"
    if name in _REFUSED:
        raise Unsupported(f"{said.whole}: {_REFUSED[name]}", hint="types: " + ", ".join(_KINDS))
    if name not in _KINDS:
        raise Invalid(
            f"{said.whole}: mount type unknown: {name}{did_you_mean(name, _KINDS)}", hint="types: " + ", ".join(_KINDS)
        )
    kind = _KINDS[name]
    said.only(_COMMON | kind.keys, f"type {name}")
    if not said.get("target"):
        raise Invalid(f"{said.whole}: target is missing", hint=f"write type={name},target=/path/in/container")
    return replace(kind.make(said, folder), asked=BY_MOUNT)
