from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onggi.registry.challenge import Challenge, parse

TOKEN = st.text(string.ascii_letters + string.digits + "!#$%&'*+.^_`|~-", min_size=1, max_size=8)
TOKEN_68 = st.from_regex(r"\A[A-Za-z0-9._~+/-]{1,9}={0,2}\Z")
PARAMETERS = st.dictionaries(
    TOKEN.map(str.lower), st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=12), max_size=4
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ('Basic realm="x"', [("basic", {"realm": "x"})]),
        (
            'Bearer realm="https://auth.example/token",service="reg.example",scope="repository:a:pull,push"',
            [
                (
                    "bearer",
                    {
                        "realm": "https://auth.example/token",
                        "service": "reg.example",
                        "scope": "repository:a:pull,push",
                    },
                )
            ],
        ),
        ("BEARER Realm=a, SERVICE = b", [("bearer", {"realm": "a", "service": "b"})]),
        ('Bearer realm="a" , service="b"', [("bearer", {"realm": "a", "service": "b"})]),
        ('Bearer realm="a",, service="b",', [("bearer", {"realm": "a", "service": "b"})]),
        ('Negotiate, Basic realm="x"', [("negotiate", {}), ("basic", {"realm": "x"})]),
        ("Negotiate, NTLM", [("negotiate", {}), ("ntlm", {})]),
        ('Negotiate YII=, Basic realm="x"', [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('Basic realm="x", Bearer realm="y"', [("basic", {"realm": "x"}), ("bearer", {"realm": "y"})]),
        ('Basic realm="a, Bearer realm=b"', [("basic", {"realm": "a, Bearer realm=b"})]),
        (
            r'Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"',
            [("newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}), ("basic", {"realm": "simple"})],
        ),
        (" , Basic realm=x", [("basic", {"realm": "x"})]),
        ('Bearer realm="never closed', [("bearer", {})]),
        ('Bearer realm="x" rubbish, Basic realm=y', [("bearer", {})]),
        ("=", []),
        ("<html>", []),
    ],
)
def test_headers(header: str, challenges: list[tuple[str, dict[str, str]]]) -> None:
    assert parse(header) == tuple(Challenge(scheme, parameters) for scheme, parameters in challenges)


@given(st.lists(st.tuples(TOKEN, PARAMETERS), max_size=4))
def test_what_is_quoted_comes_back(challenges: list[tuple[str, dict[str, str]]]) -> None:
    written = ", ".join(
        " ".join([scheme, ",".join(f"{name}={quoted(value)}" for name, value in parameters.items())]).strip()
        for scheme, parameters in challenges
    )
    assert parse(written) == tuple(Challenge(scheme.lower(), parameters) for scheme, parameters in challenges)


@given(TOKEN, TOKEN_68, TOKEN)
def test_data_of_other_schemes_is_passed_over(scheme: str, data: str, realm: str) -> None:
    written = f"{scheme} {data}, Basic realm={realm}"
    assert parse(written) == (Challenge(scheme.lower()), Challenge("basic", {"realm": realm}))


@given(st.text(st.sampled_from('ab =,"\\\t\n\x85é') | st.characters()))
@example('"' * 5000)
@example("a " * 5000)
@example("a=" * 5000)
@example("\\" * 5000)
def test_anything_is_read(header: str) -> None:
    for challenge in parse(header):
        assert challenge.scheme == challenge.scheme.lower() != ""
