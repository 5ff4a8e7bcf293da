from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.secret import SecretBox

from onggi.errors import Corrupt, Denied
from onggi.registry.trust import box

SECRET, PASSWORD = b"really important", b"p\xc3\xa4ss"


def by_hand(n: int = 1 << 15, **changes: Any) -> bytes:
    """A box made without onggi, as each version of cosign has made them."""
    salt, nonce = b"s" * 32, b"n" * 24
    key = hashlib.scrypt(PASSWORD, salt=salt, n=n, r=8, p=1, dklen=32, maxmem=1 << 28)
    document: dict[str, Any] = {
        "kdf": {"name": "scrypt", "params": {"N": n, "r": 8, "p": 1}, "salt": _text(salt)},
        "cipher": {"name": "nacl/secretbox", "nonce": _text(nonce)},
        "ciphertext": _text(SecretBox(key).encrypt(SECRET, nonce).ciphertext),
    }
    return json.dumps(document | changes).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("n", [1 << 15, 1 << 16, 1 << 17])
def test_boxes_of_all_versions_open(n: int) -> None:
    assert box.unseal(by_hand(n), PASSWORD) == SECRET


@settings(max_examples=5, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=20))
def test_what_is_sealed_is_there_again(secret: bytes, password: bytes) -> None:
    assert box.unseal(box.seal(secret, password), password) == secret


def test_two_boxes_of_one_secret_are_not_alike() -> None:
    assert box.seal(SECRET, PASSWORD) != box.seal(SECRET, PASSWORD)


def test_another_password_or_a_changed_box_does_not_open() -> None:
    with pytest.raises(Denied):
        box.unseal(by_hand(), b"guess")
    with pytest.raises(Denied):
        box.unseal(by_hand(ciphertext=base64.b64encode(b"x" * 40).decode()), PASSWORD)
    with pytest.raises(Denied):
        box.unseal(by_hand(ciphertext=""), PASSWORD)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "truncated"),
        (b"{}", "missing required field `kdf`"),
        (by_hand(cipher={"name": "nacl/secretbox", "nonce": "AAAA"}), "a nonce has 24 bytes, not 3"),
        (by_hand(cipher={"name": "rot13", "nonce": "AAAA"}), "rot13 is not known here"),
        (
            by_hand(kdf={"name": "scrypt", "params": {"N": 1 << 30, "r": 8, "p": 1}, "salt": "AAAA"}),
            "is not known here",
        ),
        (
            by_hand(kdf={"name": "scrypt", "params": {"N": 1 << 15, "r": 99, "p": 1}, "salt": "AAAA"}),
            "is not known here",
        ),
        (by_hand(ciphertext="*"), "Invalid base64"),
    ],
)
def test_what_is_no_box(raw: bytes, message: str) -> None:
    """One that would have scrypt take a terabyte is none either."""
    with pytest.raises(Corrupt, match=message):
        box.unseal(raw, PASSWORD)
