"""What RUN --mount puts into a step: folders that are no part of its layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from onggi.dockerfile.syntax import Run

_TARGETS = ("target", "dst", "destination")
_SOURCES = ("source", "src")
_NOT_IN_LAYERS = ("cache", "tmpfs")


class Mount(msgspec.Struct, frozen=True):
    """`kind` as written; bind if nothing is said. `target` without a slash at its end. `stage` is what `from` names,
    "" for the context."""

    kind: str
    target: str
    source: str = ""
    stage: str = ""

    @property
    def is_outside(self) -> bool:
        """Whether what is written there gets into no layer."""
        return self.kind in _NOT_IN_LAYERS

    @property
    def has_context(self) -> bool:
        """Whether it shows the whole build context."""
        return self.kind == "bind" and not self.stage and posixpath.normpath(self.source.lstrip("/") or ".") == "."


def mounts(run: Run) -> Iterator[Mount]:
    for word in run.mounts:
        fields = {name.strip(): value for name, _, value in (part.partition("=") for part in word.text.split(","))}
        target, source = (
            next((fields[name] for name in names if name in fields), "") for names in (_TARGETS, _SOURCES)
        )
        yield Mount(fields.get("type", "bind"), posixpath.normpath(target), source, fields.get("from", ""))


def keeps_out(run: Run, folder: str) -> bool:
    """Whether nothing that the step writes to a folder gets into its layer."""
    return any(mount.is_outside and f"{folder}/".startswith(f"{mount.target}/") for mount in mounts(run))


def has_cache(run: Run) -> bool:
    return any(mount.kind == "cache" for mount in mounts(run))
