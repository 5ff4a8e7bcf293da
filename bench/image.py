"""An image as large as those that people push: a gigabyte in twelve layers and thousands of files, the same each time.

What is in the files is made up, but squeezes as a distribution's does: text, code, and what is compressed already.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

NAME = "large:1"
BYTES = 10**9
SHARES = (20, 15, 12, 10, 9, 8, 7, 6, 5, 4, 2, 2)
"""Of the layers, in hundredths: a base first, and what is put on top of it gets smaller."""

_POOL = 16 << 20
_LARGEST = 24 << 20
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def lay_out(folder: Path) -> None:
    """Write it as an OCI layout whose layers are not compressed."""
    (folder / "blobs/sha256").mkdir(parents=True)
    files = _files(random.Random(1))
    layers = [_put_layer(folder, files, BYTES * share // 100) for share in SHARES]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/bin/true"]},
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
    }
    described = _put(folder, _CONFIG, json.dumps(config).encode())
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described, "layers": layers}
    entry = _put(folder, _MANIFEST, json.dumps(manifest).encode())
    named = {**entry, "annotations": {"org.opencontainers.image.ref.name": NAME}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def _put_layer(folder: Path, files: Iterator[tuple[str, bytes]], size: int) -> dict[str, object]:
    draft = folder / "draft"
    with tarfile.open(draft, "w", format=tarfile.USTAR_FORMAT) as archive:
        left = size
        while left > 0:
            name, data = next(files)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), 1_700_000_000
            archive.addfile(entry, io.BytesIO(data))
            left -= len(data)
    with draft.open("rb") as stream:
        name = hashlib.file_digest(stream, "sha256").hexdigest()
    length = draft.stat().st_size
    draft.rename(folder / "blobs/sha256" / name)
    return {"mediaType": _LAYER, "digest": f"sha256:{name}", "size": length}


def _put(folder: Path, media_type: str, data: bytes) -> dict[str, object]:
    name = hashlib.sha256(data).hexdigest()
    (folder / "blobs/sha256" / name).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(data)}


def _files(source: random.Random) -> Iterator[tuple[str, bytes]]:
    """Without end. Many are small and most bytes are in large ones, as on any disk."""
    pools = (_text(source), _code(source), source.randbytes(_POOL))
    number = 0
    while True:
        size = min(int(source.lognormvariate(9.9, 2.0)), _LARGEST)
        pool = source.choices(pools, (45, 43, 12))[0]
        pieces = (_piece(source, pool, min(size - at, 1 << 20)) for at in range(0, size, 1 << 20))
        yield f"usr/lib/package-{number % 97}/file-{number}", b"".join(pieces)
        number += 1


def _piece(source: random.Random, pool: bytes, size: int) -> bytes:
    """Out of the pool, in an alphabet of its own: as compressible, and yet nothing that was there before."""
    at = source.randrange(len(pool) - size)
    return pool[at : at + size].translate(bytes(source.sample(range(256), 256)))


def _text(source: random.Random) -> bytes:
    """Words, some of them much more frequent than others."""
    letters = b"etaoinshrdlucmfwypvbgkqjxz"
    words = [bytes(source.choices(letters, k=source.randint(2, 9))) for _ in range(2000)]
    return _drawn(source, [word + b" " for word in words])


def _code(source: random.Random) -> bytes:
    """Instructions, some of them with an operand that is any number."""
    common = [source.randbytes(source.randint(4, 12)) for _ in range(1000)]
    rare = [source.randbytes(4) for _ in range(4000)]
    return _drawn(source, common + rare)


def _drawn(source: random.Random, parts: list[bytes]) -> bytes:
    weights = [1 / (rank + 3) for rank in range(len(parts))]
    drawn = bytearray()
    while len(drawn) < _POOL:
        drawn += b"".join(source.choices(parts, weights, k=100_000))
    return bytes(drawn[:_POOL])
