"""PEM, the text around keys (RFC 7468), for blocks whose labels no library knows."""

from __future__ import annotations

import binascii
import re
from textwrap import wrap
from typing import NamedTuple

from onggi.errors import Invalid

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----[ \t\r]*\n(.*?)\n[ \t]*-----END \1-----", re.DOTALL)
_PARAMETERS = b"EC PARAMETERS"  # `openssl ecparam -genkey` writes them before the key, where they are once more
_COLUMNS = 64


class Block(NamedTuple):
    """`text` is all of it, with its first and last line."""

    label: str
    body: bytes
    text: bytes


def only(raw: bytes, name: str) -> Block:
    """The one block of a file that is called `name`; raises Invalid if there is none, or another."""
    found = [block for block in _BLOCK.finditer(raw) if block[1] != _PARAMETERS]
    if len(found) != 1:
        said = "no key" if not found else f"{len(found)} blocks, where one key is wanted"
        raise Invalid(f"{name} holds {said}", hint="a key is one block of PEM: -----BEGIN PUBLIC KEY-----")
    return Block(found[0][1].decode(), found[0][2], found[0][0])


def decode(block: Block, name: str) -> bytes:
    """What a block holds; raises Invalid."""
    try:
        return binascii.a2b_base64(b"".join(block.body.split()), strict_mode=True)
    except binascii.Error as error:
        raise Invalid(f"{name} is broken: {error}") from error


def encode(label: str, content: bytes) -> bytes:
    lines = wrap(binascii.b2a_base64(content, newline=False).decode(), _COLUMNS)
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()
