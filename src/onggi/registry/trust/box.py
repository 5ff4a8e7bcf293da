"""The box that cosign keeps private keys in: a secretbox of NaCl, whose key scrypt makes of a password.

Its form is the JSON of go-securesystemslib's package `encrypted`.
"""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from onggi.decoders import decoder
from onggi.errors import Denied
from onggi.oci.document import reading

_KDF, _CIPHER = "scrypt", "nacl/secretbox"
_KEY_BYTES, _NONCE_BYTES, _SALT_BYTES = 32, 24, 32
# N of scrypt with r=8 and p=1: what the library wrote first, writes today, and what OWASP asks for. Others would let a
# file say how much memory reading it takes.
_LEGACY, _STANDARD, _OWASP = 1 << 15, 1 << 16, 1 << 17
_COSTS = (_LEGACY, _STANDARD, _OWASP)
_MEMORY = 1 << 28  # bytes that scrypt may take; the dearest takes half


class _Cost(msgspec.Struct, frozen=True):
    n: int = msgspec.field(name="N")
    r: int = 8
    p: int = 1


class _Kdf(msgspec.Struct, frozen=True):
    name: str
    params: _Cost
    salt: bytes


class _Cipher(msgspec.Struct, frozen=True):
    name: str
    nonce: bytes


class _Box(msgspec.Struct, frozen=True):
    kdf: _Kdf
    cipher: _Cipher
    ciphertext: bytes


def seal(secret: bytes, password: bytes) -> bytes:
    """The box, as JSON. Equal secrets give boxes that have nothing in common."""
    from nacl.bindings import crypto_secretbox

    cost = _Cost(_STANDARD)
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    ciphertext = crypto_secretbox(secret, nonce, _key(password, salt, cost))
    return msgspec.json.encode(_Box(_Kdf(_KDF, cost, salt), _Cipher(_CIPHER, nonce), ciphertext))


def unseal(raw: bytes, password: bytes) -> bytes:
    """What is in a box. Raises Denied for another password, Corrupt for what is no such box."""
    from nacl.bindings import crypto_secretbox_open
    from nacl.exceptions import CryptoError

    with reading("a private key of cosign's"):
        box = decoder(_Box).decode(raw)
        if (box.kdf.name, box.cipher.name) != (_KDF, _CIPHER) or box.kdf.params not in map(_Cost, _COSTS):
            raise msgspec.ValidationError(f"{box.kdf.name} {box.kdf.params} with {box.cipher.name} is not known here")
        if len(box.cipher.nonce) != _NONCE_BYTES:
            raise msgspec.ValidationError(f"a nonce has {_NONCE_BYTES} bytes, not {len(box.cipher.nonce)}")
    try:
        return crypto_secretbox_open(box.ciphertext, box.cipher.nonce, _key(password, box.kdf.salt, box.kdf.params))
    except CryptoError as error:
        raise Denied("the password does not open the box") from error


def _key(password: bytes, salt: bytes, cost: _Cost) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=cost.n, r=cost.r, p=cost.p, dklen=_KEY_BYTES, maxmem=_MEMORY)
