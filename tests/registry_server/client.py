"""A client that does just what it is told: one request, one answer."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"
OCTETS = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class Answer:
    """Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of the first error."""
        return str(self.document["errors"][0]["code"])


@dataclass(frozen=True)
class Client:
    """A body of several pieces goes out in chunks, without a length. `headers` go with each request."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, timeout=600)

    def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = self.connect()
        try:
            is_whole = isinstance(body, bytes)
            sent = {**self.headers, **(headers or {})}
            if is_whole and (body or method not in ("GET", "HEAD")):
                sent = {"Content-Length": str(len(body)), **sent}  # type: ignore[arg-type]
            connection.request(method, path, body or None, sent, encode_chunked=not is_whole)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def push_blob(self, repository: str, data: bytes) -> str:
        """Its digest."""
        digest = digest_of(data)
        answer = self.ask("POST", f"/v2/{repository}/blobs/uploads/?digest={digest}", data, OCTETS)
        assert answer.status == 201, answer
        return digest

    def begin(self, repository: str) -> str:
        """Where an upload that has just begun is."""
        answer = self.ask("POST", f"/v2/{repository}/blobs/uploads/")
        assert answer.status == 202, answer
        return answer.headers["location"]

    def put(self, repository: str, reference: str, raw: bytes, media_type: str = MANIFEST) -> Answer:
        return self.ask("PUT", f"/v2/{repository}/manifests/{reference}", raw, {"Content-Type": media_type})

    def push(self, repository: str, tag: str, *, word: str = "", **more: object) -> bytes:
        """An image of one layer, with its blobs; the manifest."""
        config, layer = json.dumps({"made for": f"{repository}:{tag}{word}"}).encode(), f"layer {tag}{word}".encode()
        for blob in (config, layer):
            self.push_blob(repository, blob)
        raw = image(config, layer, **more)
        answer = self.put(repository, tag, raw)
        assert answer.status == 201, answer
        return raw


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def descriptor(data: bytes, media_type: str, **more: object) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}


def image(config: bytes, *layers: bytes, **more: object) -> bytes:
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(config, CONFIG),
        "layers": [descriptor(layer, LAYER) for layer in layers],
        **more,
    }
    return json.dumps(document, indent=2).encode()


def index(*members: bytes, **more: object) -> bytes:
    manifests = [descriptor(member, MANIFEST) for member in members]
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests, **more}
    return json.dumps(document).encode()
