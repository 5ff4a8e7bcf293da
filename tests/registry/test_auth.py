from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from msgspec.structs import replace
from tests.registry.canned import BASE, PLACE, Canned, answer, error

from onggi.errors import Corrupt, Denied, NotFound, OnggiError, Unauthorized, Unavailable
from onggi.registry.auth import Tokens, authorized, is_at, try_login
from onggi.registry.flow import Answer, Request
from onggi.registry.logins.login import Login
from onggi.registry.place import DOCKER_ACCOUNT, Place

ANN = Login("ann", "secret")
BASIC = ANN.basic
ANNS = {PLACE.account: ANN}
REALM = "https://auth.example/token"
PULL = Request(method="GET", place=PLACE, target=f"{BASE}/manifests/1")
PUSH = replace(PULL, method="PUT", actions=("pull", "push"))
GOOD = answer(200)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def bearer(scope: str = "repository:team/app:pull", realm: str = REALM) -> Answer:
    challenge = f'Bearer realm="{realm}",service="reg.example",scope="{scope}"'
    return error(401, "UNAUTHORIZED", "authentication required", www_authenticate=challenge)


def basic() -> Answer:
    return error(401, "UNAUTHORIZED", www_authenticate='Basic realm="reg"')


def granted(token: str = "abc", **more: object) -> Answer:
    return answer(200, {"token": token, **more})


def asked(canned: Canned, request: Request = PULL, tokens: Tokens | None = None) -> Answer:
    return canned.run(authorized(request, tokens or Tokens()))


def scopes(request: Request) -> list[str]:
    return parse_qs(urlsplit(request.target).query).get("scope", [])


def test_what_is_open_is_asked_once_and_no_login_is_wanted() -> None:
    canned = Canned(GOOD, logins=ANNS)
    assert asked(canned).status == 200
    assert (canned.header("Authorization"), canned.wanted) == ([""], [])


@pytest.mark.parametrize("status", [200, 202, 404, 403, 500])
def test_no_other_answer_is_a_challenge(status: int) -> None:
    assert asked(Canned(answer(status, www_authenticate="Basic"), logins=ANNS)).status == status


def test_user_and_password() -> None:
    tokens = Tokens()
    canned = Canned(basic(), GOOD, logins=ANNS)
    assert asked(canned, PULL, tokens).status == 200
    assert canned.header("Authorization") == ["", BASIC]
    again = Canned(GOOD, logins=ANNS)
    asked(again, PUSH, tokens)
    assert again.header("Authorization") == [BASIC]


def test_a_password_that_is_wrong_is_sent_once() -> None:
    canned = Canned(basic(), error(401, "UNAUTHORIZED", "go away"), logins=ANNS)
    with pytest.raises(
        Unauthorized, match=r"reg\.example does not accept the login as ann: it answered 401, go away"
    ) as raised:
        asked(canned)
    assert raised.value.hint == "`onggi login reg.example`"
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("login", [None, Login("ann")])
def test_without_a_password_a_challenge_is_final(login: Login | None) -> None:
    canned = Canned(basic(), logins={PLACE.account: login} if login else {})
    with pytest.raises(Unauthorized):
        asked(canned)


def test_nobody_is_told_that_a_login_may_help() -> None:
    with pytest.raises(Unauthorized, match="does not give team/app to everyone") as raised:
        asked(Canned(basic()))
    assert "`onggi login reg.example` if you have an account there" in raised.value.hint
    hub = Place(host="registry-1.docker.io", repository="library/x", account=DOCKER_ACCOUNT)
    with pytest.raises(Unauthorized) as raised:
        asked(Canned(basic()), replace(PULL, place=hub))
    assert raised.value.hint.startswith("`onggi login` if")


@pytest.mark.parametrize("answers", [(basic(),), (bearer(), answer(401))])
def test_a_push_needs_a_login(answers: tuple[Answer, ...]) -> None:
    with pytest.raises(
        Unauthorized, match=r"^a push to reg\.example/team/app needs a login: it answered 401"
    ) as raised:
        asked(Canned(*answers), PUSH)
    assert raised.value.hint == "`onggi login reg.example`"


