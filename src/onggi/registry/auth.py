"""Who asks, and whether they may: what comes before and after a request that a registry answers with 401.

A registry does not say beforehand whom it knows. A request goes out as it is; where it is refused, the refusal's
challenge tells what is wanted, and the request goes out once more, with that:

    Basic    user and password, in every request
    Bearer   a token for some actions on some repositories (scopes), which is to be had at the challenge's realm: by GET
             with user and password, or as nobody, which gives a token for what is public; by POST where what is kept is
             an identity token, which stands for a password that is not kept

What worked is remembered, for the host (the challenge) and for host and scopes (the header), so that one conversation
is refused once at most. A token lapses: it is asked for anew shortly before that, and once more where the registry
takes one for lapsed that seemed good. A second refusal is final, and says whether there was a login.

Who sees what. A password or token goes to the place's own host, and a password to the realm that this host has named
over a connection that is as safe as the one for which it was given: over TLS, unless the place itself may be asked
without. Redirects, upload addresses and pages of other hosts get nothing: the driver leaves out the header there, and a
challenge of theirs is answered by nobody.

Sources: the distribution project's spec/auth/{token,oauth,scope}.md; the OCI distribution spec leaves this open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec.structs import replace

from onggi.decoders import decoder
from onggi.errors import Corrupt, Denied, Invalid, Unauthorized
from onggi.fetch.url import split
from onggi.oci.document import UNREADABLE
from onggi.registry.challenge import Challenge, parse
from onggi.registry.flow import Answer, Conversation, Flow, Request, WantLogin
from onggi.registry.logins.login import Login
from onggi.registry.place import DOCKER_ACCOUNT, Place
from onggi.registry.refusals import refusal, said

CLIENT = "onggi"
_EARLY = 10.0  # seconds before it lapses at which a token counts as lapsed
_LIFE = 60.0  # of a token that says nothing of it (spec/auth/token.md)
_SHORTEST = 5.0


class _Token(msgspec.Struct, frozen=True):
    header: str
    lapses: float


class Tokens:
    """What worked, for all conversations of a process. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._challenges: dict[str, Challenge] = {}
        self._headers: dict[tuple[str, tuple[str, ...]], _Token] = {}

    def challenge(self, host: str) -> Challenge | None:
        return self._challenges.get(host)

    def header(self, host: str, scopes: tuple[str, ...]) -> str:
        """The Authorization header that is good for these scopes, "" for none."""
        with self._lock:
            found = self._headers.get((host, scopes))
        return found.header if found is not None and found.lapses > self._clock() else ""

    def keep(self, host: str, scopes: tuple[str, ...], challenge: Challenge, header: str, life: float) -> None:
        lasting = {name: value for name, value in challenge.parameters.items() if name != "scope"}  # of one request
        with self._lock:
            self._challenges[host] = replace(challenge, parameters=lasting)
            self._headers[host, scopes] = _Token(header, self._clock() + life)


def authorized(request: Request, tokens: Tokens) -> Flow[Answer]:
    """The answer to a request, with credentials where they are asked for. Raises Unauthorized where they are missing or
    not good enough, Corrupt for a challenge that makes no sense."""
    place, scopes = request.place, _scopes(request)
    header = tokens.header(place.host, scopes)
    known = tokens.challenge(place.host)
    if not header and known is not None:
        header = yield from _obtain(place, known, scopes, tokens)
    answer: Answer = yield _with(request, header)
    if not _is_refused(place, answer):
        return answer
    fresh = yield from _obtain(place, _choose(answer, place), scopes, tokens)
    if fresh and fresh != header:
        answer = yield _with(request, fresh)
        if not _is_refused(place, answer):
            return answer
    login = yield WantLogin(place.account)
    raise _refused(place, login, answer, is_push="push" in request.actions)


def try_login(place: Place, login: Login) -> Conversation[Login]:
    """Whether a login is good, as `docker login` finds out: what is to be kept, an identity token instead of the
    password where the registry gives one. Raises Unauthorized."""
    request = Request(method="GET", place=place, target="/v2/", actions=())
    answer = yield request
    if answer.status == 401:
        challenge = _choose(answer, place)
        if challenge.scheme == "basic":
            answer = yield _with(request, login.basic)
        else:
            header, kept, _ = yield from _token(place, challenge, (), login, is_offline=True)
            answer = yield _with(request, header)
            login = kept
    if answer.status == 401:
        raise _refused(place, login, answer)
    if answer.status != 200:
        raise refusal(answer, f"the registry {place.host}")
    return login


def is_at(place: Place, url: str) -> bool:
    """Whether a URL is of the place's own host; a path is."""
    parts = urlsplit(url)
    if not parts.netloc:
        return True
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return place.host.lower().removesuffix(default) == parts.netloc.rpartition("@")[2].lower().removesuffix(default)


def _is_refused(place: Place, answer: Answer) -> bool:
    """Whether it is the place that wants to know who asks, and not another host that it leads to."""
    return answer.status == 401 and is_at(place, answer.url)


def _scopes(request: Request) -> tuple[str, ...]:
    """spec/auth/scope.md: a type, a name and the actions."""
    if not request.actions:
        return ()
    own = f"repository:{request.place.repository}:{','.join(request.actions)}"
    return (own, *(f"repository:{source}:pull" for source in request.sources))


def _with(request: Request, header: str) -> Request:
    if not header or not is_at(request.place, request.target):
        return request
    return replace(request, headers={**request.headers, "Authorization": header})


