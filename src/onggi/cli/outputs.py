"""--output and its short forms → what becomes of a build's result (docker/buildx, util/buildflags/export.go)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from onggi import fields
from onggi.engine import output_fields
from onggi.engine.output import ArchiveOutput, CacheOnly, FolderOutput, Output, StoreOutput, Target, TarOutput
from onggi.errors import Invalid, Unsupported
from onggi.fields import Fields
from onggi.layer.compression import Squeeze
from onggi.suggest import did_you_mean

_SQUEEZE = Squeeze("gzip", all=False)


def parse_all(texts: Sequence[str], *, load: bool = False, push: bool = False) -> tuple[Output, ...]:
    """What the options ask for; nothing if they ask for nothing. `push` is for the images among the outputs, or for one
    more. Raises Invalid, Unsupported."""
    found = [*map(parse, texts), *((StoreOutput(),) if load else ())]
    if push:
        found = [_pushed(output) for output in found]
        if not any(isinstance(output, StoreOutput) for output in found):
            found.append(StoreOutput(push=_SQUEEZE))
    streams = [text for text, output in zip(texts, found, strict=False) if _is_stream(output)]
    if len(streams) > 1:
        raise Invalid(f"{len(streams)} outputs write to stdout: -o {' and -o '.join(streams)}", hint="give dest=FILE")
    return tuple(dict.fromkeys(found) if load or push else found)


def _pushed(output: Output) -> Output:
    if isinstance(output, StoreOutput) and output.push is None:
        return replace(output, push=_SQUEEZE)
    return output


def writes_to_stdout(outputs: Iterable[Output]) -> bool:
    return any(map(_is_stream, outputs))


def _is_stream(output: Output) -> bool:
    return isinstance(output, TarOutput | ArchiveOutput) and not isinstance(output.target, Path)


def parse(text: str) -> Output:
    """`type=TYPE[,KEY=VALUE…]`, a folder, or `-` for a tar on stdout."""
    words = fields.split("-o", text)
    if words == [text] and "=" not in text and text:
        return TarOutput(_stdout(text)) if text == "-" else FolderOutput(Path(text))
    said = Fields.of("-o", text)
    kind = said.get("type")
    if not kind:
        raise Invalid(f"-o {text}: type is missing", hint="types: " + ", ".join(_TYPES))
    if kind not in _TYPES:
        raise Invalid(
            f"-o {text}: unknown type {kind!r}{did_you_mean(kind, _TYPES)}", hint="types: " + ", ".join(_TYPES)
        )
    keys, make = _TYPES[kind]
    said.only({"type", *keys, *(key for key in said.values if "annotation" in keys and key.startswith("annotation"))})
    return make(said)


def _image(said: Fields) -> Output:
    if said.flag("push"):
        return output_fields.pushed(said)
    if not said.flag("store", True):
        return CacheOnly()
    for key in ("compression", "compression-level", "force-compression"):
        if key in said.values:
            raise Unsupported(
                f"{said.whole}: images in the store are not compressed",
                hint="choose it where the image leaves the store: type=image,push=true, -o type=oci, or save and push",
            )
    output_fields.refuse_docker_types(said)
    return output_fields.stored(said)


def _local(said: Fields) -> Output:
    dest = said.get("dest")
    if not dest or dest == "-":
        raise Invalid(f"{said.whole}: dest is missing: a folder for the files", hint="write -o FOLDER")
    return FolderOutput(Path(dest), output_fields.is_split(said))


def _tar(said: Fields) -> Output:
    return TarOutput(_target(said), output_fields.is_split(said))


def _oci(said: Fields) -> Output:
    return _archive(said, "oci")


def _docker(said: Fields) -> Output:
    if "dest" not in said.values:
        said.only({"type", "name", *(key for key in said.values if key.startswith("annotation"))})
        return output_fields.stored(said)
    return _archive(said, "docker")


def _archive(said: Fields, form: Literal["docker", "oci"]) -> Output:
    output_fields.refuse_docker_types(said)
    if said.flag("tar", True):
        return output_fields.archive(said, form, _target(said))
    if said.get("dest") in ("", "-"):
        raise Invalid(f"{said.whole}: dest is missing: a folder for the image layout")
    return output_fields.archive(said, form, Path(said.get("dest")), is_folder=True)


def _cache_only(said: Fields) -> Output:
    return CacheOnly()


def _target(said: Fields) -> Target:
    dest = said.get("dest")
    return Path(dest) if dest not in ("", "-") else _stdout(said.whole.removeprefix("-o "))


def _stdout(text: str) -> Target:
    if sys.stdout.isatty():
        raise Invalid(f"-o {text} would write to the terminal", hint="give dest=FILE, or send it to a file or a pipe")
    return sys.stdout.buffer


_IMAGE = frozenset({"name", "oci-mediatypes", "annotation", "compression", "compression-level", "force-compression"})
_TYPES: Mapping[str, tuple[frozenset[str], Callable[[Fields], Output]]] = {
    "image": (_IMAGE | {"push", "push-by-digest", "store", "unpack"}, _image),
    "local": (frozenset({"dest", "platform-split"}), _local),
    "tar": (frozenset({"dest", "platform-split"}), _tar),
    "oci": (_IMAGE | {"dest", "tar"}, _oci),
    "docker": (_IMAGE | {"dest", "tar"}, _docker),
    "cacheonly": (frozenset(), _cache_only),
    "registry": (_IMAGE | {"push-by-digest"}, output_fields.pushed),
}
