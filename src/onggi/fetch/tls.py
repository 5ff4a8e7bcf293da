"""What a host's certificate is checked against, and which one it is shown: a value, and OpenSSL's form of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onggi.errors import Denied, Invalid, NotFound, OnggiError

if TYPE_CHECKING:
    import ssl


class Tls(msgspec.Struct, frozen=True):
    """How one host is spoken to over TLS.

    bundle: the CA certificates to trust; None: those of this host. extra: files of more of them, for this host alone; a
    certificate in one is trusted itself, whoever signed it. client: a certificate to show, and its key. is_verified:
    whether the host's certificate is looked at.
    """

    bundle: Path | None = None
    extra: tuple[Path, ...] = ()
    client: tuple[Path, Path] | None = None
    is_verified: bool = True

    def context(self) -> ssl.SSLContext:
        """The same one for equal values: to read the certificates takes longer than a request. Raises NotFound, Denied
        and Invalid, which name the file."""
        return _context(self)


def is_spoken(host: str, port: int, seconds: float) -> bool | None:
    """Whether a server answers to TLS's greeting with TLS, None where it does not answer: nothing is checked, and
    nothing else is said to it. Certificates are not read for it, which takes longer than a request."""
    import socket
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), seconds) as wire, context.wrap_socket(wire):
            return True
    except ssl.SSLError as error:
        return not any(words in str(error) for words in NOT_TLS)
    except OSError:
        return None


NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)
"""How OpenSSL, in its versions, puts it that the first bytes were no TLS."""


@functools.lru_cache(maxsize=16)
def _context(tls: Tls) -> ssl.SSLContext:
    import ssl  # late: values of this kind are made by who never connects

    with _named(tls.bundle or "the CA certificates of this host", "holds no certificates in PEM"):
        context = ssl.create_default_context(cafile=tls.bundle)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # As Go, and with it all of Docker, checks: what is named as trusted need not have signed itself, and self-made
    # certificates may lack the extensions that newer Pythons insist on.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for file in tls.extra:
        with _named(file, "holds no certificates in PEM"):
            context.load_verify_locations(cafile=file)
    if tls.client is not None:
        _show(context, *tls.client)
    if not tls.is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    def locked() -> str:
        # Without this OpenSSL would ask the terminal.
        raise Invalid(f"{key} is locked with a password", hint="openssl pkey -in LOCKED -out UNLOCKED unlocks one")

    for file in (certificate, key):
        with _named(file):
            file.open("rb").close()  # OpenSSL does not say which of the two it cannot read
    with _named(f"{certificate} and {key}", "are no certificate and its key, both in PEM"):
        context.load_cert_chain(certificate, key, password=locked)


@contextmanager
def _named(file: Path | str, fault: str = "") -> Iterator[None]:
    """Errors of the system and of OpenSSL, which name no file, as ours; `fault` is what OpenSSL's mean."""
    import ssl

    try:
        yield
    except ssl.SSLError as error:
        reason = f": {error.reason.replace('_', ' ').lower()}" if error.reason else ""
        raise Invalid(f"{file} {fault}{reason}") from error
    except OSError as error:
        raise _meaning(error)(f"{file} cannot be read: {error.strerror}") from error


def _meaning(error: OSError) -> type[OnggiError]:
    return NotFound if isinstance(error, FileNotFoundError) else Denied
