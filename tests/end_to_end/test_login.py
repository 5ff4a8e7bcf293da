"""Logging in and out against Debian's docker-registry; skopeo and podman read and write the same files."""

from __future__ import annotations

import json
import os
import pty
import select
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.registries import real, tokens
from tests.registries.images import Shelf
from tests.registries.real import Real
from tests.registries.tls import Authority
from tests.registry.logins.helpers import Keychain

from .conftest import Onggi

USERS = {"me": "secret", "you": "other"}
EXISTING = "Authenticating with existing credentials... [Username: me]"


@dataclass
class Home:
    """The program as somebody whose home folder is empty."""

    folder: Path
    onggi: Onggi

    @property
    def config(self) -> Path:
        return self.folder / ".docker/config.json"

    @property
    def podmans(self) -> Path:
        return self.folder / "run/containers/auth.json"

    def auths(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads(self.config.read_text())["auths"]
        return found

    def log_in(self, host: str, password: str = "secret", user: str = "me") -> subprocess.CompletedProcess[bytes]:
        return self.onggi.run("login", "-u", user, "--password-stdin", host, stdin=f"{password}\n".encode())


@pytest.fixture
def home(tmp_path: Path, empty: Onggi) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    others = ("DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME")
    empty.env = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), **dict.fromkeys(others, "")}
    return Home(folder, empty)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, shelf: Shelf) -> Iterator[Real]:
    """A registry with passwords, and one image in it."""
    with real.serve(tmp_path_factory.mktemp("guarded"), users=USERS) as served:
        shelf.put("base", f"{served.host}/base:1", "--dest-creds", "me:secret")
        yield served


def said(done: subprocess.CompletedProcess[bytes]) -> tuple[int, str, str]:
    return done.returncode, done.stdout.decode(), done.stderr.decode()


# Whether the registry accepts it


def test_a_login_is_kept_for_onggi_skopeo_and_podman(home: Home, guarded: Real) -> None:
    assert "does not give base to everyone" in home.onggi.fails("pull", f"{guarded.host}/base:1")
    code, out, err = said(home.log_in(guarded.host))
    assert (code, out) == (0, "Login Succeeded\n")
    assert f"WARNING! Your credentials are stored unencrypted in '{home.config}'." in err
    assert home.auths() == {guarded.host: {"auth": "bWU6c2VjcmV0"}}
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    home.onggi("pull", f"{guarded.host}/base:1")
    for program in ("skopeo", "podman"):
        assert _ask(program, "login", "--get-login", "--authfile", home.config, guarded.host) == "me"
    _ask("skopeo", "inspect", "--authfile", home.config, "--tls-verify=false", f"docker://{guarded.host}/base:1")


def _ask(*argv: str | Path) -> str:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_wrong_password_is_refused_and_nothing_is_kept(home: Home, guarded: Real) -> None:
    code, out, err = said(home.log_in(guarded.host, "wrong"))
    assert (code, out) == (1, "")
    assert f"{guarded.host} does not accept the login as me" in err
    assert "hint: check name and password" in err
    assert not home.config.exists()


def test_a_password_that_was_good_stays_when_a_new_one_is_not(home: Home, guarded: Real) -> None:
    home.log_in(guarded.host)
    assert home.log_in(guarded.host, "wrong").returncode == 1
    assert home.auths() == {guarded.host: {"auth": "bWU6c2VjcmV0"}}


def test_a_server_may_be_named_by_its_url(home: Home, guarded: Real) -> None:
    assert home.log_in(f"{guarded.url}/v2/").returncode == 0
    assert list(home.auths()) == [guarded.host]
    assert home.onggi("logout", f"https://{guarded.host}") == f"Removing login credentials for {guarded.host}"


def test_an_identity_token_is_kept_in_place_of_the_password(home: Home, tmp_path: Path, shelf: Shelf) -> None:
    with (
        tokens.serve(tmp_path, users=USERS, may={"": ()}) as authority,
        real.serve(tmp_path / "registry", authority=authority) as registry,
    ):
        shelf.put("base", f"{registry.host}/base:1", "--dest-creds", "me:secret")
        assert "wrong password" in said(home.log_in(registry.host, "wrong"))[2]
        assert said(home.log_in(registry.host)) == (0, "Login Succeeded\n", "")
        assert home.auths() == {registry.host: {"auth": "bWU6", "identitytoken": f"{tokens.REFRESH}me"}}
        del authority.asked[:]
        home.onggi("pull", f"{registry.host}/base:1")
        assert {(asked.method, asked.user, asked.grant) for asked in authority.asked} == {
            ("POST", "me", "refresh_token")
        }
        home.onggi("logout", registry.host)
        assert f"`onggi login {registry.host}`" in home.onggi.fails("pull", f"{registry.host}/base:1")


