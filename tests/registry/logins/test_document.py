"""Docker's config.json as a value: which login stands for an account, and what a change leaves alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Invalid
from onggi.registry.logins.accounts import account_named, check_account, find
from onggi.registry.logins.document import parse
from onggi.registry.logins.login import Login
from onggi.registry.place import DOCKER_ACCOUNT


def auth(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


def login(auths: Mapping[str, object], account: str) -> Login | None:
    return parse(json.dumps({"auths": auths}).encode(), "config.json").get(account)


# Which key stands for an account


@pytest.mark.parametrize(
    "key",
    [
        "r.example:5000",
        "http://r.example:5000",
        "https://r.example:5000/",
        "https://r.example:5000/v2/",
        "https://r.example:5000/v1/",
        "r.example:5000/team/api",
    ],
)
def test_a_registry_is_found_in_all_spellings(key: str) -> None:
    assert login({"other.example": {}, key: {"auth": auth("me:secret")}}, "r.example:5000") == Login("me", "secret")


@pytest.mark.parametrize("key", [DOCKER_ACCOUNT, "docker.io", "index.docker.io", "https://registry-1.docker.io/v2/"])
def test_docker_hub_is_found_in_all_spellings(key: str) -> None:
    assert login({key: {"auth": auth("me:secret")}}, DOCKER_ACCOUNT) == Login("me", "secret")


@pytest.mark.parametrize(
    "key", ["r.example", "r.example:50000", "ar.example:5000", "https://r.example", "example:5000"]
)
def test_another_host_or_port_is_another_account(key: str) -> None:
    assert login({key: {"auth": auth("me:secret")}}, "r.example:5000") is None


def test_the_own_name_goes_before_others_and_the_whole_before_a_part() -> None:
    keys = ["https://r.example", "r.example/team", "*.r.example", "r.example"]
    assert find(keys, "r.example") == "r.example"
    assert find(keys[:-1], "r.example") == "https://r.example"
    assert find(["r.example/team/api", "r.example/team"], "r.example") == "r.example/team"


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("1.dkr.ecr.eu.amazonaws.com", "*.dkr.ecr.*.amazonaws.com"),
        ("1.dkr.ecr.us.amazonaws.com", "*.dkr.ecr.us.amazonaws.com"),
        ("a.b.dkr.ecr.eu.amazonaws.com", None),
        ("x.example.com", None),
    ],
)
def test_a_pattern_stands_for_labels_and_the_closest_one_wins(host: str, found: str | None) -> None:
    keys = ["*.dkr.ecr.*.amazonaws.com", "*.dkr.ecr.us.amazonaws.com", "*.com", "x.*.com", "http://*.example.com"]
    assert find(keys, host) == found


def test_a_helper_of_a_registry_goes_before_the_store() -> None:
    text = {"credsStore": "chain", "credHelpers": {"https://gcr.io": "gcloud", "plain.example": ""}}
    document = parse(json.dumps(text).encode(), "config.json")
    assert document.helper("gcr.io") == "gcloud"
    assert document.helper("plain.example") == ""
    assert document.helper(DOCKER_ACCOUNT) == "chain"
    assert parse(b"{}", "config.json").helper("gcr.io") == ""


@pytest.mark.parametrize(
    ("server", "account"),
    [
        ("docker.io", DOCKER_ACCOUNT),
        (DOCKER_ACCOUNT, DOCKER_ACCOUNT),
        ("registry-1.docker.io", DOCKER_ACCOUNT),
        ("https://r.example/v2/", "r.example"),
        ("r.example:5000/team/api", "r.example:5000"),
        ("localhost", "localhost"),
        ("[::1]:5000", "[::1]:5000"),
    ],
)
def test_what_people_call_a_registry(server: str, account: str) -> None:
    assert account_named(server) == account
    check_account(account)


@pytest.mark.parametrize("server", ["myname", "https://", "me@r.example", "r.example:port", "r example.com", "-u"])
def test_what_is_no_registry_is_refused(server: str) -> None:
    with pytest.raises(Invalid, match="is not the name of a registry"):
        check_account(account_named(server))


# What an entry says


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"auth": auth("me:a:b")}, Login("me", "a:b")),
        ({"auth": auth("me:secret\0\0")}, Login("me", "secret")),
        ({"auth": auth("me:" + "x" * 60)[:40] + "\n" + auth("me:" + "x" * 60)[40:]}, Login("me", "x" * 60)),
        ({"username": "me", "password": "secret", "email": "a@b"}, Login("me", "secret")),
        ({"auth": auth("me:"), "identitytoken": "long"}, Login("me", identity_token="long")),
        ({"identitytoken": "long"}, Login(identity_token="long")),
        ({"registrytoken": "short"}, Login(registry_token="short")),
        ({"auth": "", "username": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_what_an_entry_says(entry: object, expected: Login | None) -> None:
    assert login({"r.example": entry}, "r.example") == expected


def test_other_bytes_than_utf8_come_out_as_they_went_in() -> None:
    found = login({"r.example": {"auth": base64.b64encode(b"me:\xff\xe9").decode()}}, "r.example")
    assert found is not None
    assert base64.b64decode(found.basic.removeprefix("Basic ")) == b"me:\xff\xe9"


def test_no_secret_is_shown() -> None:
    shown = repr([Login("me", "hunter2", "hunter3", "hunter4")])
    assert shown == "[Login('me', password=…, identity_token=…, registry_token=…)]"
    assert Login("me").basic == Login(password="x").basic == ""


# What is wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{\n "auths": {\n  "a" 1\n }\n}', "config.json:3: JSON is malformed: expected ':'"),
        (b'{\n "auths": {\n\n', "config.json:2: Input data was truncated"),
        (b'{"a": 1}\n{}', "config.json:2: JSON is malformed: trailing characters"),
        (b"\n\n\xff", "config.json:3: JSON is malformed: invalid character"),
        (b"[]", "config.json is not a file of logins: Expected `object`, got `array`"),
        (b'{"auths": []}', r"config.json is not a file of logins: Expected `object \| null`, got `array`.*auths"),
        (b'{"credsStore": 1}', r"not a file of logins: Expected `str \| null`, got `int` - at `\$.credsStore`"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        parse(text, "config.json")
    assert caught.value.hint == "mend it, or move it away and log in again"


@pytest.mark.parametrize("entry", ['{"auth": "%"}', '{"auth": "bWU="}', '{"auth": "Onh4"}', '{"auth": 7}', "[]"])
def test_a_broken_login_is_named_with_its_line_and_hides_no_other(entry: str) -> None:
    text = f'{{"auths": {{\n"good.example": {{"auth": "{auth("me:secret")}"}},\n"bad.example": {entry}}}}}'
    document = parse(text.encode(), "config.json")
    assert document.get("good.example") == Login("me", "secret")
    with pytest.raises(Invalid, match=r"config\.json:3: the login for bad\.example makes no sense"):
        document.get("bad.example")
    assert document.with_entry("bad.example", Login("me", "new")).get("bad.example") == Login("me", "new")


pieces = st.sampled_from(
    [b'{"auths": ', b'{"r.example": ', b'{"auth": ', b'"', b"bWU6eA==", b"}", b"[", b",", b"null", b"1"]
)


@given(st.binary(max_size=30) | st.lists(pieces | st.binary(max_size=3), max_size=12).map(b"".join))
def test_whatever_it_is_it_is_read_or_refused(text: bytes) -> None:
    try:
        document = parse(text, "config.json")
    except Invalid as error:
        assert error.message.startswith("config.json")
        return
    try:
        document.get("r.example")
    except Invalid as error:
        assert error.message.startswith("config.json:")
    changed = parse(document.with_entry("r.example", Login("me", "secret")).encode(), "config.json")
    assert changed.get("r.example") == Login("me", "secret")


def test_what_is_nested_without_end_is_refused() -> None:
    with pytest.raises(Invalid, match=r"config\.json:1: "):
        parse(b'{"a": ' + b"[" * 100_000, "config.json")


@pytest.mark.parametrize("text", [b"", b" \n"])
def test_an_empty_file_has_no_logins(text: bytes) -> None:
    assert parse(text, "config.json").get("r.example") is None


# Changes

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
users = words.filter(lambda text: text and ":" not in text)
logins = st.builds(Login, users, words, words, words)
hosts = st.sampled_from(["r.example", "localhost:5000", DOCKER_ACCOUNT, "[::1]:80"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
others = st.dictionaries(
    words.filter(lambda key: key not in ("auths", "credsStore", "credHelpers")), values, max_size=4
)


@given(others, st.dictionaries(hosts, logins), hosts, logins, st.sampled_from([None, 2, "\t"]))
def test_a_change_is_read_back_and_leaves_all_else(
    fields: dict[str, Any], known: dict[str, Login], account: str, new: Login, indent: int | str | None
) -> None:
    document = parse(json.dumps(fields, indent=indent).encode(), "config.json")
    for each, old in known.items():
        document = parse(document.with_entry(each, old).encode(), "config.json")
    changed = parse(document.with_entry(account, new).encode(), "config.json")
    expected = {**known, account: new}
    assert {each: changed.get(each) for each in expected} == expected
    left = json.loads(changed.encode())
    assert list(left["auths"]) == list(expected)
    assert {key: value for key, value in left.items() if key != "auths"} == fields
    gone = parse(changed.without(account).encode(), "config.json")
    assert gone.get(account) is None
    assert all(gone.get(each) == each_login for each, each_login in known.items() if each != account)


def test_what_is_not_ours_is_kept_letter_by_letter() -> None:
    text = b"""{
	"big": 123456789012345678901234567890,
	"small": 1.10,
	"auths": {
		"r.example": {
			"auth": "bWU6b2xk",
			"email": "me@r.example"
		},
		"other.example": {"auth":   "x"}
	},
	"letters": "\\u00e9 /\\/"
}"""
    changed = parse(text, "config.json").with_entry("r.example", Login("me", "secret")).encode()
    entry = text[text.index(b'"auth": "bWU6b2xk"') : text.index(b"\n\t\t},")]
    ours = b'"email": "me@r.example",\n\t\t\t"auth": "' + auth("me:secret").encode() + b'"'
    assert changed == text.replace(entry, ours)


def test_an_unchanged_login_changes_nothing() -> None:
    document = parse(parse(b"", "config.json").with_entry("r.example", Login("me", "secret")).encode(), "config.json")
    assert document.with_entry("r.example", Login("me", "secret")).auths == document.auths


def test_what_docker_writes_is_written() -> None:
    document = parse(b"", "config.json").with_entry("r.example", Login("me", "secret"))
    assert document.encode() == b'{\n\t"auths": {\n\t\t"r.example": {\n\t\t\t"auth": "bWU6c2VjcmV0"\n\t\t}\n\t}\n}'


def test_logging_out_of_a_registry_leaves_the_keys_of_its_parts() -> None:
    keys = ["r.example", "https://r.example/v1/", "http://r.example", "r.example/team", "ar.example"]
    text = json.dumps({"auths": {key: {"auth": auth("me:x")} for key in keys}}).encode()
    assert list(parse(text, "config.json").without("r.example").auths) == ["r.example/team", "ar.example"]
