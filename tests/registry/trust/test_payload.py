from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from onggi.errors import Corrupt
from onggi.oci import digest, reference
from onggi.oci.descriptor import Descriptor
from onggi.registry.trust import payload

DIGEST = digest.of(b"image")


def test_what_is_signed_has_the_bytes_that_cosign_signs() -> None:
    made = payload.make(reference.parse("localhost:5000/team/app:1"), DIGEST, {})
    assert made.decode() == (
        '{"critical":{"identity":{"docker-reference":"localhost:5000/team/app"},"image":{"docker-manifest-digest":"'
        + DIGEST
        + '"},"type":"cosign container image signature"},"optional":null}'
    )


def test_docker_hub_is_called_as_cosign_calls_it() -> None:
    made = payload.make(reference.parse("busybox"), DIGEST, {})
    assert payload.parse(made).reference == "index.docker.io/library/busybox"


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_annotations_are_read_as_they_were_signed(annotations: dict[str, str]) -> None:
    made = payload.make(reference.parse("host.example/app"), DIGEST, annotations)
    assert payload.parse(made) == payload.Claim(DIGEST, "host.example/app", annotations)


CRITICAL = {
    "identity": {"docker-reference": "a/b"},
    "image": {"docker-manifest-digest": DIGEST},
    "type": "cosign container image signature",
}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "Expected `object`"),
        ({}, "missing required field `critical`"),
        ({"critical": {**CRITICAL, "type": "atomic container signature"}}, "its type is 'atomic container signature'"),
        ({"critical": {**CRITICAL, "image": {}}}, "docker-manifest-digest"),
        ({"critical": {**CRITICAL, "image": {"docker-manifest-digest": [DIGEST]}}}, "Expected `str`"),
        ({"critical": CRITICAL, "optional": 7}, r"\$\.optional"),
    ],
)
def test_what_claims_nothing_about_an_image(document: object, message: str) -> None:
    with pytest.raises(Corrupt, match=message):
        payload.parse(json.dumps(document).encode())


@given(st.binary(max_size=100))
def test_garbage_is_corrupt(raw: bytes) -> None:
    with pytest.raises(Corrupt):
        payload.parse(raw)


def test_a_signature_is_in_the_annotations_of_its_layer() -> None:
    layer = Descriptor(payload.MEDIA_TYPE, DIGEST, 3, annotations=payload.signed_with(b"\xff\x00"))
    assert layer.annotations == {"dev.cosignproject.cosign/signature": "/wA="}
    assert payload.signature_of(layer) == b"\xff\x00"
    in_lines = replace(layer, annotations={"dev.cosignproject.cosign/signature": "/w\nA=\n"})
    assert payload.signature_of(in_lines) == b"\xff\x00"


@pytest.mark.parametrize("text", ["", "\n", "*", "/wA", "/wA=\n/wA=", "ü"])
def test_a_layer_without_a_signature(text: str) -> None:
    layer = Descriptor(payload.MEDIA_TYPE, DIGEST, 3, annotations={"dev.cosignproject.cosign/signature": text})
    with pytest.raises(Corrupt, match=r"the signature of|there is no signature of"):
        payload.signature_of(layer)
    with pytest.raises(Corrupt, match="there is no signature of"):
        payload.signature_of(Descriptor(payload.MEDIA_TYPE, DIGEST, 3))