def test_a_token_for_everyone() -> None:
    canned = Canned(bearer(), granted(), GOOD)
    assert asked(canned).status == 200
    assert canned.header("Authorization") == ["", "", "Bearer abc"]
    url = urlsplit(canned.asked[1].target)
    assert f"{url.scheme}://{url.netloc}{url.path}" == REALM
    assert parse_qsl(url.query) == [("service", "reg.example"), ("scope", "repository:team/app:pull")]


def test_a_token_for_who_is_known() -> None:
    canned = Canned(bearer(), granted(), GOOD, logins=ANNS)
    asked(canned)
    assert canned.header("Authorization") == ["", BASIC, "Bearer abc"]
    assert parse_qs(urlsplit(canned.asked[1].target).query)["account"] == ["ann"]


def test_tokens_by_either_name() -> None:
    canned = Canned(bearer(), answer(200, {"access_token": "xyz", "expires_in": 1.5}), GOOD)
    asked(canned)
    assert canned.header("Authorization")[-1] == "Bearer xyz"


def test_an_identity_token_is_posted() -> None:
    canned = Canned(bearer(), granted(), GOOD, logins={PLACE.account: Login("", identity_token="id&=")})
    asked(canned)
    assert canned.lines[1] == f"POST {REALM}"
    assert canned.asked[1].headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert dict(parse_qsl(canned.sent(1).decode())) == {
        "service": "reg.example",
        "client_id": "onggi",
        "scope": "repository:team/app:pull",
        "grant_type": "refresh_token",
        "refresh_token": "id&=",
    }


def test_an_identity_token_that_is_refused() -> None:
    canned = Canned(bearer(), error(401, ""), logins={PLACE.account: Login("", identity_token="id")})
    with pytest.raises(Unauthorized, match="login with the identity token that is kept"):
        asked(canned)


@pytest.mark.parametrize("challenge", [basic(), bearer()])
def test_a_registry_token_goes_out_as_it_is(challenge: Answer) -> None:
    canned = Canned(challenge, GOOD, logins={PLACE.account: Login(registry_token="mine")})
    asked(canned)
    assert canned.header("Authorization") == ["", "Bearer mine"]


def test_scopes_are_what_is_done_where() -> None:
    tokens = Tokens()
    canned = Canned(bearer("repository:team/app:pull"), granted(), GOOD)
    asked(canned, replace(PUSH, sources=("other/one", "other/two")), tokens)
    assert scopes(canned.asked[1]) == [
        "repository:team/app:pull,push",
        "repository:other/one:pull",
        "repository:other/two:pull",
        "repository:team/app:pull",
    ]
    ping = Canned(granted("ping"), GOOD)
    asked(ping, replace(PULL, target="/v2/", actions=()), tokens)
    assert scopes(ping.asked[0]) == []


def test_what_else_the_registry_says_it_needs_is_asked_for_that_request_only() -> None:
    tokens = Tokens()
    canned = Canned(bearer("registry:catalog:* repository:team/app:pull"), granted(), GOOD)
    asked(canned, PULL, tokens)
    assert scopes(canned.asked[1]) == ["repository:team/app:pull", "registry:catalog:*"]
    other = replace(PULL, place=replace(PLACE, repository="other"))
    canned = Canned(granted("of other"), GOOD)
    asked(canned, other, tokens)
    assert scopes(canned.asked[0]) == ["repository:other:pull"]
    assert canned.header("Authorization")[-1] == "Bearer of other"


def test_a_token_is_used_until_shortly_before_it_lapses() -> None:
    clock = Clock()
    tokens = Tokens(clock)
    asked(Canned(bearer(), granted("first", expires_in=300), GOOD), PULL, tokens)
    clock.now += 289
    canned = Canned(GOOD)
    asked(canned, PULL, tokens)
    assert canned.header("Authorization") == ["Bearer first"]
    clock.now += 2
    canned = Canned(granted("second"), GOOD)
    asked(canned, PULL, tokens)
    assert canned.header("Authorization") == ["", "Bearer second"]


@pytest.mark.parametrize(("said", "seconds"), [({}, 50), ({"expires_in": 1}, 5), ({"expires_in": -7}, 5)])
def test_how_long_a_token_is_good(said: dict[str, Any], seconds: float) -> None:
    clock = Clock()
    tokens = Tokens(clock)
    asked(Canned(bearer(), granted(**said), GOOD), PULL, tokens)
    scope = ("repository:team/app:pull",)
    clock.now += seconds - 0.1
    assert tokens.header(PLACE.host, scope) == "Bearer abc"
    clock.now += 0.2
    assert tokens.header(PLACE.host, scope) == ""


