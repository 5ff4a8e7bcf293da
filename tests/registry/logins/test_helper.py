"""Credential helpers: the protocol, and programs that do not keep to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.errors import Invalid
from onggi.registry.logins.helper import Helper
from onggi.registry.logins.login import HelperFailed, Login

from .helpers import Keychain, write

HOST = "registry.example:5000"


def test_what_is_stored_is_found_listed_and_erased(programs: Path) -> None:
    keychain, helper = Keychain(programs, "chain"), Helper("chain")
    assert helper.get(HOST) is None
    helper.store(HOST, Login("me", "söcret: \n"))
    assert keychain.kept() == {HOST: ["me", "söcret: \n"]}
    assert helper.get(HOST) == Login("me", "söcret: \n")
    assert helper.list() == {HOST: "me"}
    helper.erase(HOST)
    assert keychain.kept() == {}
    assert helper.get(HOST) is None


def test_an_identity_token_goes_under_the_name_of_a_token(programs: Path) -> None:
    keychain, helper = Keychain(programs, "chain"), Helper("chain")
    helper.store(HOST, Login("me", identity_token="long"))
    assert keychain.kept() == {HOST: ["<token>", "long"]}
    assert helper.get(HOST) == Login(identity_token="long")


def test_a_secret_of_a_megabyte_is_no_deadlock(programs: Path) -> None:
    write(programs, "deaf", "#!/bin/sh\nexec <&-\nexit 0\n")
    Helper("deaf").store(HOST, Login("me", "x" * 1_000_000))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "#!/bin/sh\necho the keychain is locked; exit 3\n",
            "docker-credential-odd get failed: the keychain is locked",
        ),
        ("#!/bin/sh\nexit 3\n", "docker-credential-odd get failed: exit code 3"),
        ("#!/bin/sh\nkill -9 $$\n", "docker-credential-odd get failed: exit code -9"),
        ("#!/bin/sh\necho hunter2\n", "docker-credential-odd answered something that is no login"),
        ("#!/bin/sh\necho '[\"hunter2\"]'\n", "docker-credential-odd answered something that is no login"),
        ("#!/bin/sh\necho '{\"Username\": 7}'\n", "docker-credential-odd answered something that is no login"),
        ("#!/bin/sh\nyes hunter2\n", "docker-credential-odd answered more than 1048576 bytes"),
        ("#!/nowhere/sh\n", "docker-credential-odd is not installed"),
        ("neither script nor program\n", "docker-credential-odd does not start: Exec format error"),
    ],
    ids=["says why", "silent", "killed", "no JSON", "a list", "a number", "endless", "no shell", "no program"],
)
def test_a_helper_that_does_not_keep_to_it_is_named(programs: Path, script: str, words: str) -> None:
    write(programs, "odd", script)
    with pytest.raises(HelperFailed) as caught:
        Helper("odd").get(HOST)
    assert caught.value.message == words
    assert "hunter2" not in repr(caught.value)


def test_an_empty_answer_is_no_login(programs: Path) -> None:
    write(programs, "empty", "#!/bin/sh\necho '{}'\n")
    assert Helper("empty").get(HOST) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "docker-credential-nowhere is not installed"),
        ("/../x", "docker-credential-/../x is not the name of"),
    ],
)
def test_a_helper_that_is_not_there_is_named(programs: Path, name: str, words: str) -> None:
    with pytest.raises(HelperFailed, match=words):
        Helper(name).get(HOST)


def test_a_helper_that_never_answers_is_ended_with_all_it_started(programs: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    write(programs, "slow", f"#!/bin/sh\nsleep 1000.25 &\necho $! $$ > {pids}\nwait\n")
    for seconds in (0.5, 5, 50):  # on a busy machine it may not get as far as to sleep
        with pytest.raises(HelperFailed, match=f"docker-credential-slow get did not answer for {seconds:g} seconds"):
            Helper("slow", seconds=seconds).get(HOST)
        if pids.exists() and pids.read_text():
            break
    eventually(lambda: not any(_lives(pid) for pid in pids.read_text().split()))


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_password_that_is_no_text_cannot_be_told_to_a_helper(programs: Path) -> None:
    keychain = Keychain(programs, "chain")
    with pytest.raises(Invalid, match="docker-credential-chain takes only text"):
        Helper("chain").store(HOST, Login("me", "\udcff"))
    assert keychain.calls() == []
