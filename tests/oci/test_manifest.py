from __future__ import annotations

import pytest

from onggi.errors import Corrupt
from onggi.oci import manifest, mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.manifest import Index
from onggi.oci.platform import Platform

ANY = Descriptor(mediatype.OCI_CONFIG, "sha256:" + "0" * 64, 2)


def test_what_is_written_is_read_again() -> None:
    image = manifest.of(ANY, (ANY, ANY), {"a": "b"})
    assert manifest.parse(manifest.encode(image)) == image
    described = Descriptor(mediatype.OCI_MANIFEST, ANY.digest, 7, platform=Platform("arm", "linux", "v7"))
    index = Index(schema_version=2, media_type=mediatype.OCI_INDEX, manifests=(described,))
    assert manifest.parse_index(manifest.encode(index)) == index


def test_the_spec_names_the_fields() -> None:
    raw = manifest.encode(manifest.of(ANY, ()))
    assert b'"schemaVersion":2' in raw
    assert b'"mediaType":"application/vnd.oci.image.config.v1+json"' in raw


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"schemaVersion":2,"x":' + b"[" * 100_000])
def test_what_is_no_manifest_and_no_index(raw: bytes) -> None:
    with pytest.raises(Corrupt, match="not an image manifest: "):
        manifest.parse(raw)
    with pytest.raises(Corrupt, match="not an image index: "):
        manifest.parse_index(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (manifest.encode(manifest.of(ANY, (), {'"manifests"': '"manifests"'})), mediatype.OCI_MANIFEST),
        (b'{"annotations":{"x":"manifests"},"config":{}}', mediatype.OCI_MANIFEST),
        (b'{"manifests":[]}', mediatype.OCI_INDEX),
        (b'{"mediaType":"%s","manifests":[]}' % mediatype.DOCKER_INDEX.encode(), mediatype.DOCKER_INDEX),
        (b'{"mediaType":"%s"}' % mediatype.DOCKER_MANIFEST.encode(), mediatype.DOCKER_MANIFEST),
    ],
    ids=["says-it", "manifest", "index", "docker-index", "docker-manifest"],
)
def test_what_a_document_is(raw: bytes, expected: str) -> None:
    assert manifest.media_type_of(raw) == expected


def test_what_is_no_document_at_all() -> None:
    with pytest.raises(Corrupt, match="not an image manifest or index: "):
        manifest.media_type_of(b"[]")
