"""config.json on disk: modes, links, helpers, and several programs that write at once."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from onggi.errors import Invalid, Unavailable
from onggi.registry.logins.config import DockerConfig, LoginFile
from onggi.registry.logins.document import parse
from onggi.registry.logins.login import FirstLogins, HelperFailed, Login, MemoryLogins
from onggi.registry.place import DOCKER_ACCOUNT

from .helpers import Keychain, write

HOST = "registry.example:5000"
ME = Login("me", "secret")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "docker"


def put_file(folder: Path, document: object, mode: int = 0o600) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "config.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(mode)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# In the file


def test_a_login_is_kept_and_forgotten(folder: Path) -> None:
    config = DockerConfig(folder)
    assert config.get(HOST) is None
    assert not folder.exists()
    assert config.put(HOST, ME) == folder / "config.json"
    assert DockerConfig(folder).get(HOST) == ME
    assert config.remove(HOST)
    assert config.get(HOST) is None
    assert not config.remove(HOST)
    assert json.loads((folder / "config.json").read_text()) == {"auths": {}}


def test_nothing_is_made_where_nothing_is_to_be_forgotten(folder: Path) -> None:
    assert not DockerConfig(folder).remove(HOST)
    assert not folder.exists()


def test_a_token_is_not_told_as_a_password_that_can_be_read(folder: Path) -> None:
    assert DockerConfig(folder).put(HOST, Login("me", identity_token="long")) is None
    assert DockerConfig(folder).get(HOST) == Login("me", identity_token="long")


def test_a_user_with_a_colon_is_refused(folder: Path) -> None:
    with pytest.raises(Invalid, match="'me:too' is no user name"):
        DockerConfig(folder).put(HOST, Login("me:too", "secret"))
    assert not folder.exists()


def test_nobody_else_may_read_it_whatever_the_umask(folder: Path) -> None:
    umask = os.umask(0)
    try:
        DockerConfig(folder).put(HOST, ME)
    finally:
        os.umask(umask)
    assert mode_of(folder) == 0o700
    assert {name: mode_of(folder / name) for name in names(folder)} == {"config.json": 0o600, "config.json.lock": 0o600}


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o666, 0o600), (0o600, 0o600), (0o400, 0o400)])
def test_a_mode_only_becomes_stricter(folder: Path, before: int, after: int) -> None:
    path = put_file(folder, {}, before)
    DockerConfig(folder).put(HOST, ME)
    assert mode_of(path) == after


def test_logging_in_again_closes_a_file_that_all_may_read(folder: Path) -> None:
    DockerConfig(folder).put(HOST, ME)
    path = folder / "config.json"
    path.chmod(0o644)
    DockerConfig(folder).put(HOST, ME)
    assert mode_of(path) == 0o600


def test_an_unchanged_file_is_not_written(folder: Path) -> None:
    DockerConfig(folder).put(HOST, ME)
    inode = (folder / "config.json").stat().st_ino
    DockerConfig(folder).put(HOST, ME)
    DockerConfig(folder).remove("other.example")
    assert (folder / "config.json").stat().st_ino == inode


def test_the_owner_stays(folder: Path) -> None:
    path = put_file(folder, {})
    os.chown(path, 1234, 1235)
    DockerConfig(folder).put(HOST, ME)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235)


@pytest.mark.parametrize("is_there", [True, False], ids=["file", "dangling"])
def test_a_link_is_followed_and_stays_one(tmp_path: Path, folder: Path, is_there: bool) -> None:
    target = tmp_path / "dotfiles" / "docker.json"
    target.parent.mkdir()
    if is_there:
        target.write_text('{"psFormat": "x"}')
    folder.mkdir()
    link = folder / "config.json"
    link.symlink_to("../dotfiles/docker.json")
    DockerConfig(folder).put(HOST, ME)
    assert link.is_symlink()
    assert DockerConfig(folder).get(HOST) == ME
    assert mode_of(target) == 0o600
    assert names(target.parent) == {"docker.json", "docker.json.lock"}
    assert ("psFormat" in target.read_text()) == is_there


def test_a_broken_file_is_named_and_never_written(folder: Path) -> None:
    text = '{\n "auths": {\n  "a": {,\n }\n}'
    path = put_file(folder, text)
    config = DockerConfig(folder)
    for act in (lambda: config.get(HOST), lambda: config.put(HOST, ME), lambda: config.remove(HOST)):
        with pytest.raises(Invalid, match=f"{path}:3: JSON is malformed"):
            act()
    assert path.read_text() == text
    assert names(folder) == {"config.json"}


@pytest.mark.parametrize("kind", ["folder", "loop", "file"])
def test_what_is_no_file_is_named(folder: Path, kind: str) -> None:
    if kind == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        path = folder / "config.json"
        path.mkdir() if kind == "folder" else path.symlink_to(path)
    with pytest.raises(Unavailable, match=f"cannot read {folder}/config.json: ") as caught:
        DockerConfig(folder).get(HOST)
    assert "DOCKER_CONFIG" in caught.value.hint


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put_file(folder, {"auths": {}})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match=f"cannot write {path}: No space left on device"):
        DockerConfig(folder).put(HOST, ME)
    assert path.read_text() == '{"auths": {}}'
    assert names(folder) == {"config.json", "config.json.lock"}


_WRITER = """
import sys
from pathlib import Path
from onggi.registry.logins.config import DockerConfig
from onggi.registry.logins.login import Login
config, name = DockerConfig(Path(sys.argv[1])), sys.argv[2]
sys.stdin.readline()
for number in range(30):
    config.put(f"{name}{number}.example", Login(name, str(number)))
    if number % 3 == 0:
        config.remove(f"{name}{number}.example")