def test_tokens_are_kept_by_host_and_scopes() -> None:
    tokens = Tokens()
    asked(Canned(bearer(), granted(), GOOD), PULL, tokens)
    elsewhere = replace(PULL, place=replace(PLACE, host="other.example"))
    canned = Canned(GOOD)
    asked(canned, elsewhere, tokens)
    assert canned.header("Authorization") == [""]
    canned = Canned(granted("push"), GOOD)
    asked(canned, PUSH, tokens)
    assert canned.header("Authorization") == ["", "Bearer push"]


def test_a_token_that_the_registry_takes_for_lapsed_is_asked_for_anew() -> None:
    tokens = Tokens()
    asked(Canned(bearer(), granted("old"), GOOD), PULL, tokens)
    canned = Canned(bearer(), granted("new"), GOOD)
    assert asked(canned, PULL, tokens).status == 200
    assert canned.header("Authorization") == ["Bearer old", "", "Bearer new"]


def test_a_second_refusal_is_final() -> None:
    canned = Canned(bearer(), granted(), bearer(), logins=ANNS)
    with pytest.raises(Unauthorized, match="login as ann"):
        asked(canned)


def test_the_same_token_is_not_sent_twice() -> None:
    tokens = Tokens()
    asked(Canned(bearer(), granted(), GOOD), PULL, tokens)
    with pytest.raises(Unauthorized):
        asked(Canned(bearer(), granted()), PULL, tokens)


def test_a_realm_without_tls_gets_nothing() -> None:
    challenge = bearer(realm="http://auth.example/token")
    canned = Canned(challenge, logins=ANNS)
    with pytest.raises(Denied, match=r"wants a token from http://auth\.example/token, which is without TLS") as raised:
        asked(canned)
    assert "registries.toml" in raised.value.hint
    plain = replace(PULL, place=replace(PLACE, may_be_plain=True))
    assert asked(Canned(challenge, granted(), GOOD, logins=ANNS), plain).status == 200


@pytest.mark.parametrize("realm", ["", "/token", "ftp://a/", "https://", "http://[::1", "https://a:b/", "token"])
def test_a_realm_that_is_no_url(realm: str) -> None:
    with pytest.raises(Corrupt, match=r"reg\.example wants a token from '.*', which is no URL"):
        asked(Canned(bearer(realm=realm)))


def test_a_realm_may_have_a_query_of_its_own() -> None:
    canned = Canned(bearer(realm=f"{REALM}?v=1"), granted(), GOOD)
    asked(canned)
    assert canned.asked[1].target.startswith(f"{REALM}?v=1&service=")


OTHER = "https://cdn.example/blob"


def test_another_host_is_shown_nothing_and_not_answered() -> None:
    tokens = Tokens()
    asked(Canned(basic(), GOOD, logins=ANNS), PULL, tokens)
    canned = Canned(basic(), logins=ANNS)
    assert asked(canned, replace(PULL, target=OTHER), tokens).status == 401
    assert canned.header("Authorization") == [""]


@pytest.mark.parametrize("is_known", [False, True])
def test_who_was_led_to_another_host_does_not_answer_it(is_known: bool) -> None:
    tokens = Tokens()
    if is_known:
        asked(Canned(basic(), GOOD, logins=ANNS), PULL, tokens)
    canned = Canned(answer(401, url=OTHER, www_authenticate=f'Bearer realm="{OTHER}"'), logins=ANNS)
    assert asked(canned, PULL, tokens).status == 401
    assert len(canned.asked) == 1


def test_another_host_that_refuses_behind_the_login_is_not_taken_for_the_registry() -> None:
    canned = Canned(basic(), answer(401, url=OTHER), logins=ANNS)
    assert asked(canned).url == OTHER


