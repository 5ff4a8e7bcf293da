"""What is mounted in a container, as clients ask for it: Binds, Mounts and Tmpfs (moby, api/types/mount; checked as in
volume/mounts/linux_parser.go) → the mounts of a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import msgspec
from msgspec.structs import replace

from onggi.api.versions import Version, has
from onggi.api.wire.resources import Int64
from onggi.container import spec, tmpfs
from onggi.container.mounts import target_of
from onggi.container.spec import BY_MOUNT, Bind, ImageMount, Tmpfs, Volume
from onggi.container.volume import require_driver
from onggi.container.volume_text import PROPAGATIONS, absolute, parse_volume, subpath_in
from onggi.errors import Invalid, Unsupported


class BindOptions(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    propagation: str = ""
    non_recursive: bool = False
    create_mountpoint: bool = False
    read_only_non_recursive: bool = False
    read_only_force_recursive: bool = False


class DriverConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    name: str = ""
    options: dict[str, str] = {}


class VolumeOptions(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    no_copy: bool = False
    labels: dict[str, str] = {}
    driver_config: DriverConfig = DriverConfig()
    subpath: str = ""


class TmpfsOptions(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`options`: a flag alone, or a key and its value."""

    size_bytes: Int64 = 0
    mode: Int64 = 0
    options: tuple[tuple[str, ...], ...] = ()


