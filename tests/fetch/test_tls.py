from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from tests.registries.tls import Authority, Pair

from onggi.errors import Denied, Invalid, NotFound, OnggiError
from onggi.fetch.tls import Tls


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def server_of(pair: Pair, *, asks: Path | None = None) -> ssl.SSLContext:
    """A server's side; `asks`: it wants a certificate that this authority has signed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=asks)
    context.load_cert_chain(pair.certificate, pair.key)
    if asks is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "localhost") -> ssl.SSLObject:
    """The server's end of a connection, made in memory. Raises ssl.SSLError of the side that refuses."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [here, there]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
    return there


def test_only_what_is_trusted_is_connected_to(tmp_path: Path, authority: Authority) -> None:
    server = server_of(authority.server())
    handshake(Tls(extra=(authority.bundle,)).context(), server)
    handshake(Tls(bundle=authority.bundle).context(), server)
    for stranger in (Tls(), Tls(bundle=Authority(tmp_path / "other").bundle)):
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            handshake(stranger.context(), server)


def test_what_is_trusted_of_one_host_comes_to_the_bundle(tmp_path: Path, authority: Authority) -> None:
    more = [Authority(tmp_path / name) for name in ("second", "third")]
    tls = Tls(bundle=authority.bundle, extra=tuple(each.bundle for each in more))
    for each in (authority, *more):
        handshake(tls.context(), server_of(each.server()))


def test_a_certificate_is_for_the_host_that_it_names(authority: Authority) -> None:
    tls = Tls(extra=(authority.bundle,))
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(tls.context(), server_of(authority.server()), "registry.example")


def test_a_servers_own_certificate_may_be_what_is_trusted(authority: Authority) -> None:
    pair = authority.server()
    handshake(Tls(extra=(pair.certificate,)).context(), server_of(pair))


def test_unverified_any_certificate_will_do(authority: Authority) -> None:
    handshake(Tls(is_verified=False).context(), server_of(authority.server()), "registry.example")


def test_a_client_certificate_is_shown(authority: Authority) -> None:
    server, client = authority.server(), authority.client("builder")
    tls = Tls(extra=(authority.bundle,), client=(client.certificate, client.key))
    there = handshake(tls.context(), server_of(server, asks=authority.bundle))
    assert there.getpeercert()["subject"] == ((("commonName", "builder"),),)  # type: ignore[index]
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        handshake(Tls(extra=(authority.bundle,)).context(), server_of(server, asks=authority.bundle))


def test_one_context_for_equal_values(authority: Authority) -> None:
    context = Tls(extra=(authority.bundle,)).context()
    assert context is Tls(extra=(Path(str(authority.bundle)),)).context()
    assert context is not Tls(extra=(authority.bundle,), is_verified=False).context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (None, NotFound, "cannot be read: No such file or directory"),
        ("", Invalid, "holds no certificates in PEM"),
        ("garbage", Invalid, "holds no certificates in PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", Invalid, "holds no certificates in PEM"),
    ],
)
@pytest.mark.parametrize("use", ["bundle", "extra"])
def test_a_wrong_file_is_named(
    tmp_path: Path, content: str | None, kind: type[OnggiError], words: str, use: str
) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_text(content)
    tls = Tls(bundle=file) if use == "bundle" else Tls(extra=(file,))
    with pytest.raises(kind) as caught:
        tls.context()
    assert caught.value.message.startswith(f"{file} {words}")


def test_a_folder_is_no_file(tmp_path: Path, authority: Authority) -> None:
    client = authority.client()
    with pytest.raises(Denied, match=f"^{tmp_path} cannot be read: Is a directory$"):
        Tls(client=(client.certificate, tmp_path)).context()


def test_halves_of_a_client_certificate_that_are_missing_or_of_another(authority: Authority, tmp_path: Path) -> None:
    one, other = authority.client("one"), authority.client("other")
    with pytest.raises(Invalid) as caught:
        Tls(client=(one.certificate, other.key)).context()
    assert str(one.certificate) in caught.value.message
    assert str(other.key) in caught.value.message
    for pair in ((tmp_path / "no.cert", one.key), (one.certificate, tmp_path / "no.key")):
        with pytest.raises(NotFound, match=r"/no\.(cert|key) cannot be read"):
            Tls(client=pair).context()


def test_a_locked_key_is_refused_and_nobody_is_asked(authority: Authority, tmp_path: Path) -> None:
    client = authority.client()
    key = load_pem_private_key(client.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    with pytest.raises(Invalid, match=f"^{locked} is locked with a password$") as caught:
        Tls(client=(client.certificate, locked)).context()
    assert "openssl pkey" in caught.value.hint
