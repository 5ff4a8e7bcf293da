"""Keys that sign images, in PEM: what cosign takes. Which schemes a signature may be of follows from the key alone.

| key               | signs with                    | accepted too                                                  |
|-------------------|-------------------------------|---------------------------------------------------------------|
| ECDSA P-256       | SHA-256                       |                                                               |
| ECDSA P-384, 521  | SHA-256                       | SHA-384 and SHA-512, which cosign takes for such keys lately  |
| Ed25519           | as it is (RFC 8032)           | Ed25519ph, with which cosign signs what goes to a log         |
| RSA, 2048 bits on | PKCS #1 v1.5 with SHA-256     | PSS with SHA-256, as key services sign                        |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from onggi.errors import Corrupt, Denied, Invalid, Unsupported
from onggi.oci import digest
from onggi.oci.digest import Digest
from onggi.registry.trust import box, pem

_Public: TypeAlias = ec.EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey
_Private: TypeAlias = ec.EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey

_BOXED = "ENCRYPTED SIGSTORE PRIVATE KEY"
_BOXED_BEFORE = "ENCRYPTED COSIGN PRIVATE KEY"
_PUBLIC = ("PUBLIC KEY", "RSA PUBLIC KEY")
_PLAIN = ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY")
_LEAST_RSA_BITS = 2048
_SHA256 = hashes.SHA256()
# By the name of a curve, the hashes that a signature may be over.
_CURVES: dict[str, tuple[hashes.HashAlgorithm, ...]] = {
    "secp256r1": (_SHA256,),
    "secp384r1": (_SHA256, hashes.SHA384()),
    "secp521r1": (_SHA256, hashes.SHA512()),
}
_PADDINGS = (padding.PKCS1v15(), padding.PSS(padding.MGF1(_SHA256), padding.PSS.AUTO))


class PublicKey:
    """`name` is what people call it, its file for one. `fingerprint` is the digest of the key in DER."""

    def __init__(self, key: _Public, name: str) -> None:
        self._key = key
        self.name = name
        self.fingerprint: Digest = digest.of(
            key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature was made of this message, with the private part of this key."""
        key = self._key
        if isinstance(key, ec.EllipticCurvePublicKey):
            return any(_is_good(key.verify, signature, message, ec.ECDSA(each)) for each in _CURVES[key.curve.name])
        if isinstance(key, RSAPublicKey):
            return any(_is_good(key.verify, signature, message, scheme, _SHA256) for scheme in _PADDINGS)
        return _is_good(key.verify, signature, message) or _is_good(_verify_ed25519ph, key, message, signature)

    def pem(self) -> bytes:
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class PrivateKey:
    """A key that signs. Nothing of it is shown when it is printed."""

    def __init__(self, key: _Private, name: str) -> None:
        self._key = key
        self.public = PublicKey(key.public_key(), name)

    def sign(self, message: bytes) -> bytes:
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(message, padding.PKCS1v15(), _SHA256)
        return self._key.sign(message, ec.ECDSA(_SHA256))

    def boxed(self, password: bytes) -> bytes:
        """The key as cosign writes it to a file, readable with the password alone."""
        plain = self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem.encode(_BOXED, box.seal(plain, password))


def generate(name: str) -> PrivateKey:
    """A new key of the kind that cosign makes, and that everything checks: ECDSA P-256."""
    return PrivateKey(ec.generate_private_key(ec.SECP256R1()), name)


def public(raw: bytes, name: str) -> PublicKey:
    """The public key in a file that is called `name`. Raises Invalid for what is none, Unsupported for a kind that
    signs no images."""
    block = pem.only(raw, name)
    if block.label.endswith("PRIVATE KEY"):
        raise Invalid(
            f"{name} is a private key",
            hint="signatures are checked with the public one, that others may see: cosign.pub",
        )
    if block.label == "CERTIFICATE":
        raise Unsupported(
            f"{name} is a certificate, and signatures are checked with keys here",
            hint=f"`openssl x509 -noout -pubkey -in {name}` writes the key that is in it",
        )
    if block.label not in _PUBLIC:
        raise Invalid(f"{name} is no public key: it holds {block.label}")
    try:
        key = serialization.load_pem_public_key(block.text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(f"{name} is no public key: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey):
        raise _unsupported(name, type(key).__name__.removesuffix("PublicKey"))
    _check_strength(key, name)
    return PublicKey(key, name)


def private(raw: bytes, name: str, password: Callable[[], bytes]) -> PrivateKey:
    """The private key in a file that is called `name`; `password` is asked where it is locked. Raises Invalid,
    Unsupported, and Denied for another password."""
    block = pem.only(raw, name)
    if block.label in (_BOXED, _BOXED_BEFORE):
        key = _unbox(block, name, password)
    elif block.label in _PLAIN:
        key = _unlock(block, name, password)
    else:
        raise Invalid(f"{name} is no private key: it holds {block.label}", hint="`onggi image generate-key` makes one")
    if not isinstance(key, ec.EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey):
        raise _unsupported(name, type(key).__name__.removesuffix("PrivateKey"))
    _check_strength(key.public_key(), name)
    return PrivateKey(key, name)


def _unbox(block: pem.Block, name: str, password: Callable[[], bytes]) -> object:
    """cosign's form: PKCS #8 in a box."""
    sealed = pem.decode(block, name)
    try:
        return serialization.load_der_private_key(box.unseal(sealed, password()), None)
    except (ValueError, TypeError, UnsupportedAlgorithm, Corrupt) as error:
        raise Invalid(f"{name} is no private key: {error}") from error
    except Denied as error:
        raise _wrong_password(name) from error


def _unlock(block: pem.Block, name: str, password: Callable[[], bytes]) -> object:
    """PKCS #8 and the older forms of OpenSSL, plain or locked with a password of their own."""
    is_locked = block.label.startswith("ENCRYPTED") or b"ENCRYPTED" in block.body
    secret = password() if is_locked else None
    try:
        return serialization.load_pem_private_key(block.text, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if is_locked:
            raise _wrong_password(name) from error
        raise Invalid(f"{name} is no private key: {error}") from error


def _wrong_password(name: str) -> Denied:
    return Denied(
        f"the password does not open the private key {name}",
        hint="COSIGN_PASSWORD holds it, or you are asked; if it is right, the file was changed",
    )


def _check_strength(key: _Public, name: str) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        raise _unsupported(name, f"ECDSA {key.curve.name}")
    if isinstance(key, RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        raise _unsupported(name, f"RSA with {key.key_size} bits")


def _unsupported(name: str, kind: str) -> Unsupported:
    return Unsupported(
        f"{name} is a key of a kind that signs no images here: {kind}",
        hint=f"ECDSA P-256, P-384, P-521, Ed25519, and RSA with {_LEAST_RSA_BITS} bits or more do",
    )


def _is_good(verify: Callable[..., object], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except InvalidSignature:
        return False
    return True


def _verify_ed25519ph(key: Ed25519PublicKey, message: bytes, signature: bytes) -> None:
    """RFC 8032, section 5.1: over the message's SHA-512. OpenSSL offers it by no interface that Python has."""
    from nacl import bindings
    from nacl.exceptions import BadSignatureError

    if len(signature) != bindings.crypto_sign_BYTES:
        raise InvalidSignature
    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, message)
    try:
        bindings.crypto_sign_ed25519ph_final_verify(state, signature, key.public_bytes_raw())
    except BadSignatureError as error:
        raise InvalidSignature from error
