"""What a shelf may hold that is no cache of onggi."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onggi.errors import Unsupported
from onggi.oci import digest, mediatype
from onggi.store.shared.folder import FolderShelf
from onggi.store.shared.shelf import groups

RECORDS = {"layers": [{"blob": "sha256:" + "1" * 64, "parent": -1}], "records": [{"digest": "sha256:" + "2" * 64}]}
CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0"
Put = Callable[[str, object], dict[str, Any]]


def a_cache_as_an_index(put: Put) -> dict[str, Any]:
    """What BuildKit writes for type=registry and type=local."""
    members = [put(mediatype.OCI_LAYER_GZIP, b"\x1f\x8b"), put(CACHE_CONFIG, RECORDS)]
    return put(mediatype.OCI_INDEX, {"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX, "manifests": members})


def a_cache_as_a_manifest(put: Put) -> dict[str, Any]:
    """With image-manifest=true."""
    return _manifest(put, put(CACHE_CONFIG, RECORDS))


def an_image_with_a_cache(put: Put) -> dict[str, Any]:
    """With type=inline."""
    inline = base64.b64encode(json.dumps(RECORDS).encode()).decode()
    return _manifest(put, put(mediatype.OCI_CONFIG, {"architecture": "amd64", "moby.buildkit.cache.v0": inline}))


def _manifest(put: Put, config: dict[str, Any]) -> dict[str, Any]:
    return put(mediatype.OCI_MANIFEST, {"schemaVersion": 2, "config": config, "layers": []})


@pytest.mark.parametrize("make", [a_cache_as_an_index, a_cache_as_a_manifest, an_image_with_a_cache])
def test_a_cache_of_buildkit_is_called_so(tmp_path: Path, make: Callable[[Put], dict[str, Any]]) -> None:
    with pytest.raises(Unsupported, match="a cache of BuildKit"):
        groups(_shelf(tmp_path, make))


def test_an_image_without_a_cache_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="it holds no cache of onggi, but"):
        groups(_shelf(tmp_path, lambda put: _manifest(put, put(mediatype.OCI_CONFIG, {"architecture": "amd64"}))))


def _shelf(folder: Path, make: Callable[[Put], dict[str, Any]]) -> FolderShelf:
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(media_type: str, content: object) -> dict[str, Any]:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        named = digest.of(data)
        (blobs / digest.hex_of(named)).write_bytes(data)
        return {"mediaType": media_type, "digest": named, "size": len(data)}

    entry = {**make(put), "annotations": {"org.opencontainers.image.ref.name": "latest"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return FolderShelf(folder, "latest")
