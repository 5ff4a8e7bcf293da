"""Who may come in: users and the bcrypt hashes of their passwords, as htpasswd writes them (`htpasswd -B`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from pathlib import Path

from onggi.errors import Invalid, Unsupported

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_OTHERS = {  # httpd.apache.org, "Password Formats"; crypt(5)
    "$apr1$": "MD5 (htpasswd -m)",
    "{SHA}": "SHA-1 (htpasswd -s)",
    "$1$": "MD5",
    "$5$": "SHA-256 (htpasswd -2)",
    "$6$": "SHA-512 (htpasswd -5)",
    "$y$": "yescrypt",
    "$argon2": "Argon2",
}
_HINT = "write the line with htpasswd -B"
_MOST_REMEMBERED = 1024
_BCRYPT_BYTES = 72  # what follows has no part in the hash


class Passwords:
    """bcrypt is slow on purpose; what was right once is remembered, as a keyed hash."""

    def __init__(self, hashes: dict[str, bytes]) -> None:
        self._hashes = hashes
        self._key = os.urandom(32)
        self._right: set[bytes] = set()

    def remembers(self, header: str) -> str | None:
        """The user of an Authorization header that was right before."""
        return _apart(header)[0] if self._mark(header) in self._right else None

    def check(self, header: str) -> str | None:
        """The user, if an Authorization header is right. Takes a tenth of a second or more."""
        import bcrypt

        user, password = _apart(header)
        known = self._hashes.get(user)
        # A user that there is not takes as long as one that there is, so that names cannot be found out by the clock.
        hashed = known or next(iter(self._hashes.values()), b"")
        try:
            is_right = bcrypt.checkpw(password[:_BCRYPT_BYTES], hashed) and known is not None
        except ValueError:
            return None
        if not is_right:
            return None
        if len(self._right) >= _MOST_REMEMBERED:
            self._right.clear()
        self._right.add(self._mark(header))
        return user

    def _mark(self, header: str) -> bytes:
        return hmac.digest(self._key, header.encode("utf-8", "surrogateescape"), hashlib.sha256)


def read(path: Path) -> Passwords:
    """Raises Invalid for what is not a line of htpasswd, Unsupported for a hash of another kind than bcrypt."""
    hashes: dict[str, bytes] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"the passwords in {path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, hashed = line.rstrip().partition(":")
        if not (user and colon):
            raise Invalid(f"line {number} of {path} is not user:hash", hint=_HINT)
        _require_bcrypt(hashed, f"the password of {user!r} in line {number} of {path}")
        hashes[user] = hashed.encode()
    if not hashes:
        raise Invalid(f"there is no user in {path}", hint=f"make one: htpasswd -B {path} NAME")
    return Passwords(hashes)


def _require_bcrypt(hashed: str, name: str) -> None:
    if _BCRYPT.fullmatch(hashed):
        return
    if hashed.startswith(("$2a$", "$2b$", "$2y$")):
        raise Invalid(f"{name} is not a whole bcrypt hash", hint=_HINT)
    kind = next((kind for mark, kind in _OTHERS.items() if hashed.startswith(mark)), "crypt or plain text")
    raise Unsupported(f"{name} is kept as {kind}; only bcrypt is taken", hint=_HINT)


def _apart(header: str) -> tuple[str, bytes]:
    """The user and the password of `Basic …` (RFC 7617); nobody's where there is none."""
    scheme, _, text = header.partition(" ")
    try:
        user, colon, password = base64.b64decode(text.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return "", b""
    return (user.decode("utf-8", "replace"), password) if colon and scheme.lower() == "basic" else ("", b"")
