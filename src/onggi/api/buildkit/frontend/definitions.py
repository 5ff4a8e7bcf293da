"""A result as a client takes it along to its next build: a graph of one vertex, which names an image of the store
(moby/buildkit, client/llb/definition.go, by which clients read it)."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.message import DecodeError

from onggi.api.buildkit.wire.definition_pb2 import Definition, Input, Op, OpMetadata, Platform, SourceOp
from onggi.errors import Invalid, Unsupported
from onggi.oci import digest as digests
from onggi.oci import platform as platforms
from onggi.oci.digest import Digest

_SCHEME = "onggi-image://"
_CAPABILITY = "source.image"
NOT_BUILT: Digest = "sha256:" + "0" * 64
"""Stands for the image of a target that is only asked about, where another one that is asked about begins with it."""
INPUT = "input:"


def of_image(image: Digest, platform: platforms.Platform) -> Definition:
    """What `image_of` knows again."""
    source = Op(
        source=SourceOp(identifier=f"{_SCHEME}{image}"),
        platform=Platform(architecture=platform.architecture, os=platform.os, variant=platform.variant or ""),
    ).SerializeToString(deterministic=True)
    name = digests.of(source)
    end = Op(inputs=[Input(digest=name)]).SerializeToString(deterministic=True)
    metadata = {name: OpMetadata(caps={_CAPABILITY: True}), digests.of(end): OpMetadata()}
    return Definition(ops=[source, end], metadata=metadata)


def image_of(definition: Definition) -> Digest:
    """The image's ID. Raises Unsupported for a graph that a client has made itself, Invalid for what is none."""
    identifier = _source(definition)
    image = identifier.removeprefix(_SCHEME)
    if image == identifier or not digests.is_digest(image):
        raise unsupported(definition)
    return image


def unsupported(definition: Definition) -> Unsupported:
    """Raises Invalid for what is no graph."""
    identifier = _source(definition)
    return Unsupported(
        f"onggi builds Dockerfiles, and no graph of a client's own{f' ({identifier})' if identifier else ''}",
        hint="download what is at the URL, or clone the repository, and build that",
    )


def _source(definition: Definition) -> str:
    """What it consists of, if that is one source; else ""."""
    try:
        ops = {digests.of(each): Op.FromString(each) for each in definition.ops}
    except DecodeError as error:
        raise Invalid("a definition holds what is no vertex") from error
    end = next(reversed(ops.values()), Op())
    source = ops.get(end.inputs[0].digest) if len(end.inputs) == 1 else None
    return "" if source is None else source.source.identifier


def contexts(inputs: Mapping[str, Definition]) -> dict[str, str]:
    """How a client names the results of its other builds as contexts (`input:NAME`) → as a BuildRequest does. Raises
    as `image_of`, also of inputs that stand in for the context itself."""
    return {f"{INPUT}{name}": f"stored-image:{image_of(each)}" for name, each in inputs.items()}
