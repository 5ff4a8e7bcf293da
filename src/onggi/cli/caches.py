"""--cache-from and --cache-to (docs.docker.com, build/cache/backends)."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from onggi.cli.fields import Fields
from onggi.cli.outputs import COMPRESSIONS
from onggi.engine.output import CacheSource, CacheTarget, Compression
from onggi.errors import Invalid, Unsupported
from onggi.suggest import did_you_mean

_LATER = {
    "registry": "registries come in a later version",
    "inline": "a cache in the image comes with registries",
    "gha": "the cache of GitHub Actions comes with registries",
    "s3": "object stores are not reached",
    "azblob": "object stores are not reached",
}
_SOURCE = frozenset({"type", "src", "tag", "digest"})
_COMPRESSION = frozenset({"compression", "compression-level", "force-compression"})
_TARGET = _COMPRESSION | {"type", "dest", "tag", "mode", "ignore-error", "oci-mediatypes", "image-manifest"}
_MODES = {"min": "min", "max": "max"}


def parse_source(text: str) -> CacheSource:
    """`type=local,src=FOLDER[,tag=TAG][,digest=DIGEST]`. Raises Invalid, or Unsupported for other types."""
    said = _local("--cache-from", text)
    said.only(_SOURCE)
    return CacheSource(folder=_folder(said, "src"), tag=said.get("tag") or "latest", digest=said.get("digest"))


def parse_target(text: str) -> CacheTarget:
    """`type=local,dest=FOLDER[,mode=min|max][,tag=TAG][,compression=…]`. Raises as `parse_source`."""
    said = _local("--cache-to", text)
    said.only(_TARGET)
    for key in ("oci-mediatypes", "image-manifest"):
        if not said.flag(key, True):
            raise Unsupported(f"{said.whole}: onggi writes an OCI image manifest only", hint=f"leave {key} out")
    return CacheTarget(
        folder=_folder(said, "dest"),
        tag=said.get("tag") or "latest",
        is_complete=said.choice("mode", _MODES, "min") == "max",
        compression=cast(Compression, said.choice("compression", COMPRESSIONS, "gzip")),
        level=said.number("compression-level"),
        may_fail=said.flag("ignore-error"),
    )


def _local(option: str, text: str) -> Fields:
    said = Fields.of(option, text) if "=" in text else Fields(f"{option} {text}", {"type": "registry"})
    kind = said.get("type")
    if kind in _LATER:
        raise Unsupported(f"{said.whole}: {_LATER[kind]}", hint="a folder works: type=local")
    if kind != "local":
        wrong = f"unknown type {kind!r}{did_you_mean(kind, ('local', *_LATER))}" if kind else "type is missing"
        raise Invalid(f"{said.whole}: {wrong}", hint="write type=local")
    return said


def _folder(said: Fields, key: str) -> Path:
    if not said.get(key):
        raise Invalid(f"{said.whole}: {key} is missing: the folder of the cache")
    return Path(said.get(key))
