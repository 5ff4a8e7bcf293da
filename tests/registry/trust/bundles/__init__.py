"""Bundles that sigstore-js made, with its packages sign 4.1 and bundle 4.0, and that its verify 3.1 has found good.

All are by the key in signer.pub. `signed` and `message` are of index.json, `attestation` states something else of it.
"""

from __future__ import annotations

from pathlib import Path

from onggi.registry.trust import keys

_FOLDER = Path(__file__).parent
SIGNER = keys.public((_FOLDER / "signer.pub").read_bytes(), "signer.pub")
INDEX = (_FOLDER / "index.json").read_bytes()


def raw(name: str) -> bytes:
    return (_FOLDER / f"{name}.sigstore.json").read_bytes()