def _choose(answer: Answer, place: Place) -> Challenge:
    """A token rather than a password, as Docker does."""
    offered = {each.scheme: each for each in reversed(parse(answer.header("www-authenticate")))}
    for scheme in ("bearer", "basic"):
        if scheme in offered:
            return offered[scheme]
    names = ", ".join(offered) or "nothing"
    raise Unauthorized(
        f"{place.host} wants to know who asks, by {names}", hint="only user and password, or tokens, are known here"
    )


def _obtain(place: Place, challenge: Challenge, scopes: tuple[str, ...], tokens: Tokens) -> Flow[str]:
    """The header for these scopes, "" where there is none to be had."""
    login: Login | None = yield WantLogin(place.account)
    if login is not None and login.registry_token:
        header, life = f"Bearer {login.registry_token}", float("inf")
    elif challenge.scheme == "basic":
        header, life = (login.basic if login is not None else ""), float("inf")
    else:
        header, _, life = yield from _token(place, challenge, _asked(challenge, scopes), login)
    if header:
        tokens.keep(place.host, scopes, challenge, header, life)
    return header


def _asked(challenge: Challenge, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """What the request needs, and what else the registry says it needs."""
    return tuple(dict.fromkeys((*scopes, *challenge.parameters.get("scope", "").split())))


def _token(
    place: Place, challenge: Challenge, scopes: Sequence[str], login: Login | None, *, is_offline: bool = False
) -> Conversation[tuple[str, Login, float]]:
    """A header, the login as it is to be kept, and for how many seconds the header is good."""
    realm = _realm(place, challenge)
    service = challenge.parameters.get("service", "")
    if login is not None and login.identity_token:
        answer = yield _by_post(place, realm, service, scopes, login)
    else:
        answer = yield _by_get(place, realm, service, scopes, login, is_offline=is_offline)
    if answer.status in (400, 401, 403):
        is_push = any("push" in scope.rpartition(":")[2].split(",") for scope in scopes)
        raise _refused(place, login, answer, is_push=is_push)
    if answer.status != 200:
        raise refusal(answer, f"a token for {place.host} from {urlsplit(realm).netloc}")
    return _read(answer, login or Login(), realm)


def _realm(place: Place, challenge: Challenge) -> str:
    realm = challenge.parameters.get("realm", "")
    try:
        parts = split(realm)
    except Invalid as error:
        raise Corrupt(f"{place.host} wants a token from {realm!r}, which is no URL") from error
    if parts.scheme == "http" and not place.may_be_plain:
        raise Denied(
            f"{place.host} wants a token from {realm}, which is without TLS",
            hint="a password would go there in the clear; name the registry as plain in registries.toml to allow that",
        )
    return realm


def _by_get(
    place: Place, realm: str, service: str, scopes: Sequence[str], login: Login | None, *, is_offline: bool
) -> Request:
    query = [("service", service)] if service else []
    query += [("scope", scope) for scope in scopes]
    if login is not None and login.username:
        query.append(("account", login.username))
    if is_offline:  # may be answered with an identity token, to be kept instead of the password
        query += [("client_id", CLIENT), ("offline_token", "true")]
    mark = "&" if "?" in realm else "?"
    headers = {"Authorization": login.basic} if login is not None and login.basic else {}
    return Request(method="GET", place=place, target=f"{realm}{mark}{urlencode(query)}", headers=headers, actions=())


def _by_post(place: Place, realm: str, service: str, scopes: Sequence[str], login: Login) -> Request:
    form = {"service": service, "client_id": CLIENT, "scope": " ".join(scopes)}
    form |= {"grant_type": "refresh_token", "refresh_token": login.identity_token}
    return Request(
        method="POST",
        place=place,
        target=realm,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode({name: value for name, value in form.items() if value}).encode(),
        actions=(),
    )


class _Answered(msgspec.Struct, frozen=True):
    """spec/auth/token.md and oauth.md: the token under either name."""

    token: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_in: float = _LIFE


def _read(answer: Answer, login: Login, realm: str) -> tuple[str, Login, float]:
    try:
        found = decoder(_Answered).decode(answer.body)
    except UNREADABLE as error:
        raise Corrupt(f"{realm} answered something that is no token: {error}") from error
    token = found.token or found.access_token
    if not token or not token.isascii() or not token.isprintable():
        raise Corrupt(f"{realm} answered without a token")
    kept = Login(username=login.username, identity_token=found.refresh_token) if found.refresh_token else login
    return f"Bearer {token}", kept, max(found.expires_in - _EARLY, _SHORTEST)


def _refused(place: Place, login: Login | None, answer: Answer, *, is_push: bool = False) -> Unauthorized:
    hint = f"`onggi login{'' if place.account == DOCKER_ACCOUNT else ' ' + place.host}`"
    if login is not None:
        who = f"as {login.username}" if login.username else "with the identity token that is kept"
        return Unauthorized(f"{place.host} does not accept the login {who}: {said(answer)}", hint=hint)
    if not place.repository:
        return Unauthorized(f"{place.host} wants a login: {said(answer)}", hint=hint)
    if is_push:
        return Unauthorized(f"a push to {place.full_name()} needs a login: {said(answer)}", hint=hint)
    return Unauthorized(
        f"{place.host} does not give {place.repository} to everyone: {said(answer)}",
        hint=f"{hint} if you have an account there; or there is no such repository",
    )
