"""Docker's config.json, and podman's auth.json, which is a part of it, as a value. What is not about logins is kept
byte by byte: it is other programs', and may be of a version that we do not know."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from onggi.decoders import decoder
from onggi.errors import Invalid
from onggi.registry.logins.accounts import find, spellings
from onggi.registry.logins.login import Login

_BYTE = re.compile(r" \(byte (\d+)\)$")
_HINT = "mend it, or move it away and log in again"
_EMPTY = Raw(b"{}")


class _Entry(msgspec.Struct, frozen=True):
    """What Docker keeps for an account (cli/config/types.AuthConfig)."""

    username: str | None = None
    password: str | None = None
    auth: str | None = None
    identitytoken: str | None = None
    registrytoken: str | None = None


class Document(msgspec.Struct, frozen=True):
    """`name` is what people call the file, `text` what was read. As `Logins`, it knows what is written in it."""

    name: str
    text: bytes = b""
    fields: Mapping[str, Raw] = {}
    auths: Mapping[str, Raw] = {}
    helpers: Mapping[str, str] = {}
    store: str = ""

    def get(self, account: str) -> Login | None:
        """The login that is written for an account. Raises Invalid for one that makes no sense."""
        key = find(self.auths, account)
        if key is None:
            return None
        try:
            login = _login(decoder(_Entry | None).decode(self.auths[key]) or _Entry())
        except (msgspec.MsgspecError, ValueError) as error:
            raise Invalid(f"{self._place(key)}: the login for {key} makes no sense: {error}", hint=_HINT) from error
        return login if login != Login() else None

    def helper(self, account: str) -> str:
        """The credential helper that is asked for an account; "" for none."""
        key = find(self.helpers, account)
        return self.store if key is None else self.helpers[key]

    def with_entry(self, account: str, login: Login | None) -> Document:
        """What else stands in the account's entry is left there. None: the entry says only that a helper keeps one."""
        fields = _pairs(self.auths.get(account, _EMPTY))
        for field in _Entry.__struct_fields__:
            fields.pop(field, None)
        fields |= {name: Raw(msgspec.json.encode(text)) for name, text in _written(login or Login()).items()}
        return replace(self, auths={**self.auths, account: Raw(_object(fields, 2))})

    def without(self, account: str) -> Document:
        """Under none of its spellings."""
        gone = spellings(self.auths, account)
        return replace(self, auths={key: entry for key, entry in self.auths.items() if key not in gone})

    def encode(self) -> bytes:
        """As Docker writes it, with tabs."""
        fields = self.fields if "auths" in self.fields else {"auths": _EMPTY, **self.fields}
        return _object({**fields, "auths": Raw(_object(self.auths, 1))}, 0)

    def _place(self, key: str) -> str:
        return f"{self.name}:{_line(self.text, max(self.text.find(msgspec.json.encode(key)), 0))}"


def parse(text: bytes, name: str) -> Document:
    """The file, which may be empty. Raises Invalid, with the line, for what is not JSON or no such file."""
    if not text.strip():
        return Document(name, text)
    try:
        fields = decoder(dict[str, Raw]).decode(text)
        known = decoder(_Known).decode(text)
    except msgspec.ValidationError as error:
        raise Invalid(f"{name} is not a file of logins: {error}", hint=_HINT) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"{name}:{_line_of(error, text)}: {_BYTE.sub('', str(error))}", hint=_HINT) from error
    return Document(name, text, fields, known.auths or {}, known.helpers or {}, known.store or "")


class _Known(msgspec.Struct, frozen=True):
    auths: dict[str, Raw] | None = None
    helpers: dict[str, str] | None = msgspec.field(default=None, name="credHelpers")
    store: str | None = msgspec.field(default=None, name="credsStore")


def _line_of(error: Exception, text: bytes) -> int:
    """Where reading ended; at the last line where it ended too early."""
    place = _BYTE.search(str(error))
    return _line(text, int(place[1]) if place else len(text.rstrip()))


def _line(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1


def _login(entry: _Entry) -> Login:
    username, password = entry.username or "", entry.password or ""
    if entry.auth:
        username, password = _decode(entry.auth)
    return Login(username, password, entry.identitytoken or "", entry.registrytoken or "")


def _decode(auth: str) -> tuple[str, str]:
    """User and password; they may be other bytes than UTF-8. Raises ValueError."""
    pair = base64.b64decode("".join(auth.splitlines()), validate=True).decode("utf-8", "surrogateescape")
    username, colon, password = pair.partition(":")
    if not colon or not username:
        raise ValueError("auth is not user:password in base64")
    return username, password.strip("\0")


def _written(login: Login) -> dict[str, str]:
    pair = f"{login.username}:{login.password}".encode("utf-8", "surrogateescape") if login.username else b""
    fields = {
        "auth": base64.b64encode(pair).decode(),
        "identitytoken": login.identity_token,
        "registrytoken": login.registry_token,
    }
    return {name: text for name, text in fields.items() if text}


def _pairs(raw: Raw) -> dict[str, Raw]:
    """The fields of an entry; what is none has none."""
    try:
        return decoder(dict[str, Raw]).decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _object(fields: Mapping[str, Raw], depth: int) -> bytes:
    """A JSON object whose values stay as they are; `depth` of them are around it."""
    if not fields:
        return b"{}"
    end = b"\n" + b"\t" * depth
    lines = (end + b"\t" + msgspec.json.encode(key) + b": " + bytes(value) for key, value in fields.items())
    return b"{" + b",".join(lines) + end + b"}"
