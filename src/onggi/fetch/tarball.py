"""A build context that arrives as one stream of bytes: a tar of it, or nothing but a Dockerfile."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from onggi.characters import is_utf16
from onggi.errors import Invalid

Unpack = Callable[[BinaryIO, str], object]
"""Fills an empty folder from a tar, perhaps compressed. It lets nothing out of the folder and makes no devices."""

_BLOCK = 512
_CHECKSUM = slice(148, 156)  # a tar header's field (POSIX.1-2017, pax, "ustar Interchange Format")
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_LONGEST = 16 << 20  # bytes of a Dockerfile


def receive(stream: BinaryIO, folder: Path, unpack: Unpack) -> bytes | None:
    """The Dockerfile, if the stream is one. Otherwise None, and `folder` holds the context.

    stream: buffered. Raises what `unpack` raises for bytes that are neither, and Invalid for text that is too long.
    """
    source = io.BufferedReader(cast(io.RawIOBase, stream))
    try:
        head = source.peek(_BLOCK)
        if _looks_like_a_tar(head) or not _looks_like_text(head):
            unpack(cast(BinaryIO, source), str(folder))
            return None
        text = source.read(_LONGEST + 1)
    finally:
        source.detach()  # or its end would close the caller's stream
    if len(text) > _LONGEST:
        raise Invalid(
            f"the context is text of more than {_LONGEST >> 20} MiB, too long for a Dockerfile",
            hint="a context is a tar, or a Dockerfile alone",
        )
    return text


def _looks_like_a_tar(head: bytes) -> bool:
    return head.startswith(_COMPRESSED) or _has_tar_header(head[:_BLOCK])


def _has_tar_header(block: bytes) -> bool:
    """By the checksum, which every kind of tar has; an empty one begins with zeros."""
    if len(block) < _BLOCK:
        return False
    if not any(block):
        return True
    summed = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    try:
        return int(block[_CHECKSUM].strip(b" \0"), 8) == sum(summed)
    except ValueError:
        return False


def _looks_like_text(head: bytes) -> bool:
    """UTF-16 is text too, which its reader refuses by name."""
    if is_utf16(head):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
