from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.trust.bundles import INDEX, SIGNER, raw

from onggi.errors import Corrupt
from onggi.oci import digest
from onggi.registry.trust import bundle
from onggi.registry.trust.payload import Claim


def test_a_signed_statement() -> None:
    found = bundle.parse(raw("signed"))
    assert found.has_key
    assert found.message is not None
    assert found.message.startswith(b"DSSEv1 28 application/vnd.in-toto+json ")
    assert SIGNER.has_signed(found.message, found.signatures[0])
    assert not SIGNER.has_signed(found.statement, found.signatures[0])
    assert bundle.claims(found.statement) == (Claim(digest.of(INDEX), annotations={"env": "prod"}),)


def test_a_signed_manifest() -> None:
    found = bundle.parse(raw("message"))
    assert (found.has_key, found.message) == (True, None)
    assert SIGNER.has_signed(INDEX, found.signatures[0])


def test_an_attestation_is_no_signature() -> None:
    found = bundle.parse(raw("attestation"))
    with pytest.raises(
        Corrupt, match=r"not a statement that an image is signed: it is of https://slsa\.dev/provenance/v1"
    ):
        bundle.claims(found.statement)


def changed(name: str, **changes: Any) -> bytes:
    return json.dumps(json.loads(raw(name)) | changes).encode()


@pytest.mark.parametrize("kind", ["certificate", "x509CertificateChain"])
def test_one_that_a_certificate_is_for(kind: str) -> None:
    assert not bundle.parse(changed("signed", verificationMaterial={kind: {"rawBytes": "AAAA"}})).has_key


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"[]", "Expected `object`"),
        (changed("signed", mediaType="application/json"), "its media type is 'application/json'"),
        (changed("signed", dsseEnvelope=None), "there is no signature in it"),
        (changed("signed", dsseEnvelope={"payload": "*", "payloadType": "x", "signatures": []}), "Invalid base64"),
        (
            changed("signed", dsseEnvelope={"payload": "", "payloadType": "x", "signatures": []}),
            "what is signed is 'x'",
        ),
        (changed("message", messageSignature={}), "missing required field `signature`"),
    ],
)
def test_what_is_no_bundle(document: bytes, message: str) -> None:
    with pytest.raises(Corrupt, match=message):
        bundle.parse(document)


@given(st.binary(max_size=100))
def test_garbage_is_corrupt(raw: bytes) -> None:
    with pytest.raises(Corrupt):
        bundle.parse(raw)
    with pytest.raises(Corrupt):
        bundle.claims(raw)


@given(st.text(max_size=30), st.binary(max_size=30), st.text(max_size=30), st.binary(max_size=30))
def test_type_and_payload_do_not_run_into_each_other(a: str, b: bytes, c: str, d: bytes) -> None:
    same = bundle.pre_authentication(a, b) == bundle.pre_authentication(c, d)
    assert same == ((a, b) == (c, d))
