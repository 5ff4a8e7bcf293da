"""The folders and files of the host that a container is to see."""

from __future__ import annotations

import os

from onggi.container.spec import Bind, ContainerSpec
from onggi.errors import Invalid, NotFound

_TIES = {"shared:": "shared", "master:": "slave"}
"""What mountinfo says of a mount that is tied to others → what it is called."""
_NEEDED = {"shared": ("shared:",), "rshared": ("shared:",), "slave": tuple(_TIES), "rslave": tuple(_TIES)}
"""Propagation of a bind → what its source must be on."""


def require_sources(spec: ContainerSpec) -> None:
    """Raises NotFound for what is to be bound, is not there, and won't be made."""
    for mount in spec.mounts:
        if isinstance(mount, Bind) and not (mount.creates or os.path.exists(mount.source)):
            raise NotFound(
                f'invalid mount config for type "bind": bind source path does not exist: {mount.source}',
                hint="make it first, or let -v make it",
            )


def make_sources(spec: ContainerSpec) -> None:
    """See to it that what is to be bound is there, and is as it must be. Raises NotFound, and Invalid for what cannot
    be made and for a mount of the host that propagates nothing."""
    require_sources(spec)
    for mount in spec.mounts:
        if not isinstance(mount, Bind):
            continue
        if not os.path.exists(mount.source):
            _make_source(mount)
        if needed := _NEEDED.get(mount.propagation):
            _require_propagation(mount, needed)


def _make_source(mount: Bind) -> None:
    try:
        os.makedirs(mount.source)
    except OSError as error:
        raise Invalid(f"cannot make the folder {mount.source} to mount it: {error.strerror}") from error


def _require_propagation(mount: Bind, needed: tuple[str, ...]) -> None:
    from onggi.linux.propagation import mount_of

    point, ties = mount_of(mount.source)
    if not any(tie.startswith(needed) for tie in ties):
        kinds = " or ".join(_TIES[tie] for tie in needed)
        raise Invalid(
            f"path {mount.source} is mounted on {point} but it is not a {kinds} mount",
            hint=f"`mount --make-shared {point}` makes it one",
        )
