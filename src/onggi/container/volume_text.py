"""What `-v` and Docker's Binds say: a bind, or a volume (moby, volume/mounts/linux_parser.go)."""

from __future__ import annotations

import posixpath
from typing import Any, cast

from onggi.container.mounts import target_of
from onggi.container.spec import Bind, Volume
from onggi.container.volume import require_driver
from onggi.errors import Invalid

PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")

# What the words behind the last colon are about; of each, one may be said.
_MODES: dict[str, tuple[str, ...]] = {
    "access": ("ro", "rw"),
    "label": ("z", "Z"),  # of SELinux: containers have none here, so there is nothing to relabel files with
    "propagation": PROPAGATIONS,
    "copy": ("nocopy",),
    "consistency": ("default", "consistent", "cached", "delegated"),  # of macOS: on Linux these mean nothing
}
_ABOUT = {word: what for what, words in _MODES.items() for word in words}


def parse_volume(text: str, folder: str, driver: str = "") -> Bind | Volume:
    """`[SOURCE:]TARGET[:OPTIONS]`. A SOURCE that starts with a dot is relative to `folder`; one that is no path is the
    name of a volume, and without one the volume has no name. Raises Invalid, NotFound for the driver of volumes."""
    whole, parts = f"-v {text}", text.split(":")
    is_short = len(parts) == 2 and _modes(parts[1]) is not None  # /target:ro names nothing
    if len(parts) > 3 or not all(parts[:2]) or is_short:
        raise Invalid(
            f"invalid volume specification: '{text}'", hint="write /path/on/host:/path/in/container[:ro] or name:/path"
        )
    modes = _modes(parts[2]) if len(parts) == 3 else {}
    if modes is None:
        known = ", ".join(word for words in _MODES.values() for word in words if word != "default")
        unknown = ",".join(word for word in parts[2].split(",") if word and word not in _ABOUT)
        raise Invalid(f"{whole}: invalid mode: {unknown or parts[2]}", hint=f"options, one of a kind: {known}")
    name = source(parts[0], folder) if len(parts) > 1 else ""
    asked = ":".join((name, *parts[1:])) if name else ""
    target = target_in(parts[-1] if len(parts) < 3 else parts[1], whole)
    if name.startswith("/"):
        return _bind(name, target, modes, asked)
    require_driver(driver)
    if "propagation" in modes:
        raise Invalid(f"{whole}: {modes['propagation']} is for folders of the host, and {name} is a volume")
    return Volume(name, target, modes.get("access") == "ro", copies="copy" not in modes, asked=asked)


def source(path: str, folder: str) -> str:
    """A path of the host, of which one that starts with a dot is relative to `folder`."""
    return posixpath.normpath(posixpath.join(folder, path)) if path.startswith(".") else path


def absolute(path: str, whole: str) -> str:
    """A source in normal form; raises Invalid for one that is relative, with the `whole` option."""
    if not path.startswith("/"):
        raise Invalid(f"{whole}: source {path!r} is not absolute", hint=f"write ./{path} for one in this folder")
    return posixpath.normpath(path)


def target_in(path: str, whole: str) -> str:
    """Where it is seen, in normal form. Raises Invalid, with the `whole` option."""
    try:
        return target_of(path)
    except Invalid as error:
        raise Invalid(f"{whole}: {error.message}", hint=error.hint) from error


def subpath_in(path: str, whole: str) -> str:
    """Which folder or file of what is mounted, in normal form; "" for all. Raises Invalid, with the `whole` option."""
    found = posixpath.normpath(path) if path else ""
    if posixpath.isabs(found) or ".." in found.split("/"):
        raise Invalid(f"{whole}: subpath must be a relative path within the volume")
    return found


def _bind(path: str, target: str, modes: dict[str, str], asked: str) -> Bind:
    if "copy" in modes:
        raise Invalid(f"-v {asked}: nocopy is for volumes, and {path} is a folder of the host")
    return Bind(
        absolute(path, f"-v {asked}"),
        target,
        modes.get("access") == "ro",
        cast("Any", modes.get("propagation", "rprivate")),
        creates=True,
        asked=asked,
    )


def _modes(text: str) -> dict[str, str] | None:
    """What each word is about → the word; None for one that is not known, or two about the same. "" says nothing."""
    found: dict[str, str] = {}
    for word in text.split(",") if text else ():
        if word not in _ABOUT or _ABOUT[word] in found:
            return None
        found[_ABOUT[word]] = word
    return found