@pytest.mark.parametrize(
    ("host", "url", "is_it"),
    [
        ("reg.example", "/v2/", True),
        ("reg.example", "https://reg.example/v2/", True),
        ("reg.example", "https://REG.example:443/v2/", True),
        ("reg.example:443", "https://reg.example/v2/", True),
        ("reg.example:80", "http://reg.example/v2/", True),
        ("reg.example", "https://user@reg.example/v2/", True),
        ("[::1]:5000", "http://[::1]:5000/v2/", True),
        ("reg.example", "https://reg.example:5000/v2/", False),
        ("reg.example", "https://reg.example@evil.example/v2/", False),
        ("reg.example", "https://evil.example/reg.example/", False),
        ("reg.example", "https://sub.reg.example/v2/", False),
        ("reg.example", "https://evilreg.example/v2/", False),
        ("reg.example", r"https://evil.example\.reg.example/v2/", False),
        ("reg.example", "//evil.example/v2/", False),
        ("reg.example:5000", "https://reg.example/v2/", False),
    ],
)
def test_which_urls_are_of_the_place(host: str, url: str, is_it: bool) -> None:
    assert is_at(replace(PLACE, host=host), url) is is_it


def test_a_token_rather_than_a_password() -> None:
    both = answer(401, www_authenticate=f'Basic realm="x", bEARER Realm="{REALM}", Bearer realm="https://second/"')
    canned = Canned(both, granted(), GOOD, logins=ANNS)
    asked(canned)
    assert canned.lines[1].startswith(f"GET {REALM}?")


@pytest.mark.parametrize(
    ("header", "named"),
    [("Negotiate", "negotiate"), ("Negotiate, NTLM", "negotiate, ntlm|ntlm, negotiate"), ("", "nothing")],
)
def test_a_challenge_that_nobody_knows(header: str, named: str) -> None:
    with pytest.raises(Unauthorized, match=f"wants to know who asks, by ({named})$"):
        asked(Canned(answer(401, www_authenticate=header), logins=ANNS))


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, Unauthorized),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (302, Unavailable),
        (500, Unavailable),
    ],
)
def test_a_token_server_that_gives_none(status: int, meaning: type[OnggiError]) -> None:
    with pytest.raises(meaning, match="login as ann" if meaning is Unauthorized else r"from auth\.example"):
        asked(Canned(bearer(), answer(status), logins=ANNS))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"token": 1}',
        b'{"token": ""}',
        b'{"token": "a\\r\\nX-Evil: 1"}',
        '{"token": "é"}'.encode(),
        b'{"token": "\xff"}',
        b'{"token": "a", "expires_in": "soon"}',
        b'{"token": "a", "x": ' + b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_token_server_that_gives_garbage(body: bytes) -> None:
    with pytest.raises(Corrupt, match=REALM):
        asked(Canned(bearer(), answer(200, body)))


def test_a_token_server_that_cannot_be_reached() -> None:
    with pytest.raises(Unavailable, match="no route"):
        asked(Canned(bearer(), Unavailable("no route")))


class TestTryLogin:
    """What `onggi login` asks."""

    PLACE = replace(PLACE, repository="")

    def test_a_registry_that_wants_none(self) -> None:
        canned = Canned(GOOD)
        assert canned.run(try_login(self.PLACE, ANN)) == ANN
        assert canned.lines == ["GET /v2/"]

    def test_a_password(self) -> None:
        canned = Canned(basic(), GOOD)
        assert canned.run(try_login(self.PLACE, ANN)) == ANN
        assert canned.header("Authorization") == ["", BASIC]

    def test_a_wrong_password(self) -> None:
        with pytest.raises(Unauthorized, match="login as ann"):
            Canned(basic(), basic()).run(try_login(self.PLACE, ANN))
        with pytest.raises(Unauthorized, match="login as ann"):
            Canned(bearer(), answer(401)).run(try_login(self.PLACE, ANN))
        with pytest.raises(Unauthorized, match="login as ann"):
            Canned(bearer(), granted(), answer(401)).run(try_login(self.PLACE, ANN))

    def test_an_identity_token_is_kept_instead_of_the_password(self) -> None:
        canned = Canned(bearer(""), granted(refresh_token="id"), GOOD)
        assert canned.run(try_login(self.PLACE, ANN)) == Login("ann", identity_token="id")
        assert dict(parse_qsl(urlsplit(canned.asked[1].target).query)) == {
            "service": "reg.example",
            "account": "ann",
            "client_id": "onggi",
            "offline_token": "true",
        }

    def test_a_token_server_without_identity_tokens(self) -> None:
        assert Canned(bearer(), granted(), GOOD).run(try_login(self.PLACE, ANN)) == ANN

    def test_what_is_no_registry(self) -> None:
        with pytest.raises(NotFound, match=r"the registry reg\.example is not there"):
            Canned(answer(404)).run(try_login(self.PLACE, ANN))
