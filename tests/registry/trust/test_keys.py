from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from onggi.errors import Denied, Invalid, OnggiError, Unsupported
from onggi.registry.trust import keys, pem

MESSAGE = b"some bytes to sign"

EC = ["genpkey", "-algorithm", "EC", "-pkeyopt"]
KINDS: dict[str, list[str]] = {
    "P-256": [*EC, "ec_paramgen_curve:P-256"],
    "P-384": [*EC, "ec_paramgen_curve:P-384"],
    "P-521": [*EC, "ec_paramgen_curve:P-521"],
    "Ed25519": ["genpkey", "-algorithm", "ED25519"],
    "RSA": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}
PSS = ["-sigopt", "rsa_padding_mode:pss"]
# How openssl signs with each, as cosign or what it works with does.
SCHEMES: list[tuple[str, list[str]]] = [
    ("P-256", ["dgst", "-sha256"]),
    ("P-384", ["dgst", "-sha256"]),
    ("P-384", ["dgst", "-sha384"]),
    ("P-521", ["dgst", "-sha256"]),
    ("P-521", ["dgst", "-sha512"]),
    ("RSA", ["dgst", "-sha256"]),
    ("RSA", ["dgst", "-sha256", *PSS]),
    ("RSA", ["dgst", "-sha256", *PSS, "-sigopt", "rsa_pss_saltlen:digest"]),
    ("Ed25519", ["pkeyutl", "-rawin"]),
]


