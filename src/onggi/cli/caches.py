"""--cache-from and --cache-to (docs.docker.com, build/cache/backends)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from onggi.engine import output_fields
from onggi.engine.output import CacheSource, CacheTarget, FolderCache, InlineCache, RegistryCache
from onggi.errors import Invalid, Unsupported
from onggi.fields import Fields
from onggi.oci import reference as references
from onggi.suggest import did_you_mean

_NEVER = {
    "s3": "object stores are not reached",
    "azblob": "object stores are not reached",
}
_COMPRESSION = frozenset({"compression", "compression-level", "force-compression"})
_OF_ANY_TARGET = _COMPRESSION | {"type", "mode", "mounts", "group", "ignore-error", "oci-mediatypes", "image-manifest"}
_SOURCES: Mapping[str, frozenset[str]] = {
    "local": frozenset({"type", "src", "tag", "digest"}),
    "registry": frozenset({"type", "ref"}),
    "gha": frozenset({"type", "src", "scope"}),
}
_TARGETS: Mapping[str, frozenset[str]] = {
    "local": _OF_ANY_TARGET | {"dest", "tag"},
    "registry": _OF_ANY_TARGET | {"ref"},
    "gha": _OF_ANY_TARGET | {"dest", "scope"},
    "inline": frozenset({"type", "mode"}),
}
_SCOPE = "buildkit"  # what a cache of GitHub Actions is called if nothing is said


def parse_source(text: str) -> CacheSource:
    """`type=local,src=FOLDER[,tag=TAG][,digest=DIGEST]`, `type=gha,src=FOLDER[,scope=NAME]`, `type=registry,ref=NAME`
    or just NAME. Raises Invalid, or Unsupported for other types."""
    said = _fields("--cache-from", text, _SOURCES)
    match said.get("type"):
        case "local":
            tag = said.get("tag") or "latest"
            return FolderCache(folder=_folder(said, "src"), tag=tag, digest=said.get("digest"))
        case "gha":
            return FolderCache(folder=_folder(said, "src"), tag=said.get("scope") or _SCOPE)
    return _registry(said)


def parse_target(text: str) -> CacheTarget:
    """As `parse_source`, with `dest` for `src`; `type=inline`; and for all of them `mode=min|max`, `compression`,
    `mounts`, `group`, `ignore-error`. Raises as `parse_source`."""
    said = _fields("--cache-to", text, _TARGETS)
    if said.get("type") == "inline":
        return _inline(said)
    return replace(output_fields.cache(said, _place(said)), group=said.get("group"), has_mounts=said.flag("mounts"))


def _inline(said: Fields) -> CacheTarget:
    if output_fields.is_complete(said):
        raise Unsupported(
            f"{said.whole}: an image has the layers of its own stage only",
            hint="type=registry with mode=max keeps those of all stages",
        )
    return CacheTarget(place=InlineCache())


def _place(said: Fields) -> FolderCache | RegistryCache:
    match said.get("type"):
        case "local":
            return FolderCache(folder=_folder(said, "dest"), tag=said.get("tag") or "latest")
        case "gha":
            return FolderCache(folder=_folder(said, "dest"), tag=said.get("scope") or _SCOPE)
    return _registry(said)


def _fields(option: str, text: str, known: Mapping[str, frozenset[str]]) -> Fields:
    said = Fields.of(option, text) if "=" in text else Fields(f"{option} {text}", {"type": "registry", "ref": text})
    kind = said.get("type")
    if kind in _NEVER:
        raise Unsupported(f"{said.whole}: {_NEVER[kind]}", hint="write to a folder, type=local, and send that")
    if kind not in known:
        wrong = f"unknown type {kind!r}{did_you_mean(kind, known)}" if kind else "type is missing"
        raise Invalid(f"{said.whole}: {wrong}", hint="write " + " or ".join(f"type={each}" for each in known))
    said.only(known[kind])
    return said


def _registry(said: Fields) -> RegistryCache:
    if not said.get("ref"):
        raise Invalid(f"{said.whole}: ref is missing: the name of the cache at a registry")
    return RegistryCache(reference=str(references.parse(said.get("ref"))))


def _folder(said: Fields, key: str) -> Path:
    if not said.get(key):
        raise Invalid(f"{said.whole}: {key} is missing: the folder of the cache")
    return Path(said.get(key))