class ImageOptions(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    subpath: str = ""


class Mount(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Consistency is of macOS, and passed over as Docker does on Linux."""

    type: str = ""
    source: str = ""
    target: str = ""
    read_only: bool = False
    bind_options: BindOptions | None = None
    volume_options: VolumeOptions | None = None
    tmpfs_options: TmpfsOptions | None = None
    image_options: ImageOptions | None = None


_OPTIONS = {"bind": "BindOptions", "volume": "VolumeOptions", "tmpfs": "TmpfsOptions", "image": "ImageOptions"}
_REFUSED = {
    "npipe": "named pipes are of Windows",
    "cluster": "cluster volumes are of Docker Swarm",
}
Make: TypeAlias = Callable[[Mount, Version], spec.Mount]


def of_binds(binds: Iterable[str], driver: str, version: Version) -> Iterator[spec.Mount]:
    """`driver` is the one of volumes that are made for them. Raises Invalid, NotFound for the driver."""
    for text in binds:
        if text.startswith("."):
            raise Invalid(f"invalid volume specification: '{text}'", hint="a path of the host begins with /")
        yield _as_deep_as_said(parse_volume(text, "/", driver), version)


def of_mounts(mounts: Iterable[Mount], version: Version) -> Iterator[spec.Mount]:
    """Raises Invalid, NotFound for a driver of volumes, Unsupported for other types."""
    for asked in mounts:
        if asked.type in _REFUSED:
            raise Unsupported(f"{_about(asked)}: {_REFUSED[asked.type]}", hint=f"types: {', '.join(_MAKE)}")
        if asked.type not in _MAKE:
            raise Invalid(f"{_about(asked)}: mount type unknown", hint=f"types: {', '.join(_MAKE)}")
        if not asked.target:
            raise Invalid(f"{_about(asked)}: field Target must not be empty")
        if has(version, "options of a mount are those of its type"):
            _require_own_options(asked)
        yield replace(_as_deep_as_said(_MAKE[asked.type](asked, version), version), asked=BY_MOUNT)


def of_tmpfs(folders: Mapping[str, str]) -> Iterator[spec.Mount]:
    """Raises Invalid."""
    for path, words in folders.items():
        yield _checked(Tmpfs(target_of(path), tuple(filter(None, words.split(",")))))


def of_paths(paths: Iterable[str]) -> Iterator[spec.Mount]:
    """Volumes without a name."""
    return (Volume("", target_of(path)) for path in paths)


def _bind(asked: Mount, version: Version) -> spec.Mount:
    options = asked.bind_options or BindOptions()
    about = _about(asked)
    if not asked.source:
        raise Invalid(f"{about}: field Source must not be empty")
    if options.propagation and options.propagation not in PROPAGATIONS:
        raise Invalid(f"{about}: invalid propagation mode: {options.propagation}")
    return Bind(
        absolute(asked.source, about),
        target_of(asked.target),
        asked.read_only,
        cast("Any", options.propagation or "rprivate"),
        creates=options.create_mountpoint,
        recursive=cast("Any", _depth(asked, options, version)),
    )


def _depth(asked: Mount, options: BindOptions, version: Version) -> str:
    """How far a bind reaches, and with it that it is read-only."""
    if options.read_only_force_recursive:
        if not has(version, "a mount can be forced to be read-only"):
            raise Invalid("BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer")
        if not asked.read_only or options.non_recursive or options.read_only_non_recursive:
            raise Invalid(
                f"{_about(asked)}: ReadOnlyForceRecursive goes with ReadOnly, and neither with NonRecursive nor with"
                " ReadOnlyNonRecursive"
            )
        if options.propagation not in ("", "rprivate"):
            raise Invalid(f"{_about(asked)}: ReadOnlyForceRecursive requires the propagation rprivate")
        return "readonly"
    if options.non_recursive:
        return "disabled"
    return "writable" if asked.read_only and options.read_only_non_recursive else "enabled"


def _volume(asked: Mount, version: Version) -> spec.Mount:
    options = asked.volume_options or VolumeOptions()
    subpath, about = options.subpath, _about(asked)
    if subpath and not has(version, "a part of a volume is mounted"):
        raise Invalid("VolumeOptions.Subpath needs API v1.45 or newer")
    if not asked.source and (asked.read_only or subpath):
        what = "ReadOnly mode" if asked.read_only else "Subpath"
        raise Invalid(f"{about}: must not set {what} when using anonymous volumes")
    require_driver(options.driver_config.name)
    return Volume(
        asked.source,
        target_of(asked.target),
        asked.read_only,
        copies=not options.no_copy,
        subpath=subpath_in(subpath, about),
        labels=options.labels,
        options=options.driver_config.options,
    )


def _tmpfs(asked: Mount, version: Version) -> spec.Mount:
    options = asked.tmpfs_options or TmpfsOptions()
    if asked.source:
        raise Invalid(f"{_about(asked)}: field Source must not be specified")
    words = ["ro"] if asked.read_only else []
    if options.size_bytes:
        words.append(f"size={options.size_bytes}")
    if options.mode:
        words.append(f"mode={options.mode:o}")
    words += ["=".join(option) for option in options.options]
    return _checked(Tmpfs(target_of(asked.target), tuple(words)))


def _image(asked: Mount, version: Version) -> spec.Mount:
    """What is mounted is read-only, whether that is asked for or not."""
    if not has(version, "images are mounted"):
        raise Invalid('Mount type "Image" needs API v1.48 or newer')
    if not asked.source:
        raise Invalid(f"{_about(asked)}: field Source must not be empty")
    options = asked.image_options or ImageOptions()
    return ImageMount(asked.source, target_of(asked.target), subpath_in(options.subpath, _about(asked)))


def _checked(mount: Tmpfs) -> Tmpfs:
    tmpfs.read(mount.target, mount.options)  # refused here and now, rather than when it starts
    return mount


def _as_deep_as_said(mount: spec.Mount, version: Version) -> spec.Mount:
    """In older versions what is read-only was so at the top alone."""
    is_old = not has(version, "read-only mounts are so all the way down")
    if is_old and isinstance(mount, Bind) and mount.read_only and mount.recursive == "enabled":
        return replace(mount, recursive="writable")
    return mount


def _require_own_options(asked: Mount) -> None:
    said: Sequence[tuple[str, object]] = (
        ("VolumeOptions", asked.volume_options),
        ("BindOptions", asked.bind_options),
        ("TmpfsOptions", asked.tmpfs_options),
        ("ImageOptions", asked.image_options),
    )
    for name, options in said:
        if options is not None and _OPTIONS[asked.type] != name:
            raise Invalid(f'{name} must not be specified on mount type "{asked.type}"')


def _about(asked: Mount) -> str:
    return f'invalid mount config for type "{asked.type}"'


_MAKE: Mapping[str, Make] = {"bind": _bind, "volume": _volume, "tmpfs": _tmpfs, "image": _image}
