"""Content identifiers: `sha256:<64 hex digits>` (OCI image spec, descriptor.md, "Digests")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from onggi.errors import Invalid

if TYPE_CHECKING:
    import hashlib

Digest: TypeAlias = str
"""`algorithm:hex`, always sha256 here."""

_CHUNK = 1 << 20
_PATTERN = re.compile(r"sha256:[0-9a-f]{64}")


def of(data: bytes) -> Digest:
    """The digest of some bytes."""
    import hashlib

    return of_hash(hashlib.sha256(data))


def of_hash(state: hashlib._Hash) -> Digest:
    """The digest of what a sha256 was fed piece by piece."""
    return "sha256:" + state.hexdigest()


def of_stream(stream: BinaryIO) -> Digest:
    """The digest of what is left in a stream."""
    import hashlib

    state = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        state.update(chunk)
    return of_hash(state)


def parse(text: str) -> Digest:
    """`text` if it is a sha256 digest; raises Invalid otherwise."""
    if not is_digest(text):
        raise Invalid(f"not a sha256 digest: {text!r}", hint="a digest looks like sha256:<64 hex digits>")
    return text


def is_digest(text: str) -> bool:
    return _PATTERN.fullmatch(text) is not None


def hex_of(digest: Digest) -> str:
    """The hex part: names files on disk."""
    return digest.partition(":")[2]


def short(digest: Digest) -> str:
    """Twelve hex digits, as people see it in tables."""
    return hex_of(digest)[:12]