"""


def test_programs_that_write_at_once_lose_nothing(folder: Path) -> None:
    put_file(folder, {"psFormat": "table"})
    argv = [sys.executable, "-c", _WRITER, str(folder)]
    writers = [subprocess.Popen([*argv, name], stdin=subprocess.PIPE) for name in "abc"]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    document = json.loads((folder / "config.json").read_text())
    assert set(document["auths"]) == {f"{name}{number}.example" for name in "abc" for number in range(30) if number % 3}
    assert document["psFormat"] == "table"
    assert names(folder) == {"config.json", "config.json.lock"}


# With a helper


def test_a_store_keeps_the_login_and_the_file_its_name(folder: Path, programs: Path) -> None:
    path = put_file(folder, {"credsStore": "chain"})
    keychain, config = Keychain(programs, "chain"), DockerConfig(folder)
    assert config.put(HOST, ME) is None
    assert keychain.kept() == {HOST: ["me", "secret"]}
    assert json.loads(path.read_text()) == {"auths": {HOST: {}}, "credsStore": "chain"}
    assert config.get(HOST) == ME
    assert config.remove(HOST)
    assert keychain.kept() == {}
    assert json.loads(path.read_text()) == {"auths": {}, "credsStore": "chain"}
    assert not config.remove(HOST)


def test_a_helper_of_one_registry_is_asked_for_that_alone(folder: Path, programs: Path) -> None:
    put_file(folder, {"credHelpers": {HOST: "chain"}})
    keychain, config = Keychain(programs, "chain"), DockerConfig(folder)
    config.put(HOST, ME)
    config.put("other.example", Login("you", "word"))
    assert keychain.kept() == {HOST: ["me", "secret"]}
    assert config.get(HOST) == ME
    assert config.get("other.example") == Login("you", "word")
    assert keychain.calls() == ["store", "get"]


def test_a_password_in_the_file_goes_when_a_helper_takes_it(folder: Path, programs: Path) -> None:
    path = put_file(folder, {"credsStore": "chain", "auths": {HOST: {"auth": "bWU6b2xk", "email": "a@b"}}})
    Keychain(programs, "chain")
    DockerConfig(folder).put(HOST, ME)
    assert json.loads(path.read_text())["auths"] == {HOST: {"email": "a@b"}}


def test_what_a_helper_keeps_in_other_spellings_is_erased_too(folder: Path, programs: Path) -> None:
    put_file(folder, {"credsStore": "chain"})
    keychain = Keychain(programs, "chain")
    for account in (f"https://{HOST}", "docker.io", DOCKER_ACCOUNT, "other.example"):
        keychain.keep(account, "me", "secret")
    assert DockerConfig(folder).remove(HOST)
    assert set(keychain.kept()) == {"docker.io", DOCKER_ACCOUNT, "other.example"}
    assert DockerConfig(folder).remove(DOCKER_ACCOUNT)
    assert set(keychain.kept()) == {"other.example"}


def test_a_helper_that_fails_is_named_with_the_file_that_names_it(folder: Path, programs: Path) -> None:
    path = put_file(folder, {"credsStore": "gone"})
    config = DockerConfig(folder)
    for act in (lambda: config.get(HOST), lambda: config.put(HOST, ME), lambda: config.remove(HOST)):
        with pytest.raises(HelperFailed, match="docker-credential-gone is not installed") as caught:
            act()
        assert caught.value.hint == f"{path} names it, in credsStore or credHelpers"
    assert json.loads(path.read_text()) == {"credsStore": "gone"}


def test_a_login_that_a_helper_does_not_take_is_not_in_the_file_either(folder: Path, programs: Path) -> None:
    path = put_file(folder, {"credsStore": "full"})
    write(programs, "full", "#!/bin/sh\necho no room; exit 1\n")
    with pytest.raises(HelperFailed, match="docker-credential-full store failed: no room"):
        DockerConfig(folder).put(HOST, ME)
    assert json.loads(path.read_text()) == {"credsStore": "full"}


# Of several sources


def test_the_first_that_knows_an_account_is_asked_once(folder: Path, programs: Path, tmp_path: Path) -> None:
    put_file(folder, {"credsStore": "chain"})
    keychain = Keychain(programs, "chain")
    keychain.keep(HOST, "me", "secret")
    keychain.keep("second.example", "me", "secret")
    podmans = tmp_path / "auth.json"
    podmans.write_text('{"auths": {"third.example": {"auth": "eW91OnNlY3JldA=="}, "second.example": {"auth": "eDp5"}}}')
    given = parse(b'{"auths": {"registry.example:5000": {"auth": "Z2l2ZW46d29yZA=="}}}', "DOCKER_AUTH_CONFIG")
    notes: list[str] = []
    logins = FirstLogins(given, DockerConfig(folder), LoginFile(podmans), MemoryLogins(), note=notes.append)
    for _ in range(2):
        assert logins.get(HOST) == Login("given", "word")
        assert logins.get("second.example") == ME
        assert logins.get("third.example") == Login("you", "secret")
        assert logins.get("fourth.example") is None
    assert keychain.calls() == ["get"] * 3
    assert notes == []


def test_a_helper_that_fails_is_told_of_and_keeps_nobody_from_the_next_source(folder: Path) -> None:
    path = put_file(folder, {"credsStore": "gone"})
    notes: list[str] = []
    logins = FirstLogins(DockerConfig(folder), MemoryLogins({"second.example": ME}), note=notes.append)
    assert logins.get("second.example") == ME
    assert [logins.get(HOST), logins.get(HOST)] == [None, None]
    note = "docker-credential-gone is not installed; going on as if not logged in"
    assert notes == [f"{note} ({path} names it, in credsStore or credHelpers)"] * 2
