"""Images as the bytes that a registry holds, made without onggi or any tool: hostile ones are one change away."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from onggi.oci import platform

OCI = "application/vnd.oci.image."
MANIFEST, INDEX, CONFIG, LAYER = (
    OCI + kind for kind in ("manifest.v1+json", "index.v1+json", "config.v1+json", "layer.v1.tar+gzip")
)


@dataclass(frozen=True)
class Wares:
    """One image: layers as they travel, and the documents as values that can be changed before they become bytes.

    `above` are indexes over it, lowest first: the tag names the last.
    """

    layers: Sequence[bytes]
    config: Mapping[str, Any]
    media_type: str = LAYER
    manifest: Mapping[str, Any] = field(default_factory=dict)
    above: Sequence[Mapping[str, Any]] = ()

    def with_config(self, **changes: object) -> Wares:
        return replace(self, config={**self.config, **changes})

    def with_manifest(self, **changes: object) -> Wares:
        """Fields of the manifest that are other than they should be."""
        return replace(self, manifest={**self.manifest, **changes})

    @property
    def raw_config(self) -> bytes:
        return encode(self.config)

    @property
    def raw_manifest(self) -> bytes:
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, self.raw_config),
            "layers": [descriptor(self.media_type, layer) for layer in self.layers],
        }
        return encode({**document, **self.manifest})

    def blobs(self) -> dict[str, bytes]:
        return {digest(data): data for data in (*self.layers, self.raw_config)}

    def documents(self) -> list[tuple[str, bytes]]:
        """Media type and bytes of the manifest and what is above it; the last is what the tag names."""
        found = [(MANIFEST, self.raw_manifest)]
        for changes in self.above:
            entry = {**descriptor(*found[-1]), "platform": _platform()}
            found.append((INDEX, encode({**_index([entry]), **changes})))
        return found


def image(*, layers: int = 2, size: int = 200_000, seed: int = 1) -> Wares:
    """A good one for this host; each layer has one file of `size` bytes that cannot be compressed."""
    return of_tars(
        [tar({f"file-{number}": random.Random(seed * 1000 + number).randbytes(size)}) for number in range(layers)]
    )


def of_tars(tars: Sequence[bytes]) -> Wares:
    config = {
        **_platform(),
        "config": {"Cmd": ["/nothing"]},
        "rootfs": {"type": "layers", "diff_ids": [digest(each) for each in tars]},
        "history": [{"created_by": f"layer {number}"} for number in range(len(tars))],
    }
    return Wares([gzip.compress(each, 1, mtime=0) for each in tars], config)


def tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def bomb(size: int) -> Wares:
    """An image with a good layer, and one with a file of `size` zeros, of which gzip makes a thousandth."""
    good, piece = image(layers=1), 1 << 20
    head = tarfile.TarInfo("zeros")
    head.size = size
    squeezed = gzip.compress(head.tobuf(), mtime=0) + gzip.compress(bytes(piece), mtime=0) * (size // piece)
    wares = replace(good, layers=[*good.layers, squeezed])
    diff_ids = [*good.config["rootfs"]["diff_ids"], "sha256:" + "3" * 64]  # nobody gets so far as to find out
    return wares.with_config(rootfs={"type": "layers", "diff_ids": diff_ids}, history=[])


def descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encode(document: object) -> bytes:
    return json.dumps(document).encode()


def _index(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)}


def _platform() -> dict[str, str]:
    host = platform.of_host()
    return {"architecture": host.architecture, "os": host.os} | ({"variant": host.variant} if host.variant else {})