def openssl(*words: str | Path) -> bytes:
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a key of one kind, made by openssl: `key` and `pub`."""
    base = tmp_path_factory.mktemp("keys")

    def make(kind: str) -> Path:
        folder = base / kind
        if not folder.exists():
            folder.mkdir()
            openssl(*KINDS[kind], "-out", folder / "key")
            openssl("pkey", "-in", folder / "key", "-pubout", "-out", folder / "pub")
        return folder

    return make


def no_password() -> bytes:
    raise AssertionError("nobody is to be asked for a password")


def secret() -> bytes:
    return b"secret"


@pytest.mark.parametrize(
    ("kind", "how"), SCHEMES, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_what_openssl_signs_is_good_and_nothing_else(
    made: Callable[[str], Path], tmp_path: Path, kind: str, how: list[str]
) -> None:
    folder, message, signature = made(kind), tmp_path / "message", tmp_path / "signature"
    message.write_bytes(MESSAGE)
    if how[0] == "dgst":
        openssl(*how, "-sign", folder / "key", "-out", signature, message)
    else:
        openssl(*how, "-sign", "-inkey", folder / "key", "-in", message, "-out", signature)
    key = keys.public((folder / "pub").read_bytes(), "pub")
    good = signature.read_bytes()
    assert key.has_signed(MESSAGE, good)
    assert not key.has_signed(MESSAGE + b"!", good)
    assert not key.has_signed(MESSAGE, good[:-1] + bytes([good[-1] ^ 1]))
    for garbage in (b"", b"x", good + b"x", good[:-1], bytes(len(good))):
        assert not key.has_signed(MESSAGE, garbage)
    assert not keys.generate("other").public.has_signed(MESSAGE, good)


@pytest.mark.parametrize("kind", ["P-256", "RSA"])
def test_a_weaker_hash_is_not_taken(made: Callable[[str], Path], tmp_path: Path, kind: str) -> None:
    folder, message = made(kind), tmp_path / "message"
    message.write_bytes(MESSAGE)
    signature = openssl("dgst", "-sha1", "-sign", folder / "key", message)
    assert not keys.public((folder / "pub").read_bytes(), "pub").has_signed(MESSAGE, signature)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_here_openssl_takes(made: Callable[[str], Path], tmp_path: Path, kind: str) -> None:
    folder, message, signature = made(kind), tmp_path / "message", tmp_path / "signature"
    message.write_bytes(MESSAGE)
    key = keys.private((folder / "key").read_bytes(), "key", no_password)
    signature.write_bytes(key.sign(MESSAGE))
    assert key.public.has_signed(MESSAGE, signature.read_bytes())
    if kind == "Ed25519":
        said = openssl(
            "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", folder / "pub", "-sigfile", signature, "-in", message
        )
    else:
        said = openssl("dgst", "-sha256", "-verify", folder / "pub", "-signature", signature, message)
    assert b"Verified" in said


def test_ed25519ph_is_good_too(made: Callable[[str], Path]) -> None:
    """cosign signs so what goes to a transparency log. Key and signature are those of RFC 8032, section 7.3."""
    seed = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    signature = bytes.fromhex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    )
    der = bytes.fromhex("302e020100300506032b657004220420") + seed
    key = keys.private(pem.encode("PRIVATE KEY", der), "key", no_password).public
    assert key.has_signed(b"abc", signature)
    assert not key.has_signed(b"abd", signature)


def test_a_key_of_ones_own_comes_back_from_its_file() -> None:
    key = keys.generate("new")
    file = key.boxed(b"secret")
    assert file.startswith(b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n")
    assert max(map(len, file.splitlines())) == 64
    again = keys.private(file, "cosign.key", secret)
    assert again.public.fingerprint == key.public.fingerprint
    assert keys.public(key.public.pem(), "cosign.pub").has_signed(MESSAGE, again.sign(MESSAGE))
    before = file.replace(b"SIGSTORE", b"COSIGN")
    assert keys.private(before, "cosign.key", secret).public.fingerprint == key.public.fingerprint


def test_another_password_is_denied_by_name() -> None:
    with pytest.raises(Denied, match=r"does not open the private key cosign\.key"):
        keys.private(keys.generate("new").boxed(b"secret"), "cosign.key", lambda: b"guess")


@pytest.mark.parametrize(
    "how", [["pkcs8", "-topk8", "-v2", "aes256"], ["ec", "-aes256"]], ids=["PKCS #8", "OpenSSL's older form"]
)
def test_a_key_that_openssl_locked(made: Callable[[str], Path], how: list[str]) -> None:
    locked = openssl(*how, "-in", made("P-256") / "key", "-passout", "pass:secret")
    public = keys.public((made("P-256") / "pub").read_bytes(), "pub")
    assert keys.private(locked, "key", secret).public.fingerprint == public.fingerprint
    with pytest.raises(Denied, match="does not open the private key key"):
        keys.private(locked, "key", lambda: b"guess")


def test_curve_parameters_before_a_key_are_passed_over() -> None:
    file = openssl("ecparam", "-name", "prime256v1", "-genkey")
    assert b"EC PARAMETERS" in file
    keys.private(file, "key", no_password)


def test_the_fingerprint_is_the_digest_of_the_der(made: Callable[[str], Path], tmp_path: Path) -> None:
    der = openssl("pkey", "-pubin", "-in", made("RSA") / "pub", "-outform", "DER")
    key = keys.public((made("RSA") / "pub").read_bytes(), "pub")
    assert key.fingerprint == "sha256:" + hashlib.sha256(der).hexdigest()


def broken(text: str) -> bytes:
    return f"-----BEGIN {text}-----\nAAAA\n-----END {text}-----\n".encode()


@pytest.mark.parametrize(
    ("raw", "kind", "message"),
    [
        (b"", Invalid, "key.pub holds no key"),
        (b"\xff\x00" * 100, Invalid, "key.pub holds no key"),
        (broken("PUBLIC KEY") * 2, Invalid, "key.pub holds 2 blocks"),
        (broken("PUBLIC KEY"), Invalid, "key.pub is no public key: "),
        (broken("PRIVATE KEY"), Invalid, "key.pub is a private key"),
        (broken("ENCRYPTED SIGSTORE PRIVATE KEY"), Invalid, "key.pub is a private key"),
        (broken("CERTIFICATE"), Unsupported, "key.pub is a certificate"),
        (broken("OPENSSH THING"), Invalid, "key.pub is no public key: it holds OPENSSH THING"),
    ],
)
def test_what_is_no_public_key(raw: bytes, kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message):
        keys.public(raw, "key.pub")


@pytest.mark.parametrize(
    "how",
    [
        ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        [*EC, "ec_paramgen_curve:secp256k1"],
        ["genpkey", "-algorithm", "X25519"],
        ["genpkey", "-algorithm", "ED448"],
    ],
    ids=["RSA 1024", "secp256k1", "X25519", "Ed448"],
)
def test_kinds_that_sign_no_images(tmp_path: Path, how: list[str]) -> None:
    openssl(*how, "-out", tmp_path / "key")
    with pytest.raises(Unsupported, match="of a kind that signs no images"):
        keys.private((tmp_path / "key").read_bytes(), "key", no_password)
    with pytest.raises(Unsupported, match="of a kind that signs no images"):
        keys.public(openssl("pkey", "-in", tmp_path / "key", "-pubout"), "key.pub")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (broken("PUBLIC KEY"), "key is no private key: it holds PUBLIC KEY"),
        (broken("PRIVATE KEY"), "key is no private key: "),
        (broken("ENCRYPTED COSIGN PRIVATE KEY"), "key is no private key: not a private key of cosign's"),
        (broken("ENCRYPTED COSIGN PRIVATE KEY").replace(b"AAAA", b"A*A"), "key is broken: "),
    ],
)
def test_what_is_no_private_key(raw: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        keys.private(raw, "key", secret)