def test_no_password_goes_to_a_server_whose_certificate_is_not_trusted(home: Home, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    with real.serve(tmp_path / "registry", tls=authority.server(), users=USERS) as registry:
        code, _, err = said(home.log_in(registry.host))
        assert (code, "certificate" in err) == (1, True), err
        assert registry.requests() == []
        home.onggi.env["SSL_CERT_FILE"] = str(authority.bundle)
        assert home.log_in(registry.host).returncode == 0


def test_a_server_that_is_not_there_is_named(home: Home) -> None:
    code, _, err = said(home.log_in("127.0.0.1:1"))
    assert (code, "127.0.0.1:1" in err) == (1, True), err
    assert not home.config.exists()


# What was kept before


def test_a_login_that_is_kept_is_tried_again(home: Home, tmp_path: Path) -> None:
    with real.serve(tmp_path / "registry", users=USERS) as registry:
        home.log_in(registry.host)
        code, out, err = said(home.onggi.run("login", registry.host))
        assert (code, out) == (0, "Login Succeeded\n")
        assert EXISTING in err
        home.config.write_text(home.config.read_text().replace("bWU6c2VjcmV0", "bWU6b2xk"))
        code, out, err = said(home.onggi.run("login", registry.host))
        assert (code, out) == (1, "")
        assert EXISTING in err and "Stored credentials invalid or expired" in err
        assert "cannot perform an interactive login from a non TTY device" in err


# At a terminal


def test_name_and_password_are_asked_for(home: Home, guarded: Real) -> None:
    code, shown = _talk(home, ("login", guarded.host), {"Username: ": "me\n", "Password: ": "secret\n"})
    assert code == 0, shown
    assert "Login Succeeded" in shown
    assert "secret" not in shown
    assert home.auths() == {guarded.host: {"auth": "bWU6c2VjcmV0"}}


def test_only_what_is_not_given_is_asked_for(home: Home, guarded: Real) -> None:
    code, shown = _talk(home, ("login", "-u", "you", guarded.host), {"Password: ": "other\n"})
    assert (code, "Username" in shown) == (0, False), shown
    assert home.auths() == {guarded.host: {"auth": "eW91Om90aGVy"}}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"Username: ": "\n"}, "username is required"),
        ({"Username: ": "me\n", "Password: ": "\n"}, "password is required"),
    ],
    ids=["no name", "no password"],
)
def test_an_empty_answer_is_none(home: Home, guarded: Real, answers: Mapping[str, str], words: str) -> None:
    code, shown = _talk(home, ("login", guarded.host), answers)
    assert (code, words in shown) == (1, True), shown


