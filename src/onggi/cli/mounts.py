"""-v, --mount and --tmpfs → the mounts of a container, by Docker's rules (docker/cli, opts/mount.go)."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Sequence

import msgspec

from onggi.cli.fields import Fields
from onggi.cli.units import bytes_of
from onggi.container.spec import Bind, Mount, Tmpfs
from onggi.errors import Invalid, NotFound, Unsupported

_PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")
# How fresh macOS's file sharing keeps a mount: on Linux these mean nothing, in Docker too.
_CONSISTENCIES = ("default", "consistent", "cached", "delegated")
_LATER = "volumes come in a later version; bind a folder: -v /path/on/host:/path/in/container"


def parse_volume(text: str, folder: str) -> Bind:
    """`SOURCE:TARGET[:OPTIONS]`; a SOURCE that starts with a dot is relative to `folder`.

    Raises Invalid, or Unsupported for a volume that is not a bind.
    """
    parts = text.split(":")
    if len(parts) == 1:
        raise Unsupported(f"-v {text} asks for an anonymous volume", hint=_LATER)
    if len(parts) > 3 or not all(parts):
        raise Invalid(f"invalid volume specification: {text!r}", hint="write /path/on/host:/path/in/container[:ro]")
    source = os.path.join(folder, parts[0]) if parts[0].startswith(".") else parts[0]
    if not source.startswith("/"):
        raise Unsupported(f"-v {text} asks for a volume named {source}", hint=_LATER)
    bind = Bind(os.path.normpath(source), _target(parts[1], f"-v {text}"))
    for option in parts[2].split(",") if len(parts) == 3 else ():
        bind = _with_option(bind, option, f"-v {text}")
    return bind


def _with_option(bind: Bind, option: str, whole: str) -> Bind:
    if option in ("ro", "rw"):
        return msgspec.structs.replace(bind, read_only=option == "ro")
    if option in _PROPAGATIONS:
        return msgspec.structs.replace(bind, propagation=option)
    if option in _CONSISTENCIES:
        return bind
    if option in ("z", "Z"):
        raise Unsupported(f"{whole}: onggi does not relabel files for SELinux", hint=f"leave {option} out")
    raise Invalid(f"{whole}: unknown option {option!r}", hint=f"options: ro, rw, {', '.join(_PROPAGATIONS)}")


def _target(path: str, whole: str) -> str:
    if not path.startswith("/"):
        raise Invalid(f"{whole}: mount path {path!r} is not absolute", hint="paths in the container start with /")
    target = posixpath.normpath("/" + path.lstrip("/"))
    if target == "/":
        raise Invalid(f"{whole}: the container's root cannot be mounted over")
    return target


def parse_tmpfs(text: str) -> Tmpfs:
    """`TARGET[:OPTIONS]`, the options as in mount(8), with commas."""
    target, _, options = text.partition(":")
    return Tmpfs(_target(target, f"--tmpfs {text}"), tuple(filter(None, options.split(","))))


def parse_mount(text: str, folder: str) -> Mount:
    """`type=bind,source=…,target=…[,readonly][,bind-propagation=…]`, or
    `type=tmpfs,target=…[,tmpfs-size=…][,tmpfs-mode=…]`.

    The line is read as CSV, so that a path with a comma can stand between quotes. Raises Invalid, NotFound for a source
    that does not exist, Unsupported for other types.
    """
    said = Fields.of("--mount", text, aliases=_ALIASES, switches=_SWITCHES)
    kind = said.get("type") or "volume"
    if kind == "volume":
        raise Unsupported(f"{said.whole} asks for a volume", hint=_LATER.replace("-v /", "--mount type=bind, or -v /"))
    if kind not in _MOUNTS:
        raise Unsupported(f"{said.whole}: type {kind} is not known here", hint="types: " + ", ".join(_MOUNTS))
    keys, make = _MOUNTS[kind]
    said.only({"type", *keys}, f"type {kind}")
    if "target" not in said.values:
        raise Invalid(f"{said.whole}: target is missing", hint=f"write type={kind},target=/path/in/container")
    return make(said, folder)


_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_SWITCHES = ("readonly",)


def _make_bind(said: Fields, folder: str) -> Bind:
    whole, source = said.whole, said.get("source")
    if not source:
        raise Invalid(
            f"{whole}: source is missing", hint="write type=bind,source=/path/on/host,target=/path/in/container"
        )
    source = os.path.normpath(os.path.join(folder, source)) if source.startswith(".") else source
    if not source.startswith("/"):
        raise Invalid(f"{whole}: source {source!r} is not absolute", hint=f"write ./{source} for one in this folder")
    if not os.path.exists(source):
        raise NotFound(f"{whole}: bind source path does not exist: {source}")
    propagation = said.get("bind-propagation") or "rprivate"
    if propagation not in _PROPAGATIONS:
        raise Invalid(f"{whole}: unknown propagation {propagation!r}", hint=f"one of {', '.join(_PROPAGATIONS)}")
    return _with_option(Bind(source, _target(said.get("target"), whole), said.flag("readonly")), propagation, whole)


def _make_tmpfs(said: Fields, folder: str) -> Tmpfs:
    options = ["ro"] if said.flag("readonly") else []
    if size := said.get("tmpfs-size"):
        options.append(f"size={bytes_of(size)}")
    if mode := said.get("tmpfs-mode"):
        if not mode.isascii() or set(mode) - set("01234567"):
            raise Invalid(f"{said.whole}: mode {mode!r} is not octal", hint="write tmpfs-mode=1777")
        options.append(f"mode={mode}")
    return Tmpfs(_target(said.get("target"), said.whole), tuple(options))


_MOUNTS: dict[str, tuple[frozenset[str], Callable[[Fields, str], Mount]]] = {
    "bind": (frozenset(("source", "target", "readonly", "bind-propagation", "consistency")), _make_bind),
    "tmpfs": (frozenset(("target", "readonly", "tmpfs-size", "tmpfs-mode")), _make_tmpfs),
}


def parse_all(volumes: Sequence[str], mounts: Sequence[str], tmpfs: Sequence[str], folder: str) -> tuple[Mount, ...]:
    """All of them; raises Invalid for two on one target."""
    found: list[Mount] = [
        *(parse_volume(text, folder) for text in volumes),
        *(parse_mount(text, folder) for text in mounts),
        *(parse_tmpfs(text) for text in tmpfs),
    ]
    targets = [mount.target for mount in found]
    for target in targets:
        if targets.count(target) > 1:
            raise Invalid(f"Duplicate mount point: {target}", hint="mount one thing there")
    return tuple(found)


def make_missing_sources(found: Iterable[Mount]) -> None:
    """A folder for each bind whose source is not there, as Docker does for -v. Raises Invalid if it cannot be made."""
    for mount in found:
        if isinstance(mount, Bind) and not os.path.exists(mount.source):
            try:
                os.makedirs(mount.source)
            except OSError as error:
                raise Invalid(f"cannot make the folder {mount.source} to mount it: {error.strerror}") from error
