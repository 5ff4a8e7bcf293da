"""A token server: who asks for what is written down, and gets what it may have.

It speaks both of Docker's ways: GET with basic auth (distribution's spec/auth/token.md) and POST by OAuth 2
(spec/auth/oauth.md), and its tokens are such as docker-registry checks.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .tls import Authority, Pair

SERVICE, ISSUER = "onggi-tests", "onggi-token-server"
REFRESH = "refresh-of-"
"""Before the user's name: an identity token of this server."""


@dataclass(frozen=True)
class Asked:
    """A request for a token. `user` is empty for one without credentials."""

    method: str
    user: str
    service: str
    scopes: tuple[str, ...]
    grant: str = ""


@dataclass
class Tokens:
    """Who may do what: user → password; a user without an entry in `may` may do all, nobody at all may pull.

    `lifetime` in seconds is what is said and what is signed, `is_oauth` whether POST is known.
    """

    url: str
    signer: Pair
    users: Mapping[str, str] = field(default_factory=dict)
    may: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lifetime: int = 300
    is_oauth: bool = True
    asked: list[Asked] = field(default_factory=list)

    def granted(self, asked: Asked) -> str:
        """A signed token with what of the asked scopes the user may have."""
        allowed = self.may.get(asked.user, ("pull", "push", "delete", "*") if asked.user else ("pull",))
        access = []
        for scope in asked.scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            granted = [action for action in actions.split(",") if action in allowed]
            access.append({"type": kind, "name": name, "actions": granted})
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": SERVICE, "sub": asked.user, "iat": now, "nbf": now - 60, "access": access}
        return _signed({**claims, "exp": now + self.lifetime}, self.signer)


@contextmanager
def serve(
    folder: Path,
    *,
    users: Mapping[str, str] | None = None,
    may: Mapping[str, Sequence[str]] | None = None,
    lifetime: int = 300,
    is_oauth: bool = True,
) -> Iterator[Tokens]:
    signer = Authority(folder / "tokens").server()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        url = f"http://127.0.0.1:{server.server_address[1]}/token"
        server.tokens = Tokens(url, signer, users or {}, may or {}, lifetime, is_oauth)  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.tokens  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def tokens(self) -> Tokens:
        return self.server.tokens  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        user, password = _basic(self.headers.get("Authorization", ""))
        scopes = tuple(word for text in query.get("scope", ()) for word in text.split())
        asked = Asked("GET", user, query.get("service", [""])[0], scopes)
        self.tokens.asked.append(asked)
        if user and self.tokens.users.get(user) != password:
            self._answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]})
            return
        granted = self.tokens.granted(asked)
        answer = {"token": granted, "access_token": granted, "expires_in": self.tokens.lifetime}
        if query.get("offline_token") == ["true"] and user:
            answer["refresh_token"] = REFRESH + user
        self._answer(200, answer)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if not self.tokens.is_oauth:
            self._answer(404, {})
            return
        grant = form["grant_type"][0]
        if grant == "refresh_token":
            user = form["refresh_token"][0].removeprefix(REFRESH)
            is_known = form["refresh_token"][0].startswith(REFRESH) and user in self.tokens.users
        else:
            user = form["username"][0]
            is_known = self.tokens.users.get(user) == form["password"][0]
        scopes = tuple(form.get("scope", [""])[0].split())
        asked = Asked("POST", user, form["service"][0], scopes, grant)
        self.tokens.asked.append(asked)
        if not is_known or "client_id" not in form:
            self._answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]})
            return
        answer = {"access_token": self.tokens.granted(asked), "expires_in": self.tokens.lifetime}
        if form.get("access_type") == ["offline"]:
            answer["refresh_token"] = REFRESH + user
        self._answer(200, {**answer, "scope": " ".join(scopes)})

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _basic(header: str) -> tuple[str, str]:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    user, _, password = base64.b64decode(rest).decode().partition(":")
    return user, password


def _signed(claims: Mapping[str, object], signer: Pair) -> str:
    """A JSON web token, RFC 7519, with the signer's certificate in it (x5c, RFC 7515 section 4.1.6)."""
    key = serialization.load_pem_private_key(signer.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    certificate = x509.load_pem_x509_certificate(signer.certificate.read_bytes())
    chain = [base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]
    parts = [_segment({"typ": "JWT", "alg": "ES256", "x5c": chain}), _segment(claims)]
    r, s = decode_dss_signature(key.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256())))
    return ".".join((*parts, _base64url(r.to_bytes(32) + s.to_bytes(32))))


def _segment(value: Mapping[str, object]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