def _talk(home: Home, argv: tuple[str, ...], answers: Mapping[str, str]) -> tuple[int, str]:
    """Exit code, and what was on the terminal; each answer is typed once its question is there."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = home.onggi.argv(*argv)
        os.execve(command[0], command, {**os.environ, **home.onggi.env})
    seen, waiting = "", dict(answers)
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline, seen
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            seen += os.read(terminal, 65536).decode()
        except OSError:  # how a terminal says that nobody is at its other end any more
            break
        for question in [question for question in waiting if question in seen]:
            os.write(terminal, waiting.pop(question).encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("-u", "me"), "cannot perform an interactive login from a non TTY device"),
        ((), "cannot perform an interactive login from a non TTY device"),
        (("-p", "x", "--password-stdin", "-u", "me"), "cannot specify both --password and --password-stdin"),
        (("--password-stdin",), "the --password-stdin option requires --username to be set"),
        (("-u", "", "-p", "x"), "username is empty"),
        (("-u", "me", "-p", ""), "password is empty"),
        (("-u", "me", "--password-stdin"), "password is empty: nothing came in on stdin"),
    ],
)
def test_what_does_not_go_together_is_refused_as_docker_does(home: Home, argv: tuple[str, ...], words: str) -> None:
    assert words in home.onggi.fails("login", *argv, "127.0.0.1:1")


def test_a_password_on_the_command_line_is_warned_of(home: Home, guarded: Real) -> None:
    code, out, err = said(home.onggi.run("login", "-u", "me", "-p", "secret", guarded.host))
    assert (code, out) == (0, "Login Succeeded\n")
    assert "WARNING! Using --password via the CLI is insecure. Use --password-stdin." in err


def test_a_word_that_no_image_begins_with_is_no_registry(home: Home) -> None:
    assert "'myname' is not the name of a registry" in home.onggi.fails("login", "-u", "me", "-p", "secret", "myname")


# Logging out


def test_logging_out(home: Home, guarded: Real) -> None:
    home.log_in(guarded.host)
    assert home.onggi("logout", guarded.host) == f"Removing login credentials for {guarded.host}"
    assert home.auths() == {}
    assert home.onggi("logout", guarded.host) == f"Not logged in to {guarded.host}"
    assert home.onggi("logout") == "Not logged in to https://index.docker.io/v1/"


# With a credential helper


def test_a_helper_keeps_gives_and_forgets(home: Home, guarded: Real, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    keychain = Keychain(programs, "chain")
    home.onggi.env["PATH"] = f"{programs}:{os.environ['PATH']}"
    home.config.parent.mkdir()
    home.config.write_text('{"credsStore": "chain"}')
    assert said(home.log_in(guarded.host)) == (0, "Login Succeeded\n", "")
    assert keychain.kept() == {guarded.host: ["me", "secret"]}
    assert "secret" not in home.config.read_text() and "bWU6" not in home.config.read_text()
    home.onggi("pull", f"{guarded.host}/base:1")
    assert home.onggi("logout", guarded.host) == f"Removing login credentials for {guarded.host}"
    assert keychain.kept() == {}


def test_a_helper_that_is_missing_keeps_nobody_from_what_is_public(home: Home, registry: Real, shelf: Shelf) -> None:
    home.config.parent.mkdir()
    home.config.write_text('{"credsStore": "gone"}')
    shelf.put("base", f"{registry.host}/public:1")
    home.onggi("pull", f"{registry.host}/public:1")
    err = said(home.log_in(registry.host))[2]
    assert "onggi: docker-credential-gone is not installed" in err
    assert f"hint: {home.config} names it" in err


def test_a_helper_that_is_missing_is_told_of_where_it_is_needed(home: Home, guarded: Real) -> None:
    home.config.parent.mkdir()
    home.config.write_text('{"credsStore": "gone"}')
    err = home.onggi.fails("pull", f"{guarded.host}/base:1")
    assert err.count("WARNING: docker-credential-gone is not installed; going on as if not logged in") == 1
    assert "does not give base to everyone" in err


# From elsewhere


def test_what_podman_keeps_is_known(home: Home, guarded: Real) -> None:
    home.podmans.parent.mkdir(parents=True)
    _ask("podman", "login", "--authfile", home.podmans, "--tls-verify=false", "-u", "me", "-p", "secret", guarded.host)
    before = home.podmans.read_bytes()
    home.onggi("pull", f"{guarded.host}/base:1")
    assert home.onggi("logout", guarded.host) == f"Not logged in to {guarded.host}"
    assert home.podmans.read_bytes() == before


def test_what_podman_writes_into_docker_s_file_is_known_and_forgotten(home: Home, guarded: Real) -> None:
    home.log_in(guarded.host, "other", "you")
    _ask("podman", "login", "--authfile", home.config, "--tls-verify=false", "-u", "me", "-p", "secret", guarded.host)
    home.onggi("pull", f"{guarded.host}/base:1")
    assert EXISTING in said(home.onggi.run("login", guarded.host))[2]
    home.onggi("logout", guarded.host)
    assert home.auths() == {}


def test_what_the_environment_holds_goes_first(home: Home, guarded: Real) -> None:
    home.log_in(guarded.host)
    home.config.write_text(home.config.read_text().replace("bWU6c2VjcmV0", "bWU6b2xk"))
    given = json.dumps({"auths": {guarded.host: {"auth": "eW91Om90aGVy"}}})
    home.onggi("pull", f"{guarded.host}/base:1", env={"DOCKER_AUTH_CONFIG": given})
    assert "does not accept the login as me" in home.onggi.fails("pull", f"{guarded.host}/base:1")
    said_of_it = home.onggi.fails("pull", f"{guarded.host}/base:1", env={"DOCKER_AUTH_CONFIG": "{"})
    assert "DOCKER_AUTH_CONFIG:1: Input data was truncated" in said_of_it
    warned = said(home.onggi.run("logout", guarded.host, env={"DOCKER_AUTH_CONFIG": given}))[2]
    assert warned == "WARNING: DOCKER_AUTH_CONFIG is set, and what is in there stays\n"


def test_a_broken_file_is_named_with_its_line_and_left_alone(home: Home, guarded: Real) -> None:
    text = '{\n "auths": {\n'
    home.config.parent.mkdir()
    home.config.write_text(text)
    for argv in (("login", "-u", "me", "-p", "secret"), ("logout",)):
        assert f"{home.config}:2: Input data was truncated" in home.onggi.fails(*argv, guarded.host)
    assert f"{home.config}:2: " in home.onggi.fails("pull", f"{guarded.host}/base:1")
    assert home.config.read_text() == text


def test_search_is_refused_with_the_way_on(home: Home) -> None:
    refused = home.onggi.fails("search", "node")
    assert "there is no search here" in refused and "https://hub.docker.com/search" in refused
