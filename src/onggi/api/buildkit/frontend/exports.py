"""What becomes of a result: a client's exporters → outputs of a build, and what the client is told of them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TypeAlias

import msgspec

from onggi.api.buildkit.session.sends import Destination, FileOfClient, FolderOfClient
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.control_pb2 import Exporter, SolveRequest
from onggi.boolean import parse_bool
from onggi.engine import output_fields
from onggi.engine.output import CacheOnly, FolderOutput, Output, TarOutput
from onggi.engine.types import BuildResult
from onggi.errors import Invalid, Unsupported
from onggi.fields import Fields
from onggi.oci import reference
from onggi.oci.digest import Digest
from onggi.suggest import did_you_mean

_MOBY = "moby"
"""The exporter to the store of Docker's own builder, as buildx calls it."""

Listed: TypeAlias = Callable[[Digest], Digest]
"""What `docker images` calls an image: for several platforms it has one of them there."""


class Scope(msgspec.Struct, frozen=True):
    """To whom outputs are sent, and what keeps them open until the build has ended."""

    session: Session
    files: ExitStack


def exporters(request: SolveRequest) -> tuple[Exporter, ...]:
    """Those that it names; older clients name one, otherwise."""
    if request.exporters or not request.exporter_deprecated:
        return tuple(request.exporters)
    return (Exporter(type=request.exporter_deprecated, attrs=request.exporter_attrs_deprecated),)


def outputs(asked: Sequence[Exporter], scope: Scope) -> tuple[Output, ...]:
    """Without exporters the cache alone has the result. Raises Invalid, Unsupported."""
    return tuple(_output(each, number, scope) for number, each in enumerate(asked)) or (CacheOnly(),)


def _output(exporter: Exporter, number: int, scope: Scope) -> Output:
    make = _TYPES.get(exporter.type)
    if make is None:
        raise Invalid(
            f"there is no exporter {exporter.type!r}{did_you_mean(exporter.type, _TYPES)}",
            hint="exporters: " + ", ".join(_TYPES),
        )
    return make(Fields(f"the exporter {exporter.type}", exporter.attrs), number, scope)


def _image(said: Fields, number: int, scope: Scope) -> Output:
    """One that is not pushed is in the store as it is there, however it is to be compressed."""
    if said.flag("push"):
        return _registry(said, number, scope)
    return output_fields.stored(said) if said.flag("store", True) else CacheOnly()


def _registry(said: Fields, number: int, scope: Scope) -> Output:
    if said.flag("registry.insecure"):
        raise Unsupported(
            f"{said.whole}: registry.insecure is not supported",
            hint="registries.toml says which registries are spoken to without TLS",
        )
    return output_fields.pushed(said)


def _local(said: Fields, number: int, scope: Scope) -> Output:
    folder = FolderOfClient(Destination(scope.session, number))
    return FolderOutput(folder, output_fields.is_split(said))


def _tar(said: Fields, number: int, scope: Scope) -> Output:
    return TarOutput(_file(number, scope), output_fields.is_split(said))


def _oci(said: Fields, number: int, scope: Scope) -> Output:
    return output_fields.archive(said, "oci", _archive(said, number, scope))


def _docker(said: Fields, number: int, scope: Scope) -> Output:
    return output_fields.archive(said, "docker", _archive(said, number, scope))


def _archive(said: Fields, number: int, scope: Scope) -> FileOfClient:
    output_fields.refuse_docker_types(said)
    if not said.flag("tar", True):
        raise Unsupported(
            f"{said.whole}: an image layout in a folder cannot be sent", hint="leave tar=false out: a tar can"
        )
    return _file(number, scope)


_Make: TypeAlias = Callable[[Fields, int, Scope], Output]
_TYPES: Mapping[str, _Make] = {
    _MOBY: _image,
    "image": _image,
    "registry": _registry,
    "local": _local,
    "tar": _tar,
    "oci": _oci,
    "docker": _docker,
    "cacheonly": lambda said, number, scope: CacheOnly(),
}


def _file(number: int, scope: Scope) -> FileOfClient:
    return scope.files.enter_context(FileOfClient(Destination(scope.session, number)))


def response(asked: Sequence[Exporter], results: Iterable[BuildResult], listed: Listed) -> dict[str, str]:
    """By the names that clients look for (moby/buildkit, exporter/containerimage/exptypes)."""
    said: dict[str, str] = {}
    for made in results:
        if (descriptor := made.descriptor) is None:
            continue  # there were files only
        said["containerimage.descriptor"] = base64.b64encode(msgspec.json.encode(descriptor)).decode()
        said["containerimage.digest"] = listed(made.image_id) if _is_stored_alone(asked) else descriptor.digest
        if made.image_id != descriptor.digest:
            said["containerimage.config.digest"] = made.image_id
        if made.references:
            said["image.name"] = ",".join(str(reference.parse(each)) for each in made.references)
    return said


def _is_stored_alone(asked: Sequence[Exporter]) -> bool:
    """Then it is known by its ID, by which Compose looks whether a container's image is still the same; a digest of
    its own is for where it has gone."""
    return all(each.type == _MOBY and not parse_bool(each.attrs.get("push", "")) for each in asked)
