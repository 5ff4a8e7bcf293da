"""What is signed: "this key stands for the image of this digest", in cosign's own form, simple signing.

    {"critical": {"identity": {"docker-reference": "localhost:5000/app"},
                  "image": {"docker-manifest-digest": "sha256:…"},
                  "type": "cosign container image signature"},
     "optional": {"commit": "77ef1"}}

The form is that of containers-signature(5), the type and what it means cosign's SIGNATURE_SPEC.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from onggi.decoders import decoder
from onggi.errors import Corrupt
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.document import reading
from onggi.oci.reference import DEFAULT_DOMAIN, Reference

MEDIA_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
TYPE = "cosign container image signature"
# What cosign's library calls Docker's registry. Those who compare names read it as docker.io.
_DOCKER = "index.docker.io"
_SIGNATURE = "dev.cosignproject.cosign/signature"


class Claim(msgspec.Struct, frozen=True):
    """What somebody signed: that they stand for the image of this digest. `reference` is what they called it, "" if
    they did not say."""

    digest: Digest
    reference: str = ""
    annotations: Mapping[str, Any] = {}


class _Identity(msgspec.Struct, frozen=True):
    docker_reference: str = msgspec.field(name="docker-reference", default="")


class _Image(msgspec.Struct, frozen=True):
    docker_manifest_digest: str = msgspec.field(name="docker-manifest-digest")


class _Critical(msgspec.Struct, frozen=True):
    identity: _Identity
    image: _Image
    type: str


class _Payload(msgspec.Struct, frozen=True):
    critical: _Critical
    optional: dict[str, Any] | None = None


def make(reference: Reference, digest: Digest, annotations: Mapping[str, str]) -> bytes:
    """The bytes to sign. The reference is written without tag and digest, as cosign writes it."""
    domain = _DOCKER if reference.domain == DEFAULT_DOMAIN else reference.domain
    critical = _Critical(_Identity(f"{domain}/{reference.path}"), _Image(digest), TYPE)
    return msgspec.json.encode(_Payload(critical, dict(annotations) or None), order="sorted")


def signed_with(signature: bytes) -> dict[str, str]:
    """The annotations of a layer that is a payload."""
    return {_SIGNATURE: binascii.b2a_base64(signature, newline=False).decode()}


def signature_of(layer: Descriptor) -> bytes:
    """Raises Corrupt where a layer has none."""
    try:
        # Key services give lines, and cosign passes them on.
        found = binascii.a2b_base64("".join(layer.annotations.get(_SIGNATURE, "").split()), strict_mode=True)
    except ValueError as error:
        raise Corrupt(f"the signature of {layer.digest} is not base64: {error}") from error
    if not found:
        raise Corrupt(f"there is no signature of {layer.digest}")
    return found


def parse(raw: bytes) -> Claim:
    """Raises Corrupt for what claims nothing about an image."""
    with reading("the payload of an image's signature"):
        found = decoder(_Payload).decode(raw)
        if found.critical.type != TYPE:
            raise msgspec.ValidationError(f"its type is {found.critical.type!r}")
    return Claim(
        found.critical.image.docker_manifest_digest,
        found.critical.identity.docker_reference,
        found.optional or {},
    )
