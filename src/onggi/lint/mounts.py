"""What RUN --mount puts into a step: folders that are no part of its layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from onggi.dockerfile.syntax import Run

_TARGETS = ("target", "dst", "destination")
_NOT_IN_LAYERS = ("cache", "tmpfs")


class Mount(msgspec.Struct, frozen=True):
    """`kind` as written; bind if nothing is said. `target` without a slash at its end."""

    kind: str
    target: str


def mounts(run: Run) -> Iterator[Mount]:
    for word in run.mounts:
        fields = {name.strip(): value for name, _, value in (part.partition("=") for part in word.text.split(","))}
        target = next((fields[name] for name in _TARGETS if name in fields), "")
        yield Mount(fields.get("type", "bind"), posixpath.normpath(target))


def keeps_out(run: Run, folder: str) -> bool:
    """Whether nothing that the step writes to a folder gets into its layer."""
    return any(mount.kind in _NOT_IN_LAYERS and f"{folder}/".startswith(f"{mount.target}/") for mount in mounts(run))
